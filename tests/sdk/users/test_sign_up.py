"""Sign-up with an e-mail address and a password."""

import pytest

from example_project.models import User
from stack_apikeys.sdk.users.lookup import users_named
from tests.factories import PASSWORD, UserFactory
from tests.wire import (
    anyone,
    assert_known_error,
    refresh,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def sign_up_allowed(configure):
    configure(ALLOW_SIGN_UP=True)


def sign_up(email="new@example.com", password=PASSWORD, **further):
    return anyone().post(
        "/auth/password/sign-up", {"email": email, "password": password, **further}
    )


@pytest.mark.usefixtures("sign_up_allowed")
def test_a_sign_up_creates_a_user_and_signs_in(sent):
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
def test_the_fields_of_a_bot_challenge_are_accepted():
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


def test_sign_up_is_off_if_passwords_are(configure):
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
def test_an_address_with_an_account_is_refused(email):
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
def test_of_two_simultaneous_sign_ups_with_one_address_one_is_refused(monkeypatch):
    UserFactory(email="new@example.com")
    not_there_yet = iter([User.objects.none()])
    monkeypatch.setattr(
        "stack_apikeys.sdk.users.sign_up.users_named",
        lambda email: next(not_there_yet, users_named(email)),
    )
    assert sign_up().json()["code"] == "USER_EMAIL_ALREADY_EXISTS"
    assert User.objects.count() == 1


@pytest.mark.usefixtures("sign_up_allowed")
@pytest.mark.parametrize("email", ["nonsense", "a b@example.com", "@", f"{'x' * 300}@example.com"])
def test_an_invalid_address_is_refused(email):
    response = sign_up(email)
    assert (response.status_code, response.json()["code"]) == (400, "SCHEMA_ERROR")
    assert "body.email" in response.json()["error"]
    assert not User.objects.exists()


@pytest.mark.usefixtures("sign_up_allowed")
def test_the_projects_password_validators_apply():
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
def test_all_invalid_fields_are_reported_at_once():
    response = anyone().post("/auth/password/sign-up", {"password": {}, "name": "x"})
    assert response.json()["error"] == (
        "Request validation failed on POST /api/v1/auth/password/sign-up:\n"
        "  - body.email must be defined\n"
        "  - body.password must be a `string` type\n"
        "  - body contains 1 unknown property"
    )


def test_there_are_no_anonymous_accounts():
    assert_known_error(
        anyone().post("/auth/anonymous/sign-up"),
        400,
        "ANONYMOUS_ACCOUNTS_NOT_ENABLED",
        "Anonymous accounts are not enabled for this project.",
    )
