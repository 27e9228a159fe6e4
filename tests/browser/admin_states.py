"""The states that the pages of Django admin can be in, and how to reach them."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.urls import reverse

from example_project.models import User
from stack_apikeys.admin import TeamApiKeyInline, UserApiKeyInline
from stack_apikeys.models import TeamApiKey
from stack_apikeys.teams.models import Team
from tests.admin.pages import address
from tests.scopes import SCOPES

HOSTILE = "Invoice \u202egnp.exe \u2069\u202e of May"
"""A description that reverses the order of what follows, unless it is isolated."""

ARABIC = "مفتاح الخادم (قديم)!"

STATES = {}


@dataclass
class Staff:
    """A superuser, a page in the browser, and an owner of keys in every state."""

    page: Any
    user: User
    team: Team
    monkeypatch: Any
    origin: str = ""

    def key(self, description):
        return self.user.api_keys.get(description=description)

    def open(self, name, *keys, query="", **kwargs):
        self.page.goto(self.origin + address(name, *keys, **kwargs) + query)

    def button(self, name):
        return self.page.get_by_role("main").get_by_role("button", name=name, exact=True)

    def submit(self, name):
        """Press the button of a form, and wait for the next page."""
        with self.page.expect_navigation():
            self.button(name).click()

    def name_scopes(self):
        """Name scopes in the settings of the project."""
        named = {**settings.STACK_APIKEYS, "SCOPES": SCOPES}
        self.monkeypatch.setattr(settings, "STACK_APIKEYS", named)

    def open_owner(self, owner, inline):
        """Open the page of an owner in an admin that shows the keys there."""
        owner_admin = admin.site.get_model_admin(type(owner))
        self.monkeypatch.setattr(owner_admin, "get_inlines", lambda request, obj: [inline])
        name = f"admin:{owner._meta.app_label}_{owner._meta.model_name}_change"
        self.page.goto(reverse(name, args=[owner.pk]))

    def create(self, description="Nightly backup", query=""):
        """Create a key from its form, and return the value that the page shows."""
        self.open("add", query=query)
        self.page.locator("#id_user").fill(str(self.user.pk))
        self.page.locator("#id_description").fill(description)
        with self.page.expect_navigation():
            self.page.locator("[name=_save]").click()
        return self.value_field.input_value()

    @property
    def value_field(self):
        return self.page.locator("#api-key-value")


def state(function):
    STATES[function.__name__.replace("_", "-")] = function
    return function


@state
def list_of_keys(staff):
    staff.open("changelist")


@state
def list_of_team_keys(staff):
    staff.open("changelist", model=TeamApiKey)


@state
def list_searched_and_filtered(staff):
    staff.open("changelist", query="?q=Ada&status=valid&o=-5")


@state
def list_without_keys(staff):
    staff.open("changelist", query="?q=zzz")


@state
def list_in_a_popup(staff):
    staff.open("changelist", query="?_popup=1")


@state
def add(staff):
    staff.open("add")


@state
def add_with_errors(staff):
    add(staff)
    staff.submit("Save")


@state
def add_with_scopes(staff):
    staff.name_scopes()
    add(staff)


@state
def change_with_scopes(staff):
    staff.name_scopes()
    api_key, _value = staff.user.api_keys.create_key(scopes=["reports:*", "orders:read"])
    staff.open("change", api_key.pk)


@state
def created(staff):
    staff.create(HOSTILE)


@state
def created_in_a_popup(staff):
    staff.create(query="?_popup=1")


@state
def change(staff):
    staff.open("change", staff.key(HOSTILE).pk)


@state
def change_revoked(staff):
    staff.open("change", staff.key("Weather widget").pk)


@state
def change_rotated(staff):
    successor, _value = staff.key(ARABIC).rotate()
    successor.rotate()
    staff.open("change", successor.pk)


@state
def rotate(staff):
    staff.open("rotate", staff.key(ARABIC).pk)


@state
def rotate_what_was_rotated_meanwhile(staff):
    rotate(staff)
    staff.key(ARABIC).rotate()
    staff.submit("Rotate key")


@state
def revoke(staff):
    staff.open("revoke", staff.key(ARABIC).pk)


@state
def revoke_with_errors(staff):
    staff.open("revoke", staff.key(ARABIC).pk)
    staff.page.get_by_label("Reason").evaluate("(field) => field.removeAttribute('maxlength')")
    staff.page.get_by_label("Reason").fill("long " * 60)
    staff.submit("Yes, revoke")


@state
def revoke_what_is_revoked(staff):
    staff.open("revoke", staff.key("Weather widget").pk)


@state
def revoke_many(staff):
    staff.open("changelist")
    staff.page.get_by_label("Select all objects").check()
    staff.page.locator("select[name=action]").select_option("revoke_selected")
    with staff.page.expect_navigation():
        staff.page.locator("button[name=index]").click()


@state
def history(staff):
    staff.open("history", staff.key(HOSTILE).pk)


@state
def delete(staff):
    staff.open("delete", staff.key(HOSTILE).pk)


@state
def page_of_a_user(staff):
    staff.open_owner(staff.user, UserApiKeyInline)


@state
def page_of_a_team(staff):
    staff.open_owner(staff.team, TeamApiKeyInline)
