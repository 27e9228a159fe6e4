"""What staff can do with keys in Django admin, and who can delete keys."""

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client, override_settings
from django.urls import reverse

from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import verify_api_key
from tests.admin.pages import address, listed, new, staff, text_of, value_on

pytestmark = pytest.mark.django_db


def test_staff_who_may_only_look_can_only_look(user):
    api_key, _value = user.api_keys.create_key(description="CI")
    before = list(UserApiKey.objects.values())
    browser = staff("view")
    assert listed(browser.get(address("changelist"))) == {api_key}
    shown = text_of(browser.get(address("change", api_key.pk)))
    assert address("revoke", api_key.pk) not in shown
    assert '<bdi dir="auto">CI</bdi>' in shown
    assert browser.get(address("add")).status_code == 403
    assert browser.post(address("add"), new(user)).status_code == 403
    assert browser.get(address("revoke", api_key.pk)).status_code == 403
    assert browser.post(address("revoke", api_key.pk), {"revoke": "yes"}).status_code == 403
    assert browser.post(address("change", api_key.pk), {"description": "x"}).status_code == 403
    sent = {"action": "revoke_selected", "_selected_action": str(api_key.pk), "revoke": "yes"}
    browser.post(address("changelist"), sent)
    assert list(UserApiKey.objects.values()) == before


def test_staff_who_may_only_add_see_the_new_key_and_no_other_page(user):
    browser = staff("add")
    response = browser.post(address("add"), new(user))
    assert verify_api_key(value_on(response)).user == user
    assert f'<form method="get" action="{reverse("admin:index")}">' in text_of(response)
    assert browser.get(address("changelist")).status_code == 403


def test_strangers_see_nothing(user):
    api_key, _value = user.api_keys.create_key()
    for browser in (Client(), staff()):
        for page in (address("changelist"), address("add"), address("revoke", api_key.pk)):
            assert browser.get(page).status_code in {302, 403}
            assert browser.post(page, {"revoke": "yes"} | new(user)).status_code in {302, 403}
    api_key.refresh_from_db()
    assert api_key.is_valid()
    assert user.api_keys.count() == 1


@override_settings(STACK_APIKEYS={"ADMIN_CAN_DELETE": True})
def test_looking_changes_nothing(client, user):
    api_key, _value = user.api_keys.create_key()
    before = list(UserApiKey.objects.values())
    for page in ("change", "revoke", "delete", "history"):
        query = {"revoke": "yes", "reason": "lost", "post": "yes", "description": "x"}
        assert client.get(address(page, api_key.pk), query).status_code == 200
    client.get(address("add"), new(user))
    client.get(address("changelist"), {"action": "revoke_selected", "_selected_action": api_key.pk})
    assert list(UserApiKey.objects.values()) == before
    assert not LogEntry.objects.exists()


def test_keys_are_not_deleted_here(client, owner):
    api_key, _value = owner.api_keys.create_key()
    model = type(api_key)
    page = address("delete", api_key.pk, model=model)
    assert page not in text_of(client.get(address("change", api_key.pk, model=model)))
    assert "delete_selected" not in text_of(client.get(address("changelist", model=model)))
    assert client.get(page).status_code == 403
    assert client.post(page, {"post": "yes"}).status_code == 403
    sent = {"action": "delete_selected", "_selected_action": str(api_key.pk), "post": "yes"}
    client.post(address("changelist", model=model), sent)
    assert model.objects.filter(pk=api_key.pk).exists()


@override_settings(STACK_APIKEYS={"ADMIN_CAN_DELETE": True})
def test_keys_are_deleted_where_the_settings_allow_it(client, owner):
    first, second = (owner.api_keys.create_key()[0] for _ in range(2))
    model = type(first)
    page = address("delete", first.pk, model=model)
    assert page in text_of(client.get(address("change", first.pk, model=model)))
    client.post(page, {"post": "yes"})
    sent = {"action": "delete_selected", "_selected_action": str(second.pk), "post": "yes"}
    client.post(address("changelist", model=model), sent)
    assert not owner.api_keys.exists()
    assert staff("view", "change").post(page, {"post": "yes"}).status_code == 403


def test_an_owner_is_deleted_with_the_keys(client, owner):
    owner.api_keys.create_key()
    page = reverse(
        f"admin:{owner._meta.app_label}_{owner._meta.model_name}_delete", args=[owner.pk]
    )
    assert "doesn't have permission" not in text_of(client.get(page))
    client.post(page, {"post": "yes"})
    assert not type(owner).objects.filter(pk=owner.pk).exists()
    assert not UserApiKey.objects.exists()
    assert not TeamApiKey.objects.exists()
