"""Keys are rotated in Django admin."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from stack_apikeys.verification import verify_api_key
from tests.admin.pages import address, staff, text_of, value_on

pytestmark = pytest.mark.django_db


def test_the_button_asks_and_then_shows_the_successor_once(client, owner):
    old, old_value = owner.api_keys.create_key(description="CI")
    page = address("rotate", old.pk, model=type(old))
    change = address("change", old.pk, model=type(old))
    assert page in text_of(client.get(change))
    assert old.masked in text_of(client.get(page))
    response = client.post(page, {"overlap": "hour"})
    assert "no-store" in response["Cache-Control"]
    successor = verify_api_key(value_on(response))
    assert (successor.owner, successor.description, successor.rotated_from) == (owner, "CI", old)
    assert str(successor.created_by_id) == client.session["_auth_user_id"]
    assert verify_api_key(old_value).expires_at > timezone.now() + timedelta(minutes=59)
    assert {(log.object_id, log.action_flag) for log in LogEntry.objects.all()} == {
        (str(old.pk), 2),
        (str(successor.pk), 1),
    }
    there = text_of(client.get(change))
    assert page not in there
    assert address("change", successor.pk, model=type(old)) in there
    of_new = text_of(client.get(address("change", successor.pk, model=type(old))))
    assert change in of_new
    assert value_on(client.get(change)) is None


def test_a_successor_whose_predecessor_was_deleted_by_sql_is_shown(client, user):
    old, _value = user.api_keys.create_key()
    successor, _value = old.rotate(overlap=timedelta(hours=1))
    of_new = address("change", successor.pk)
    assert address("change", old.pk) in text_of(client.get(of_new))
    type(old).objects.filter(pk=old.pk)._raw_delete("default")
    assert client.get(of_new).status_code == 200
    assert [*type(old).objects.get(pk=successor.pk).predecessors()] == []


def test_without_a_choice_nothing_happens(client, user):
    old, _value = user.api_keys.create_key()
    response = client.post(address("rotate", old.pk), {"overlap": "year"})
    assert value_on(response) is None
    assert user.api_keys.count() == 1


def test_a_key_that_cannot_be_rotated_is_told(client, user):
    rotated, _value = user.api_keys.create_key()
    rotated.rotate(overlap=timedelta(hours=1))
    revoked, _value = user.api_keys.create_key()
    revoked.revoke()
    for api_key, text in ((rotated, "already been rotated"), (revoked, "cannot be rotated")):
        response = client.post(address("rotate", api_key.pk), {"overlap": "now"})
        assert text in text_of(response)
        assert address("rotate", api_key.pk) not in text_of(
            client.get(address("change", api_key.pk))
        )
    assert user.api_keys.count() == 3
    assert not LogEntry.objects.exists()


@pytest.mark.parametrize("permissions", [["view"], ["view", "change"], ["view", "add"]])
def test_it_takes_the_rights_to_add_and_to_change(user, permissions):
    old, _value = user.api_keys.create_key()
    client = staff(*permissions)
    assert client.post(address("rotate", old.pk), {"overlap": "now"}).status_code == 403
    assert address("rotate", old.pk) not in text_of(client.get(address("change", old.pk)))
    assert user.api_keys.count() == 1


def test_staff_rotate_no_key_of_somebody_with_more_rights(user):
    user.is_superuser = True
    user.save()
    old, _value = user.api_keys.create_key()
    client = staff("view", "add", "change")
    response = client.post(address("rotate", old.pk), {"overlap": "now"})
    assert "You are not allowed to create this API key." in text_of(response)
    old.refresh_from_db()
    assert (old.expires_at, user.api_keys.count()) == (None, 1)


def test_an_unknown_key_is_not_found(client):
    page = address("rotate", "11111111-2222-4333-8444-555555555555")
    assert client.post(page, {"overlap": "now"}).status_code == 404
