"""Every state that a page can be in, and how a visitor gets there."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import stack_apikeys
from example_project.models import User
from stack_apikeys.teams.models import Team
from tests.browser import pages
from tests.browser.complaints import Complaints
from tests.factories import TeamFactory

OWN_TEMPLATES = Path(stack_apikeys.__file__).parent / "templates"

STATES = {}


@dataclass
class Visitor:
    """The demo's first user, who has keys in every state, and the window in which they sit."""

    page: Any
    settings: Any
    complaints: Complaints
    user: User
    team: Team

    def key(self, description):
        return self.user.api_keys.get(description=description)

    def open(self, name, owner=None, api_key=None, **query):
        self.page.goto(pages.path(name, owner or self.user, api_key, **query))

    def press(self, name):
        self.page.get_by_role("main").get_by_role("button", name=name, exact=True).click()
        self.page.wait_for_load_state()

    def change_settings(self, **changes):
        self.settings.STACK_APIKEYS = {**self.settings.STACK_APIKEYS, **changes}

    def leave_the_example_project(self):
        """See the pages as in a host that overrides nothing."""
        [engine] = self.settings.TEMPLATES
        self.settings.TEMPLATES = [{**engine, "DIRS": [OWN_TEMPLATES]}]
        self.complaints.expect("/favicon.ico")  # every site has its own


def state(function):
    STATES[function.__name__.replace("_", "-")] = function
    return function


# The example project --------------------------------------------------------------------------


@state
def home(visitor):
    visitor.page.goto("/")


@state
def home_of_nobody(visitor):
    visitor.page.context.clear_cookies()
    visitor.page.goto("/")


@state
def sign_in(visitor):
    visitor.page.context.clear_cookies()
    visitor.page.goto("/account/")


@state
def sign_in_refused(visitor):
    sign_in(visitor)
    visitor.page.get_by_label("E-mail address").fill("nobody@example.com")
    visitor.page.get_by_label("Password").fill("wrong")
    visitor.press("Sign in")


@state
def account(visitor):
    visitor.page.goto("/account/")


@state
def account_without_keys(visitor):
    visitor.user.api_keys.all().delete()
    visitor.page.goto("/account/")


@state
def team_page(visitor):
    visitor.page.goto(f"/teams/{visitor.team.pk}/")


@state
def team_page_without_permission(visitor):
    visitor.team.revoke_permission(visitor.user, "team_admin")
    visitor.page.goto(f"/teams/{visitor.team.pk}/")


# The list -------------------------------------------------------------------------------------


@state
def list_of_a_user(visitor):
    visitor.open("api-keys")


@state
def list_of_a_team(visitor):
    visitor.open("api-keys", visitor.team)


@state
def list_on_its_second_page(visitor):
    visitor.open("api-keys", page=2, sort="-expires")


@state
def list_filtered(visitor):
    visitor.open("api-keys", status="revoked")


@state
def list_where_nothing_matches(visitor):
    visitor.open("api-keys", q="no such key")


@state
def list_where_the_search_is_too_long(visitor):
    visitor.open("api-keys", q="long " * 60)


@state
def list_without_keys(visitor):
    visitor.user.api_keys.all().delete()
    visitor.open("api-keys")


@state
def list_of_a_team_without_keys(visitor):
    visitor.open("api-keys", TeamFactory(creator=visitor.user, display_name="Göttingen"))


@state
def list_with_long_words(visitor):
    visitor.team.display_name = "Donaudampfschifffahrtsgesellschaft" * 3
    visitor.team.save()
    visitor.team.api_keys.create_key(description="W" * 200, created_by=visitor.user)
    visitor.open("api-keys", visitor.team)


@state
def list_in_the_apps_own_frame(visitor):
    visitor.leave_the_example_project()
    visitor.open("api-keys", visitor.team)


# A new key ------------------------------------------------------------------------------------


@state
def create(visitor):
    visitor.open("api-key-create")


@state
def create_for_a_team(visitor):
    visitor.open("api-key-create", visitor.team)


@state
def create_with_a_date(visitor):
    visitor.open("api-key-create")
    visitor.page.get_by_label("Expires in").select_option("custom")


@state
def create_with_errors(visitor):
    create_with_a_date(visitor)
    visitor.press("Create API key")


@state
def create_after_a_long_time(visitor):
    visitor.change_settings(REAUTHENTICATE_AFTER_SECONDS=0)
    visitor.open("api-key-create")
    visitor.page.get_by_label("Your password").fill("wrong")
    visitor.press("Create API key")


@state
def create_one_too_many(visitor):
    visitor.change_settings(MAX_VALID_KEYS_PER_OWNER=3)
    visitor.open("api-key-create")
    visitor.page.get_by_label("Description").fill("Nightly backup")
    visitor.press("Create API key")


@state
def created(visitor):
    pages.create(visitor.page, visitor.user)


@state
def created_for_a_team(visitor):
    pages.create(visitor.page, visitor.team, "W" * 200)


@state
def created_and_copied(visitor):
    created(visitor)
    visitor.press("Copy API key")
    visitor.page.get_by_text("Copied", exact=True).wait_for()


@state
def created_in_the_apps_own_frame(visitor):
    visitor.leave_the_example_project()
    created(visitor)


@state
def created_before(visitor):
    created(visitor)
    visitor.page.on("dialog", lambda dialog: dialog.accept())
    visitor.page.reload()


@state
def list_with_the_new_key(visitor):
    created(visitor)
    pages.finish(visitor.page)
    visitor.page.wait_for_load_state()


# One key --------------------------------------------------------------------------------------


@state
def key(visitor):
    visitor.open("api-key", api_key=visitor.key("Trying things out"))


@state
def key_of_a_team(visitor):
    visitor.open("api-key", visitor.team, visitor.team.api_keys.get(description="Website"))


@state
def key_revoked(visitor):
    visitor.open("api-key", api_key=visitor.key("Weather widget"))


@state
def rename(visitor):
    visitor.open("api-key-rename", api_key=visitor.key("Status page"))


@state
def rename_with_errors(visitor):
    rename(visitor)
    visitor.page.get_by_label("Description").fill("")
    visitor.press("Rename")


@state
def renamed(visitor):
    rename(visitor)
    visitor.press("Rename")


@state
def revoke(visitor):
    visitor.open("api-key-revoke", api_key=visitor.key("Status page"))


@state
def revoke_with_errors(visitor):
    visitor.change_settings(REAUTHENTICATE_AFTER_SECONDS=0)
    revoke(visitor)
    visitor.press("Revoke key")


@state
def revoke_what_is_revoked(visitor):
    visitor.open("api-key-revoke", api_key=visitor.key("Weather widget"))
