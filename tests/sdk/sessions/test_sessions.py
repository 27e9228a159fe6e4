"""Signing out, and the list of sessions."""

from uuid import uuid4

import pytest

from stack_apikeys import timestamps
from stack_apikeys.sdk.models import Session
from tests.factories import UserFactory
from tests.sdk.sign_in import assert_session_ended
from tests.wire import (
    anyone,
    assert_known_error,
    assert_plain_error,
    person,
    refresh,
    server,
    sign_in,
)

pytestmark = pytest.mark.django_db
NEW_PASSWORD = "staple battery horse correct"


def test_signing_out_ends_this_session_and_no_other(user, sent):
    here, elsewhere = sign_in(user), sign_in(user)
    sent.clear()
    response = anyone(access_token=here["access_token"]).delete("/auth/sessions/current", {})
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert sent == [("out", user)]
    assert_session_ended(here["refresh_token"])
    assert refresh(elsewhere["refresh_token"]).status_code == 200


def test_signing_out_twice_returns_the_error_that_the_sdk_ignores(user):
    caller = person(user)
    caller.delete("/auth/sessions/current", {})
    assert_known_error(
        caller.delete("/auth/sessions/current", {}), 401, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    )
    assert_known_error(
        anyone().delete("/auth/sessions/current", {}), 401, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    )


def test_signing_out_of_a_session_with_an_old_password_deletes_it(user):
    caller = person(user)
    user.set_password(NEW_PASSWORD)
    user.save()
    assert caller.delete("/auth/sessions/current", {}).status_code == 200
    assert not Session.objects.exists()


def test_a_forged_token_does_not_sign_out(user):
    caller = person(user)
    caller.headers["X-Hexclave-access-token"] += "x"
    response = caller.delete("/auth/sessions/current", {})
    assert response.json()["code"] == "UNPARSABLE_ACCESS_TOKEN"
    assert Session.objects.exists()


def test_clients_list_the_sessions_of_their_user(user, django_assert_num_queries):
    sign_in(UserFactory())
    sign_in(user)
    caller = person(user)
    with django_assert_num_queries(2):
        response = caller.get("/auth/sessions?user_id=me")
    current, other = Session.objects.filter(user=user)
    assert response.json() == {
        "items": [
            {
                "id": str(session.pk),
                "user_id": str(user.pk),
                "created_at": timestamps.to_millis(session.created_at),
                "last_used_at": timestamps.to_millis(session.last_used_at),
                "is_impersonation": False,
                "is_current_session": is_current,
                "last_used_at_end_user_ip_info": {"ip": "127.0.0.1"},
            }
            for session, is_current in [(current, True), (other, False)]
        ],
        "is_paginated": False,
    }


def test_sessions_that_have_ended_are_not_in_the_list(user):
    sign_in(user)
    session = Session.objects.get()
    Session.objects.update(expires_at=session.created_at)
    items = server().get(f"/auth/sessions?user_id={user.pk}").json()["items"]
    assert items == []


def test_clients_end_other_sessions_of_their_user(user):
    elsewhere = sign_in(user)
    session = Session.objects.get()
    response = person(user).delete(f"/auth/sessions/{session.pk}?user_id=me")
    assert response.json() == {"success": True}
    assert_session_ended(elsewhere["refresh_token"])


def test_the_current_session_cannot_be_deleted(user):
    caller = person(user)
    response = caller.delete(f"/auth/sessions/{Session.objects.get().pk}?user_id=me")
    assert_known_error(
        response, 400, "CANNOT_DELETE_CURRENT_SESSION", "Cannot delete the current session."
    )
    assert Session.objects.exists()


def test_clients_cannot_list_or_end_the_sessions_of_others(user):
    sign_in(user)
    stranger = person(UserFactory())
    session = Session.objects.get(user=user)
    assert_plain_error(
        stranger.get(f"/auth/sessions?user_id={user.pk}"),
        403,
        "Client can only access their own user",
    )
    for session_id in (session.pk, uuid4()):
        assert_plain_error(
            stranger.delete(f"/auth/sessions/{session_id}?user_id=me"), 404, "Session not found"
        )
    assert Session.objects.filter(pk=session.pk).exists()


def test_clients_without_a_user_cannot_list_or_end_sessions(user):
    sign_in(user)
    assert anyone().get("/auth/sessions?user_id=me").json()["code"] == (
        "CANNOT_GET_OWN_USER_WITHOUT_USER"
    )
    for response in (
        anyone().get(f"/auth/sessions?user_id={user.pk}"),
        anyone().delete(f"/auth/sessions/{Session.objects.get().pk}"),
    ):
        assert_known_error(response, 401, "USER_AUTHENTICATION_REQUIRED")


def test_a_server_lists_and_ends_the_sessions_of_any_user(user):
    signed_in = sign_in(user)
    [item] = server().get(f"/auth/sessions?user_id={user.pk}").json()["items"]
    assert item["is_current_session"] is False
    assert server().delete(f"/auth/sessions/{item['id']}").json() == {"success": True}
    assert_session_ended(signed_in["refresh_token"])
