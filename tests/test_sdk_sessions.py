"""Signing up, signing in, refreshing, signing out, and changing one's password."""

import hashlib
import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.signals import user_logged_in, user_logged_out, user_login_failed
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.test import Client
from django.views.debug import ExceptionReporter

from example_project.models import User
from stack_apikeys import timestamps
from stack_apikeys.sdk import passwords
from stack_apikeys.sdk.models import Session
from tests.factories import PASSWORD, UserFactory
from tests.wire import (
    Caller,
    anyone,
    assert_known_error,
    assert_plain_error,
    browser,
    person,
    refresh,
    server,
    sign_in,
)

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
NEW_PASSWORD = "staple battery horse correct"


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def configure(settings):
    def set_names(**changes):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | changes

    return set_names


@pytest.fixture
def sign_up_allowed(configure):
    configure(ALLOW_SIGN_UP=True)


@pytest.fixture
def sent():
    """Django's signals of sign-ins and sign-outs, as (name, user or credentials)."""
    heard = []

    def logged_in(user, **_):
        heard.append(("in", user))

    def logged_out(user, **_):
        heard.append(("out", user))

    def failed(credentials, **_):
        heard.append(("failed", credentials["username"]))

    user_logged_in.connect(logged_in)
    user_logged_out.connect(logged_out)
    user_login_failed.connect(failed)
    yield heard
    user_logged_in.disconnect(logged_in)
    user_logged_out.disconnect(logged_out)
    user_login_failed.disconnect(failed)


def sign_up(email="new@example.com", password=PASSWORD, **further):
    return anyone().post(
        "/auth/password/sign-up", {"email": email, "password": password, **further}
    )


def try_to_sign_in(email, password=PASSWORD):
    return anyone().post("/auth/password/sign-in", {"email": email, "password": password})


def assert_dead(refresh_token):
    assert_known_error(
        refresh(refresh_token),
        401,
        "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED",
        "Refresh token not found for this project, or the session has expired/been revoked.",
    )


# Signing up -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("sign_up_allowed")
def test_a_stranger_makes_an_account_and_is_signed_in_to_it(sent):
    response = sign_up("New@Example.com", verification_callback_url="http://localhost:3000")
    assert response.status_code == 200
    user = User.objects.get()
    assert (user.email, user.check_password(PASSWORD)) == ("new@example.com", True)
    body = response.json()
    assert body.keys() == {"access_token", "refresh_token", "user_id"}
    assert body["user_id"] == str(user.pk)
    assert anyone().get("/users/me", access_token=body["access_token"]).status_code == 200
    assert refresh(body["refresh_token"]).status_code == 200
    assert sent == [("in", user)]


@pytest.mark.usefixtures("sign_up_allowed")
def test_what_the_sdk_says_of_robots_is_let_pass():
    response = sign_up(
        bot_challenge_token="x", bot_challenge_phase="invisible", bot_challenge_unavailable="true"
    )
    assert response.status_code == 200


def test_sign_up_is_off_by_default():
    assert_known_error(
        sign_up(),
        400,
        "SIGN_UP_NOT_ENABLED",
        "Creation of new accounts is not enabled for this project. Please ask the project owner "
        "to enable it.",
    )
    assert not User.objects.exists()


def test_sign_up_is_off_where_passwords_are(configure):
    configure(ALLOW_SIGN_UP=True, ALLOW_PASSWORD_SIGN_IN=False)
    assert_known_error(
        sign_up(),
        400,
        "PASSWORD_AUTHENTICATION_NOT_ENABLED",
        "Password authentication is not enabled for this project.",
    )
    assert not User.objects.exists()


@pytest.mark.usefixtures("sign_up_allowed")
@pytest.mark.parametrize("email", ["taken@example.com", "Taken@Example.COM"])
def test_an_address_that_is_taken_is_told(email):
    UserFactory(email="taken@example.com")
    assert_known_error(
        sign_up(email),
        409,
        "USER_EMAIL_ALREADY_EXISTS",
        f'A user with email "{email}" already exists.',
        {"email": email, "would_work_if_email_was_verified": False},
    )
    assert User.objects.count() == 1


@pytest.mark.usefixtures("sign_up_allowed")
def test_an_address_that_is_taken_at_the_same_moment_is_told(monkeypatch):
    UserFactory(email="new@example.com")
    look = passwords._accounts
    not_there_yet = iter([User.objects.none()])
    monkeypatch.setattr(passwords, "_accounts", lambda email: next(not_there_yet, look(email)))
    assert sign_up().json()["code"] == "USER_EMAIL_ALREADY_EXISTS"
    assert User.objects.count() == 1


@pytest.mark.usefixtures("sign_up_allowed")
@pytest.mark.parametrize("email", ["nonsense", "a b@example.com", "@", f"{'x' * 300}@example.com"])
def test_what_is_no_address_is_told(email):
    response = sign_up(email)
    assert (response.status_code, response.json()["code"]) == (400, "SCHEMA_ERROR")
    assert "body.email" in response.json()["error"]
    assert not User.objects.exists()


@pytest.mark.usefixtures("sign_up_allowed")
def test_the_hosts_password_validators_apply():
    assert_known_error(
        sign_up(password="a1b2c3"),
        400,
        "PASSWORD_TOO_SHORT",
        "Password too short. Minimum length is 8.",
        {"min_length": 8},
    )
    assert_known_error(
        sign_up(password="password123"),
        400,
        "PASSWORD_REQUIREMENTS_NOT_MET",
        "This password is too common.",
        {"message": "This password is too common."},
    )
    assert sign_up("somebody@example.com", "somebody@example.com").json()["code"] == (
        "PASSWORD_REQUIREMENTS_NOT_MET"
    )
    assert not User.objects.exists()


@pytest.mark.usefixtures("sign_up_allowed")
def test_all_that_is_wrong_with_a_sign_up_is_told_at_once():
    response = anyone().post("/auth/password/sign-up", {"password": {}, "name": "x"})
    assert response.json()["error"] == (
        "Request validation failed on POST /api/v1/auth/password/sign-up:\n"
        "  - body.email must be defined\n"
        "  - body.password must be a `string` type\n"
        "  - body contains unknown properties: name"
    )


def test_there_are_no_anonymous_accounts():
    assert_known_error(
        anyone().post("/auth/anonymous/sign-up"),
        400,
        "ANONYMOUS_ACCOUNTS_NOT_ENABLED",
        "Anonymous accounts are not enabled for this project.",
    )


# Signing in -----------------------------------------------------------------------------------


def test_somebody_signs_in_by_address_and_password(user, sent):
    response = try_to_sign_in(user.email.upper())
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store, max-age=0"
    assert "Set-Cookie" not in response.headers
    body = response.json()
    assert body.keys() == {"access_token", "refresh_token", "user_id"}
    assert body["user_id"] == str(user.pk)
    user.refresh_from_db()
    assert user.last_login is not None
    assert sent == [("in", user)]


def test_no_secret_of_a_session_is_in_the_database(user):
    refresh_token = sign_in(user)["refresh_token"]
    session = Session.objects.get()
    assert session.digest == hashlib.sha256(refresh_token.encode()).hexdigest()
    assert refresh_token not in str(vars(session))
    assert refresh_token not in f"{session} {session!r}"


def test_no_refresh_token_is_in_the_report_of_an_error(user, rf):
    user.get_session_auth_hash = lambda: None  # which no database takes
    with pytest.raises(IntegrityError) as caught:
        Session.objects.start(user)
    error = caught.value
    report = ExceptionReporter(rf.get("/"), type(error), error, error.__traceback__)
    html = report.get_traceback_html()
    assert "refresh_token" in html
    assert not re.search(r"[0-9a-f]{32}[\w-]{43}", html)


@pytest.mark.parametrize("wrong", ["address", "password", "person"])
def test_what_is_wrong_with_a_sign_in_is_not_told(user, sent, wrong):
    user.is_active = wrong != "person"
    user.save()
    email = "nobody@example.com" if wrong == "address" else user.email
    response = try_to_sign_in(email, "wrong" if wrong == "password" else PASSWORD)
    assert_known_error(response, 400, "EMAIL_PASSWORD_MISMATCH", "Wrong e-mail or password.")
    assert sent == [("failed", email)]
    assert not Session.objects.exists()


class Refusing(ModelBackend):
    """A lock-out of the host's, or a second factor that the request would have to bring."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        assert request.META["REMOTE_ADDR"] == "127.0.0.1"
        raise PermissionDenied


def test_the_hosts_own_backends_decide(user, settings):
    settings.AUTHENTICATION_BACKENDS = [
        "tests.test_sdk_sessions.Refusing",
        "django.contrib.auth.backends.ModelBackend",
    ]
    assert try_to_sign_in(user.email).json()["code"] == "EMAIL_PASSWORD_MISMATCH"


def test_a_backend_that_lets_in_who_is_switched_off_is_not_enough(user, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    user.is_active = False
    user.save()
    assert try_to_sign_in(user.email).json()["code"] == "EMAIL_PASSWORD_MISMATCH"


def test_passwords_can_be_switched_off(user, configure):
    configure(ALLOW_PASSWORD_SIGN_IN=False)
    assert try_to_sign_in(user.email).json()["code"] == "PASSWORD_AUTHENTICATION_NOT_ENABLED"


def test_signing_in_works_with_the_old_sessions_tokens_whether_good_or_not(user):
    old = sign_in(user)
    body = {"email": user.email, "password": PASSWORD}
    for token in (old["access_token"], "nonsense"):
        caller = anyone(access_token=token, refresh_token=old["refresh_token"])
        assert caller.post("/auth/password/sign-in", body).status_code == 200
    assert refresh(old["refresh_token"]).status_code == 200


def test_signing_in_is_no_matter_of_cookies(user):
    caller = anyone(client=Client(enforce_csrf_checks=True))
    caller.client.force_login(UserFactory())
    body = {"email": user.email, "password": PASSWORD}
    assert caller.post("/auth/password/sign-in", body).json()["user_id"] == str(user.pk)


def test_signing_in_takes_access_to_the_project(user):
    body = {"email": user.email, "password": PASSWORD}
    assert Caller().post("/auth/password/sign-in", body).json()["code"] == "ACCESS_TYPE_REQUIRED"
    response = anyone().post("/auth/password/sign-in", body, publishable_client_key="wrong")
    assert response.json()["code"] == "INVALID_PUBLISHABLE_CLIENT_KEY"


@pytest.mark.parametrize("value", [None, 1, ["x"], "\x00", "\ud800", "x" * 5000])
@pytest.mark.parametrize("field", ["email", "password"])
def test_odd_values_sign_nobody_in(user, field, value):
    body = {"email": user.email, "password": PASSWORD} | {field: value}
    assert anyone().post("/auth/password/sign-in", body).status_code == 400


def test_sessions_that_ended_by_themselves_are_cleared_away_at_the_next_sign_in(user):
    for _ in range(3):
        sign_in(user)
    ended, stale, _live = Session.objects.all()
    Session.objects.filter(pk=ended.pk).update(expires_at=ended.created_at)
    Session.objects.filter(pk=stale.pk).update(auth_hash="of another password")
    other = sign_in(UserFactory())
    sign_in(user)
    assert Session.objects.filter(user=user).count() == 2
    assert refresh(other["refresh_token"]).status_code == 200


# Refreshing -----------------------------------------------------------------------------------


def test_a_refresh_token_brings_new_access_tokens_again_and_again(user):
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


def test_a_refresh_takes_two_queries_and_records_its_use_once_a_minute(
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


def test_dead_and_unknown_refresh_tokens_are_told(user):
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
        assert_dead(wrong)


def test_a_refresh_token_dies_with_the_person_the_password_and_its_time(user):
    refresh_token = sign_in(user)["refresh_token"]
    User.objects.update(is_active=False)
    assert_dead(refresh_token)
    User.objects.update(is_active=True)
    assert refresh(refresh_token).status_code == 200

    expires_at = Session.objects.get().expires_at
    Session.objects.update(expires_at=timestamps.now())
    assert_dead(refresh_token)
    Session.objects.update(expires_at=expires_at)
    assert refresh(refresh_token).status_code == 200

    user.set_password(NEW_PASSWORD)
    user.save()
    assert_dead(refresh_token)


def test_a_session_lasts_as_long_as_the_settings_say(user, configure):
    configure(SESSION_LIFETIME=timedelta(hours=8))
    sign_in(user)
    session = Session.objects.get()
    lasts = session.expires_at - session.created_at
    assert abs(lasts - timedelta(hours=8)) < timedelta(seconds=1)


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
def test_a_stranger_to_the_project_refreshes_nothing(user, changes):
    assert_known_error(
        refresh(sign_in(user)["refresh_token"], **changes),
        400,
        "INVALID_OAUTH_CLIENT_ID_OR_SECRET",
        "The OAuth client ID or secret is invalid. The client ID must be equal to the project ID "
        "(potentially with a hash and a branch ID), and the client secret must be a publishable "
        "client key.",
        {"client_id": None},
    )


def test_the_branch_may_stand_behind_the_project(user):
    token = sign_in(user)["refresh_token"]
    assert refresh(token, client_id=f"{PROJECT_ID}#main").status_code == 200


def test_without_configured_client_keys_the_sdk_says_that_it_has_none(user, configure):
    token = sign_in(user)["refresh_token"]
    configure(PUBLISHABLE_CLIENT_KEYS=[])
    assert refresh(token, client_secret="__stack_public_client__").status_code == 200
    response = refresh(token, client_secret="some")
    assert response.json()["code"] == "INVALID_OAUTH_CLIENT_ID_OR_SECRET"


def test_another_grant_is_told(user):
    response = refresh(sign_in(user)["refresh_token"], grant_type="password")
    assert response.json()["error"].endswith(
        "\n  - body.grant_type must be one of the following values: refresh_token"
    )
    response = Client().generic("POST", "/api/v1/auth/oauth/token")
    assert response.json()["error"].endswith("\n  - body must be defined")


def test_callers_without_an_sdk_refresh_by_a_header(user):
    signed_in = sign_in(user)
    # The old access token may come along, and is what they want to be rid of.
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


# Signing out ----------------------------------------------------------------------------------


def test_signing_out_ends_this_session_and_no_other(user, sent):
    here, elsewhere = sign_in(user), sign_in(user)
    sent.clear()
    response = anyone(access_token=here["access_token"]).delete("/auth/sessions/current", {})
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert sent == [("out", user)]
    assert_dead(here["refresh_token"])
    assert refresh(elsewhere["refresh_token"]).status_code == 200


def test_signing_out_twice_is_what_the_sdk_takes_for_signed_out(user):
    caller = person(user)
    caller.delete("/auth/sessions/current", {})
    assert_known_error(
        caller.delete("/auth/sessions/current", {}), 401, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    )
    assert_known_error(
        anyone().delete("/auth/sessions/current", {}), 401, "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    )


def test_a_session_that_has_ended_by_itself_can_be_signed_out_of(user):
    caller = person(user)
    user.set_password(NEW_PASSWORD)
    user.save()
    assert caller.delete("/auth/sessions/current", {}).status_code == 200
    assert not Session.objects.exists()


def test_nobody_is_signed_out_by_a_forged_token(user):
    caller = person(user)
    caller.headers["X-Hexclave-access-token"] += "x"
    response = caller.delete("/auth/sessions/current", {})
    assert response.json()["code"] == "UNPARSABLE_ACCESS_TOKEN"
    assert Session.objects.exists()


# The list of sessions -------------------------------------------------------------------------


def test_people_see_where_they_are_signed_in(user, django_assert_num_queries):
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


def test_people_sign_themselves_out_elsewhere(user):
    elsewhere = sign_in(user)
    session = Session.objects.get()
    response = person(user).delete(f"/auth/sessions/{session.pk}?user_id=me")
    assert response.json() == {"success": True}
    assert_dead(elsewhere["refresh_token"])


def test_the_current_session_is_ended_by_signing_out_only(user):
    caller = person(user)
    response = caller.delete(f"/auth/sessions/{Session.objects.get().pk}?user_id=me")
    assert_known_error(
        response, 400, "CANNOT_DELETE_CURRENT_SESSION", "Cannot delete the current session."
    )
    assert Session.objects.exists()


def test_nobody_sees_or_ends_anothers_sessions(user):
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


def test_the_list_takes_somebody_who_is_signed_in(user):
    sign_in(user)
    assert anyone().get("/auth/sessions?user_id=me").json()["code"] == (
        "CANNOT_GET_OWN_USER_WITHOUT_USER"
    )
    for response in (
        anyone().get(f"/auth/sessions?user_id={user.pk}"),
        anyone().delete(f"/auth/sessions/{Session.objects.get().pk}"),
    ):
        assert_known_error(response, 401, "USER_AUTHENTICATION_REQUIRED")


def test_a_backend_sees_and_ends_anybodys_sessions(user):
    signed_in = sign_in(user)
    [item] = server().get(f"/auth/sessions?user_id={user.pk}").json()["items"]
    assert item["is_current_session"] is False
    assert server().delete(f"/auth/sessions/{item['id']}").json() == {"success": True}
    assert_dead(signed_in["refresh_token"])


# Passwords ------------------------------------------------------------------------------------


def change_password(caller, old=PASSWORD, new=NEW_PASSWORD):
    return caller.post("/auth/password/update", {"old_password": old, "new_password": new})


def test_a_changed_password_ends_all_other_sessions(user):
    here, elsewhere = sign_in(user), sign_in(user)
    caller = anyone(access_token=here["access_token"])
    assert change_password(caller).json() == {"success": True}
    assert caller.get("/users/me").status_code == 200
    assert refresh(here["refresh_token"]).status_code == 200
    assert_dead(elsewhere["refresh_token"])
    assert Session.objects.count() == 1
    assert try_to_sign_in(user.email).json()["code"] == "EMAIL_PASSWORD_MISMATCH"
    assert try_to_sign_in(user.email, NEW_PASSWORD).status_code == 200


def test_the_old_password_must_be_right(user):
    assert_known_error(
        change_password(person(user), old="wrong"),
        400,
        "PASSWORD_CONFIRMATION_MISMATCH",
        "Passwords do not match.",
    )
    assert try_to_sign_in(user.email).status_code == 200


def test_the_new_password_must_be_good(user):
    assert change_password(person(user), new="a1b2").json()["code"] == "PASSWORD_TOO_SHORT"
    assert try_to_sign_in(user.email).status_code == 200


def test_changing_a_password_takes_somebody_who_is_signed_in(user):
    assert_known_error(change_password(anyone()), 401, "USER_AUTHENTICATION_REQUIRED")
    assert_known_error(change_password(server()), 401, "USER_AUTHENTICATION_REQUIRED")


def test_a_page_of_ours_changes_the_password_and_stays_signed_in(user):
    page = browser(user)
    assert change_password(page).status_code == 200
    assert page.get("/users/me").status_code == 200


def test_a_first_password_is_set_and_no_other(user):
    caller = person(user)
    assert_plain_error(
        caller.post("/auth/password/set", {"password": NEW_PASSWORD}),
        400,
        "The user already has a password. Update it instead.",
    )
    user.set_unusable_password()
    user.save()
    page = browser(user)
    assert_known_error(
        change_password(page),
        400,
        "USER_DOES_NOT_HAVE_PASSWORD",
        "This user does not have password authentication enabled.",
    )
    assert page.get("/users/me").json()["has_password"] is False
    response = page.post("/auth/password/set", {"password": "short"})
    assert response.json()["code"] == "PASSWORD_TOO_SHORT"
    assert page.post("/auth/password/set", {"password": NEW_PASSWORD}).status_code == 200
    assert page.get("/users/me").json()["has_password"] is True
    assert try_to_sign_in(user.email, NEW_PASSWORD).status_code == 200
