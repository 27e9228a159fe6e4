"""The e-mail address of a user as the only contact channel."""

from uuid import uuid4

import pytest

from stack_apikeys.sdk.models import Session
from tests.factories import UserFactory
from tests.wire import (
    anyone,
    assert_known_error,
    assert_plain_error,
    person,
    server,
)

pytestmark = pytest.mark.django_db


def test_the_address_is_the_only_contact_channel(user):
    response = person(user).get("/contact-channels?user_id=me")
    [channel] = response.json()["items"]
    assert (
        channel.pop("id")
        == server().get(f"/contact-channels?user_id={user.pk}").json()["items"][0]["id"]
    )
    assert channel == {
        "user_id": str(user.pk),
        "type": "email",
        "value": user.email,
        "is_verified": False,
        "is_primary": True,
        "used_for_auth": True,
    }
    assert response.json()["is_paginated"] is False


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "", {"user_id": "me", "type": "email", "value": "x@example.com"}),
        ("PATCH", "/me/{id}", {"is_primary": True}),
        ("DELETE", "/me/{id}", None),
    ],
)
def test_the_address_cannot_be_changed(user, method, path, body):
    caller = person(user)
    [channel] = caller.get("/contact-channels?user_id=me").json()["items"]
    assert_plain_error(
        caller.send(method, f"/contact-channels{path.format(**channel)}", body),
        400,
        "E-mail addresses cannot be added or changed through this API.",
    )
    assert caller.get("/contact-channels?user_id=me").json()["items"] == [channel]


def test_the_address_of_a_user_without_a_password_is_used_for_sign_in(user):
    caller = person(user)
    user.set_unusable_password()
    user.save()
    Session.objects.update(auth_hash=user.get_session_auth_hash())
    # The official component offers to set a password only if an address is used for sign-in.
    [channel] = caller.get("/contact-channels?user_id=me").json()["items"]
    assert channel["used_for_auth"] is True


def test_clients_cannot_list_the_addresses_of_others(user):
    path = "/contact-channels?user_id="
    assert_plain_error(
        person(UserFactory()).get(f"{path}{user.pk}"),
        403,
        "Client can only access their own user",
    )
    assert_known_error(anyone().get(f"{path}{user.pk}"), 401, "USER_AUTHENTICATION_REQUIRED")
    assert_known_error(server().get(f"{path}{uuid4()}"), 404, "USER_NOT_FOUND")
