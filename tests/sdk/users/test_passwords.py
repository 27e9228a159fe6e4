"""Changing a password, and setting the first one."""

import pytest

from stack_apikeys.sdk.models import Session
from tests.factories import PASSWORD
from tests.sdk.sign_in import assert_session_ended, try_to_sign_in
from tests.wire import (
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
NEW_PASSWORD = "staple battery horse correct"


def change_password(caller, old=PASSWORD, new=NEW_PASSWORD):
    return caller.post("/auth/password/update", {"old_password": old, "new_password": new})


def test_a_changed_password_ends_all_other_sessions(user):
    here, elsewhere = sign_in(user), sign_in(user)
    caller = anyone(access_token=here["access_token"])
    assert change_password(caller).json() == {"success": True}
    assert caller.get("/users/me").status_code == 200
    assert refresh(here["refresh_token"]).status_code == 200
    assert_session_ended(elsewhere["refresh_token"])
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


def test_changing_a_password_requires_a_user(user):
    assert_known_error(change_password(anyone()), 401, "USER_AUTHENTICATION_REQUIRED")
    assert_known_error(change_password(server()), 401, "USER_AUTHENTICATION_REQUIRED")


def test_changing_the_password_with_a_django_session_ends_it(user):
    page = browser(user)
    assert change_password(page).status_code == 200
    assert page.get("/users/me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"


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
    caller = anyone(access_token=sign_in(user, NEW_PASSWORD)["access_token"])
    assert caller.get("/users/me").json()["has_password"] is True
    assert try_to_sign_in(user.email, NEW_PASSWORD).status_code == 200
