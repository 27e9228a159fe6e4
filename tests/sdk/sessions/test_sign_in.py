"""Sign-in with an e-mail address and a password."""

import pytest
from django.contrib.auth.backends import ModelBackend
from django.core.exceptions import PermissionDenied
from django.test import Client

from stack_apikeys.policy import Policy
from stack_apikeys.sdk.models import Session
from tests.factories import PASSWORD, UserFactory
from tests.sdk.sign_in import try_to_sign_in
from tests.wire import (
    Caller,
    anyone,
    assert_known_error,
    refresh,
    sign_in,
)

pytestmark = pytest.mark.django_db


def test_a_user_signs_in_with_address_and_password(user, sent):
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


@pytest.mark.parametrize("wrong", ["address", "password", "person"])
def test_a_failed_sign_in_does_not_reveal_the_reason(user, sent, wrong):
    user.is_active = wrong != "person"
    user.save()
    email = "nobody@example.com" if wrong == "address" else user.email
    response = try_to_sign_in(email, "wrong" if wrong == "password" else PASSWORD)
    assert_known_error(response, 400, "EMAIL_PASSWORD_MISMATCH", "Wrong e-mail or password.")
    assert sent == [("failed", email)]
    assert not Session.objects.exists()


def test_a_user_whom_the_policy_does_not_allow_to_act_cannot_sign_in(user, monkeypatch):
    monkeypatch.setattr(Policy, "owner_may_act", lambda *_args: False)
    response = try_to_sign_in(user.email)
    assert_known_error(response, 400, "EMAIL_PASSWORD_MISMATCH")
    assert not Session.objects.exists()


class Refusing(ModelBackend):
    """A backend that refuses every sign-in, for example after too many attempts."""

    def authenticate(self, request, username=None, password=None, **kwargs):
        assert request.META["REMOTE_ADDR"] == "127.0.0.1"
        raise PermissionDenied


def test_authentication_backends_can_refuse_a_sign_in(user, settings):
    settings.AUTHENTICATION_BACKENDS = [
        f"{__name__}.Refusing",
        "django.contrib.auth.backends.ModelBackend",
    ]
    assert try_to_sign_in(user.email).json()["code"] == "EMAIL_PASSWORD_MISMATCH"


def test_an_inactive_user_cannot_sign_in_even_if_a_backend_accepts_them(user, settings):
    settings.AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.AllowAllUsersModelBackend"]
    user.is_active = False
    user.save()
    assert try_to_sign_in(user.email).json()["code"] == "EMAIL_PASSWORD_MISMATCH"


def test_a_setting_disables_passwords(user, configure):
    configure(ALLOW_PASSWORD_SIGN_IN=False)
    assert try_to_sign_in(user.email).json()["code"] == "PASSWORD_AUTHENTICATION_NOT_ENABLED"


def test_signing_in_ignores_the_tokens_of_another_session(user):
    old = sign_in(user)
    body = {"email": user.email, "password": PASSWORD}
    for token in (old["access_token"], "nonsense"):
        caller = anyone(access_token=token, refresh_token=old["refresh_token"])
        assert caller.post("/auth/password/sign-in", body).status_code == 200
    assert refresh(old["refresh_token"]).status_code == 200


def test_signing_in_ignores_cookies(user):
    caller = anyone(client=Client(enforce_csrf_checks=True))
    caller.client.force_login(UserFactory())
    body = {"email": user.email, "password": PASSWORD}
    assert caller.post("/auth/password/sign-in", body).json()["user_id"] == str(user.pk)


def test_signing_in_requires_access_headers(user):
    body = {"email": user.email, "password": PASSWORD}
    assert Caller().post("/auth/password/sign-in", body).json()["code"] == "ACCESS_TYPE_REQUIRED"
    response = anyone().post("/auth/password/sign-in", body, publishable_client_key="wrong")
    assert response.json()["code"] == "INVALID_PUBLISHABLE_CLIENT_KEY"


@pytest.mark.parametrize("value", [None, 1, ["x"], "\x00", "\ud800", "x" * 5000])
@pytest.mark.parametrize("field", ["email", "password"])
def test_invalid_values_are_refused(user, field, value):
    body = {"email": user.email, "password": PASSWORD} | {field: value}
    assert anyone().post("/auth/password/sign-in", body).status_code == 400
