"""Access tokens in requests, and when they become invalid."""

import time

import jwt
import pytest
from django.conf import settings as django_settings
from django.test import Client

from stack_apikeys.sdk.models import Session
from stack_apikeys.wire import access
from tests.factories import UserFactory
from tests.wire import anyone, assert_known_error, person, server, sign_in

pytestmark = pytest.mark.django_db
PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]


@pytest.fixture
def token(user):
    return sign_in(user)["access_token"]


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def me(token):
    return anyone().get("/users/me", access_token=token)


def test_an_access_token_has_the_claims_that_the_sdk_requires(user, token):
    claims = claims_of(token)
    now = time.time()
    assert abs(claims.pop("iat") - now) < 60
    assert abs(claims.pop("exp") - now - 600) < 60
    assert claims == {
        "sub": str(user.pk),
        "iss": f"http://testserver/api/v1/projects/{PROJECT_ID}",
        "aud": PROJECT_ID,
        "project_id": PROJECT_ID,
        "branch_id": "main",
        "refresh_token_id": str(Session.objects.get().pk),
        "role": "authenticated",
        "name": "Ada",
        "email": user.email,
        "email_verified": False,
        "selected_team_id": None,
        "signed_up_at": int(user.date_joined.timestamp()),
        "is_anonymous": False,
        "is_restricted": False,
        "restricted_reason": None,
        "requires_totp_mfa": False,
    }


def test_a_selected_team_is_in_the_next_token(user):
    caller = person(user)
    from stack_apikeys.teams.models import Team

    team = Team.objects.create_team(display_name="Analysts", creator=user)
    caller.patch("/users/me", {"selected_team_id": str(team.pk)})
    assert claims_of(sign_in(user)["access_token"])["selected_team_id"] == str(team.pk)
    team.remove_member(user)
    assert claims_of(sign_in(user)["access_token"])["selected_team_id"] is None


def test_an_access_token_costs_one_query_for_session_and_user(
    user, token, django_assert_num_queries
):
    caller = anyone(access_token=token)
    with django_assert_num_queries(2):  # the other one is the list
        response = caller.get("/user-api-keys?user_id=me")
    assert response.status_code == 200


def test_an_access_token_needs_no_csrf_token(user, token):
    caller = anyone(access_token=token, client=Client(enforce_csrf_checks=True))
    created = caller.post(
        "/user-api-keys", {"user_id": "me", "description": "", "expires_at_millis": None}
    )
    assert created.status_code == 200
    assert user.api_keys.get().created_by == user


def test_an_access_token_takes_precedence_over_a_django_session(user, token):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    assert anyone(access_token=token, client=client).get("/users/me").json()["id"] == str(user.pk)


def test_me_is_the_user_of_the_access_token_for_a_server(user, token):
    assert server().get("/users/me", access_token=token).json()["id"] == str(user.pk)
    other = UserFactory()
    response = server().get(f"/user-api-keys?user_id={other.pk}", access_token=token)
    assert response.status_code == 200


@pytest.mark.parametrize("family", ["x-stack-", "X-Hexclave-"])
def test_both_header_families_can_carry_a_token(user, token, family):
    caller = anyone(access_token=token)
    caller.headers = {
        name.replace("X-Hexclave-", family): value for name, value in caller.headers.items()
    }
    assert caller.get("/users/me").status_code == 200


def test_the_project_key_is_checked_before_any_query(token, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = anyone(access_token=token).get("/users/me", publishable_client_key="wrong")
    assert response.json()["code"] == "INVALID_PUBLISHABLE_CLIENT_KEY"


def test_a_token_without_an_access_type_is_refused(token):
    response = anyone().get("/users/me", access_token=token, access_type="", project_id="")
    assert response.json()["code"] == "PROJECT_KEY_WITHOUT_ACCESS_TYPE"


def test_access_tokens_are_refused_without_a_registered_reader(token, monkeypatch):
    monkeypatch.setattr(access, "_token_readers", [])
    assert_known_error(me(token), 401, "UNPARSABLE_ACCESS_TOKEN")


def test_errors_come_in_the_order_of_the_contract(token):
    caller = anyone(access_token="nonsense")
    path = "/auth/password/update"
    assert caller.post(path, b"{", publishable_client_key="x").json()["code"] == (
        "BODY_PARSING_ERROR"
    )
    response = caller.post(path, {}, publishable_client_key="x")
    assert response.json()["code"] == "INVALID_PUBLISHABLE_CLIENT_KEY"
    assert caller.post(path, {}).json()["code"] == "UNPARSABLE_ACCESS_TOKEN"
    assert anyone().post(path, {}).json()["code"] == "SCHEMA_ERROR"
    body = {"old_password": "x", "new_password": "y"}
    assert anyone().post(path, body).json()["code"] == "USER_AUTHENTICATION_REQUIRED"


def assert_ended(token):
    response = me(token)
    assert (response.status_code, response.json()["code"]) == (401, "ACCESS_TOKEN_EXPIRED")
    assert response.json()["details"]["expired_at_millis"] is None
    assert "expired at" not in response.json()["error"]


def test_a_token_becomes_invalid_when_the_user_is_deactivated(user, token):
    user.is_active = False
    user.save()
    assert_ended(token)


def test_a_token_becomes_invalid_when_the_user_is_deleted(user, token):
    user.delete()
    assert_ended(token)


def test_a_token_becomes_invalid_when_the_user_signs_out(token):
    assert anyone(access_token=token).delete("/auth/sessions/current", {}).status_code == 200
    assert_ended(token)


def test_a_token_becomes_invalid_when_the_password_changes(user, token):
    user.set_password("another password of theirs")
    user.save()
    assert_ended(token)


def test_a_token_becomes_invalid_when_the_session_expires(token):
    session = Session.objects.get()
    Session.objects.update(expires_at=session.created_at)
    assert_ended(token)
