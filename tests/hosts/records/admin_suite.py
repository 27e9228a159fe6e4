"""What a host's own admin may do with our keys.

Run by ``tests/test_records.py`` in a process of its own, because these are other settings.
"""

import json
import re
from html import unescape
from uuid import uuid4

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.core.management import call_command
from django.urls import reverse

from stack_apikeys.models import UserApiKey
from stack_apikeys.teams.models import Team
from tests.hosts.records.models import Usage, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return User.objects.create_user("ada")


@pytest.fixture
def team():
    return Team.objects.create_team(display_name="Analysts")


@pytest.fixture(params=["user", "team"])
def owner(request):
    return request.getfixturevalue(request.param)


def change_page(owner):
    options = owner._meta
    name = f"admin:{options.app_label}_{options.model_name}_change"
    return reverse(name, args=[owner.pk])


def test_the_system_checks_pass():
    call_command("check", "--fail-level", "WARNING")


def completed(client, term):
    parameters = {
        "app_label": "records",
        "model_name": "usage",
        "field_name": "api_key",
        "term": term,
    }
    answer = client.get(reverse("admin:autocomplete"), parameters).json()
    return [found["id"] for found in answer["results"]]


def test_a_form_of_the_host_completes_keys(admin_client, user):
    api_key, value = user.api_keys.create_key(description="Sensors")
    User.objects.create_user("bob").api_keys.create_key(description="CI")
    for term in ("sens", "ada", api_key.masked, str(api_key.pk), value):
        assert completed(admin_client, term) == [str(api_key.pk)], term
    assert completed(admin_client, "nothing") == []


def test_a_key_made_in_a_popup_is_handed_to_the_form_after_it_was_shown(admin_client, user):
    form = {"user": user.pk, "description": "CI", "new_id": uuid4(), "_popup": "1"}
    address = reverse("admin:stack_apikeys_userapikey_add")
    answer = admin_client.post(f"{address}?_popup=1", form)
    api_key = UserApiKey.objects.get()
    assert answer.context["value"] in answer.text
    [data] = re.findall('data-popup-response="([^"]*)"', answer.text)
    assert json.loads(unescape(data)) == {"value": str(api_key.pk), "obj": str(api_key)}
    assert "stack_apikeys/admin.js" in answer.text
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_key_made_outside_of_a_popup_is_handed_to_nobody(admin_client, user):
    form = {"user": user.pk, "description": "CI", "new_id": uuid4()}
    answer = admin_client.post(reverse("admin:stack_apikeys_userapikey_add"), form)
    assert "data-popup-response" not in answer.text


def test_an_owners_page_shows_the_keys_and_how_to_revoke_them(admin_client, owner):
    api_key, _value = owner.api_keys.create_key(description="Sensors")
    revoked, _value = owner.api_keys.create_key(description="CI")
    revoked.revoke()
    page = admin_client.get(change_page(owner)).text
    assert api_key.masked in page
    assert "Sensors" in page
    assert f"{api_key.pk}/revoke/" in page
    assert f"{revoked.pk}/revoke/" not in page


def test_saving_an_owners_page_changes_no_key(admin_client, owner):
    owner.api_keys.create_key(description="Sensors")
    before = list(owner.api_keys.values())
    page = admin_client.get(change_page(owner))
    data = dict(page.context["adminform"].form.initial) | {"display_name": "renamed"}
    data = {name: value for name, value in data.items() if value is not None}
    prefix = "api_keys"
    hostile = {
        f"{prefix}-TOTAL_FORMS": "2",
        f"{prefix}-INITIAL_FORMS": "1",
        f"{prefix}-0-id": str(before[0]["id"]),
        f"{prefix}-0-DELETE": "on",
        f"{prefix}-0-description": "changed",
        f"{prefix}-1-description": "made",
    }
    admin_client.post(change_page(owner), data | hostile)
    assert list(owner.api_keys.values()) == before


def test_an_owner_of_very_many_keys_can_be_saved(admin_client, owner, settings):
    owner.api_keys.bulk_create_keys(60)
    newest, _value = owner.api_keys.create_key()
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
    page = admin_client.get(change_page(owner))
    assert newest.masked in page.text
    assert page.text.count("/revoke/") == 50
    assert "Only the newest 50 keys are shown here." in page.text
    [address] = re.findall('href="([^"]*apikey/[?][^"]*)"', page.text)
    assert admin_client.get(unescape(address)).context["cl"].result_count == 61
    names = re.findall('<input[^>]* name="(api_keys-[^"]*)"', page.text)
    values = [re.findall(f'name="{name}" value="([^"]*)"', page.text)[0] for name in names]
    initial = page.context["adminform"].form.initial
    form = {name: value for name, value in initial.items() if value}
    data = form | dict(zip(names, values, strict=True)) | {"display_name": "renamed"}
    data |= {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}  # two fields of a user's
    assert admin_client.post(change_page(owner), data).status_code == 302


def test_an_inline_needs_no_page_for_the_keys(admin_client, owner, monkeypatch):
    api_key, _value = owner.api_keys.create_key()
    reverse("admin:index")  # the URLs, which later tests need whole, are made when first used
    monkeypatch.delitem(admin.site._registry, type(api_key))
    page = admin_client.get(change_page(owner)).text
    assert api_key.masked in page
    assert "/revoke/" not in page


def staff_client(client, *codenames):
    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(staff)
    return client


def test_staff_see_in_an_inline_what_they_may_see(client, user):
    api_key, _value = user.api_keys.create_key()
    page = staff_client(client, "view_user").get(change_page(user)).text
    assert api_key.masked not in page


def test_staff_who_may_not_change_keys_get_no_link_to_revoke(client, user):
    api_key, _value = user.api_keys.create_key()
    page = staff_client(client, "view_user", "view_userapikey").get(change_page(user)).text
    assert api_key.masked in page
    assert "/revoke/" not in page


def test_who_may_delete_a_user_may_delete_the_keys_with_it_only(client, user):
    api_key, _value = user.api_keys.create_key()
    browser = staff_client(client, "view_user", "delete_user", "view_userapikey")
    key_page = reverse("admin:stack_apikeys_userapikey_delete", args=[api_key.pk])
    assert browser.post(key_page, {"post": "yes"}).status_code == 403
    browser.post(change_page(user).replace("change", "delete"), {"post": "yes"})
    assert not User.objects.filter(pk=user.pk).exists()
    assert not Usage.objects.exists()
