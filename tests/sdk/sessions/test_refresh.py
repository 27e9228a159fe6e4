"""New access tokens for a refresh token."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client

from example_project.models import User
from stack_apikeys import timestamps
from stack_apikeys.sdk.models import Session
from tests.sdk.sign_in import assert_session_ended
from tests.wire import (
    anyone,
    assert_known_error,
    refresh,
    sign_in,
)

pytestmark = pytest.mark.django_db
PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
NEW_PASSWORD = "staple battery horse correct"


def test_a_refresh_token_can_be_used_repeatedly(user):
    refresh_token = sign_in(user)["refresh_token"]
    for _ in range(2):
        response = refresh(refresh_token)
        assert response.status_code == 200
        assert response["Content-Type"] == "application/json; charset=utf-8"
        assert response["Access-Control-Allow-Origin"] == "*"
        body = response.json()
        access_token = body.pop("access_token")
        assert body == {
            "token_type": "Bearer",
            "expires_in": 600,
            "refresh_token": refresh_token,
            "scope": "legacy",
        }
        me = anyone().get("/users/me", access_token=access_token)
        assert me.json()["id"] == str(user.pk)


def test_a_refresh_runs_two_queries_and_records_its_use_once_a_minute(
    user, django_assert_num_queries
):
    refresh_token = sign_in(user)["refresh_token"]
    with django_assert_num_queries(2):  # the session with its user, and the profile
        refresh(refresh_token)
    before = timestamps.now() - timedelta(hours=1)
    Session.objects.update(last_used_at=before)
    with django_assert_num_queries(3):
        refresh(refresh_token)
    assert Session.objects.get().last_used_at > before


def test_unknown_refresh_tokens_are_refused(user):
    refresh_token = sign_in(user)["refresh_token"]
    session = Session.objects.get()
    for wrong in (
        "x",
        uuid4().hex + refresh_token[32:],
        refresh_token[:-1],
        refresh_token + "x",
        session.pk.hex,
        "ü" * 75,
    ):
        assert_session_ended(wrong)


def test_a_refresh_token_becomes_invalid_with_the_user_the_password_and_the_session(user):
    refresh_token = sign_in(user)["refresh_token"]
    User.objects.update(is_active=False)
    assert_session_ended(refresh_token)
    User.objects.update(is_active=True)
    assert refresh(refresh_token).status_code == 200

    expires_at = Session.objects.get().expires_at
    Session.objects.update(expires_at=timestamps.now())
    assert_session_ended(refresh_token)
    Session.objects.update(expires_at=expires_at)
    assert refresh(refresh_token).status_code == 200

    user.set_password(NEW_PASSWORD)
    user.save()
    assert_session_ended(refresh_token)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_id": "internal"},
        {"client_secret": "wrong"},
        {"client_secret": "ünïcödé"},
        {"client_secret": "__stack_public_client__"},
        {"client_secret": "ssk_test"},
    ],
)
def test_a_wrong_client_cannot_refresh(user, changes):
    assert_known_error(
        refresh(sign_in(user)["refresh_token"], **changes),
        400,
        "INVALID_OAUTH_CLIENT_ID_OR_SECRET",
        "The OAuth client ID or secret is invalid. The client ID must be equal to the project ID "
        "(potentially with a hash and a branch ID), and the client secret must be a publishable "
        "client key.",
        {"client_id": None},
    )


def test_the_client_id_may_contain_a_branch(user):
    token = sign_in(user)["refresh_token"]
    assert refresh(token, client_id=f"{PROJECT_ID}#main").status_code == 200


def test_no_client_key_is_needed_if_none_is_configured(user, configure):
    token = sign_in(user)["refresh_token"]
    configure(PUBLISHABLE_CLIENT_KEYS=[])
    assert refresh(token, client_secret="__stack_public_client__").status_code == 200
    response = refresh(token, client_secret="some")
    assert response.json()["code"] == "INVALID_OAUTH_CLIENT_ID_OR_SECRET"


def test_another_grant_type_is_refused(user):
    response = refresh(sign_in(user)["refresh_token"], grant_type="password")
    assert response.json()["error"].endswith(
        "\n  - body.grant_type must be one of the following values: refresh_token"
    )
    response = Client().generic("POST", "/api/v1/auth/oauth/token")
    assert response.json()["error"].endswith("\n  - body must be defined")


def test_a_refresh_token_can_be_sent_in_a_header(user):
    signed_in = sign_in(user)
    # The request may also have an old access token.
    for old in ("", signed_in["access_token"], "nonsense"):
        response = anyone().post(
            "/auth/sessions/current/refresh",
            refresh_token=signed_in["refresh_token"],
            access_token=old,
        )
        assert response.json().keys() == {"access_token"}
        me = anyone().get("/users/me", access_token=response.json()["access_token"])
        assert me.status_code == 200
    response = anyone().post("/auth/sessions/current/refresh")
    assert response.json()["code"] == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
