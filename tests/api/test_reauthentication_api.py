"""The API requires a recent sign-in where the settings pages ask for the password."""

import time
from datetime import timedelta

import pytest
from django.conf import settings as django_settings
from django.contrib import messages
from django.contrib.auth.backends import BaseBackend, ModelBackend
from django.contrib.auth.signals import user_logged_in, user_logged_out
from django.contrib.sessions.models import Session as DjangoSession
from django.test import Client
from django.utils import timezone

from example_project.models import User
from stack_apikeys.policy import Policy
from stack_apikeys.reauthentication import SESSION_KEY, mark_recent
from stack_apikeys.sdk.models import Session
from tests.factories import PASSWORD, TeamFactory, UserFactory
from tests.settings_pages import address, filled_in, make_key
from tests.wire import Caller, anyone, assert_plain_error, browser, person, server, sign_in

pytestmark = pytest.mark.django_db

REFUSAL = "You signed in a while ago. Sign in again to do this."
NEW_KEY = {"description": "CI", "user_id": "me", "expires_at_millis": None}


@pytest.fixture(autouse=True)
def an_hour(settings):
    settings.STACK_APIKEYS = {
        **settings.STACK_APIKEYS,
        "REAUTHENTICATE_AFTER_SECONDS": 3600,
        "ALLOW_SIGN_UP": True,
    }


def make_old(client):
    session = client.session
    session[SESSION_KEY] = int(time.time()) - 3600
    session.save()


def make_sessions_old():
    Session.objects.update(created_at=timezone.now() - timedelta(seconds=3601))


def with_session_of(client):
    """A client without an access token, in the same browser."""
    headers = anyone().headers.items()
    return Caller(
        client=client, **{name.removeprefix("X-Hexclave-"): text for name, text in headers}
    )


# A sign-in counts for the session of the person who signed in ----------------------------------------


def test_somebody_elses_sign_in_over_the_api_makes_no_session_recent(client, user):
    attacker = UserFactory()
    client.force_login(user)
    make_old(client)
    for path in ("/auth/password/sign-in", "/auth/password/sign-up"):
        email = attacker.email if path.endswith("in") else "new@example.com"
        answer = with_session_of(client).post(path, {"email": email, "password": PASSWORD})
        assert answer.status_code == 200
    client.post(address("api-key-create"), filled_in(client, description="CI"))
    assert not user.api_keys.exists()


def test_a_signal_about_somebody_else_makes_no_session_recent(client, rf, user):
    client.force_login(user)
    make_old(client)
    request = rf.get("/")
    request.session = client.session
    other = UserFactory()
    user_logged_in.send(sender=User, request=request, user=other)
    assert request.session[SESSION_KEY] <= time.time() - 3600
    user_logged_in.send(sender=User, request=request, user=user)
    assert request.session[SESSION_KEY] > time.time() - 3600


@pytest.mark.parametrize("path", ["/auth/password/sign-in", "/auth/password/sign-up"])
def test_a_sign_in_over_the_api_leaves_djangos_session_alone(path, user, monkeypatch):
    seen = []

    def greet(request, user, **kwargs):
        request.session["greeted"] = True
        messages.success(request, "Hello")
        seen.append((request.user, request.path))

    user_logged_in.connect(greet)
    try:
        email = user.email if path.endswith("in") else "new@example.com"
        answer = anyone().post(path, {"email": email, "password": PASSWORD})
    finally:
        user_logged_in.disconnect(greet)
    assert answer.status_code == 200
    assert seen == [(User.objects.get(email=email), f"/api/v1{path}")]
    assert not answer.cookies
    assert "Set-Cookie" not in answer.headers
    assert not DjangoSession.objects.exists()


def test_a_sign_out_over_the_api_leaves_djangos_session_alone(user):
    def say_goodbye(request, user, **kwargs):
        messages.success(request, "Goodbye")
        request.session["left"] = True

    caller = person(user)
    user_logged_out.connect(say_goodbye)
    try:
        answer = caller.delete("/auth/sessions/current", {})
    finally:
        user_logged_out.disconnect(say_goodbye)
    assert answer.status_code == 200
    assert not answer.cookies
    assert not DjangoSession.objects.exists()


class RemembersInTheSession(ModelBackend):
    def authenticate(self, request, **credentials):
        request.session["tried"] = True
        return super().authenticate(request, **credentials)


def test_a_backend_keeps_nothing_in_djangos_session(settings, user):
    settings.AUTHENTICATION_BACKENDS = [f"{__name__}.RemembersInTheSession"]
    answer = anyone().post("/auth/password/sign-in", {"email": user.email, "password": PASSWORD})
    assert answer.status_code == 200
    assert not answer.cookies
    assert not DjangoSession.objects.exists()


# The API refuses -------------------------------------------------------------------------------------


@pytest.fixture(params=["session", "token"])
def caller(request, user):
    """A client that signed in more than an hour ago."""
    if request.param == "session":
        caller = browser(user)
        make_old(caller.client)
        return caller
    caller = person(user)
    make_sessions_old()
    return caller


def test_an_old_sign_in_creates_and_revokes_nothing_over_the_api(caller, user):
    api_key = make_key(user)
    assert_plain_error(caller.post("/user-api-keys", NEW_KEY), 403, REFUSAL)
    assert_plain_error(
        caller.patch(f"/user-api-keys/{api_key.pk}", {"revoked": True}), 403, REFUSAL
    )
    both = {"description": "after", "revoked": True}
    assert_plain_error(caller.patch(f"/user-api-keys/{api_key.pk}", both), 403, REFUSAL)
    assert [each.is_valid() for each in user.api_keys.all()] == [True]
    api_key.refresh_from_db()
    assert api_key.description == "CI"


def test_an_old_sign_in_looks_and_renames(caller, user):
    api_key = make_key(user)
    assert caller.get("/user-api-keys?user_id=me").status_code == 200
    assert caller.patch(f"/user-api-keys/{api_key.pk}", {"description": "x"}).status_code == 200


def test_it_holds_for_a_team_too(caller, user):
    team = TeamFactory(creator=user)
    body = {"description": "CI", "team_id": str(team.pk), "expires_at_millis": None}
    assert_plain_error(caller.post("/team-api-keys", body), 403, REFUSAL)


@pytest.mark.parametrize("make_caller", [browser, person])
def test_a_recent_sign_in_creates_and_revokes(make_caller, user):
    caller = make_caller(user)
    made = caller.post("/user-api-keys", NEW_KEY)
    assert made.status_code == 200
    revoked = caller.patch(f"/user-api-keys/{made.json()['id']}", {"revoked": True})
    assert revoked.status_code == 200


def test_a_backend_is_not_asked(user):
    body = NEW_KEY | {"user_id": str(user.pk)}
    assert server().post("/user-api-keys", body).status_code == 200


@pytest.mark.urls("tests.sdk.test_middleware")
def test_a_session_of_the_cookies_middleware_counts_from_djangos_sign_in(settings, user):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": True}
    client = Client()
    client.post("/accounts/login/", {"username": user.email, "password": PASSWORD})
    assert time.time() - Session.objects.get().created_at.timestamp() < 3600
    make_old(client)
    new = "another correct horse"
    form = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client.post("/password", form).status_code == 302
    assert time.time() - Session.objects.get().created_at.timestamp() >= 3600


# People who cannot type a password here ---------------------------------------------------------------


def test_who_has_no_password_is_led_through_a_new_sign_in(client, user):
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    make_old(client)
    url = address("api-key-create")
    page = client.get(url)
    assert 'name="password"' not in page.text
    assert f'href="{django_settings.LOGIN_URL}?next={url}"' in page.text
    answer = client.post(url, filled_in(client, description="Typed before"))
    assert not user.api_keys.exists()
    assert "Please confirm that it is you." in answer.text
    assert 'value="Typed before"' in answer.text
    client.force_login(user)
    client.post(url, filled_in(client))
    assert user.api_keys.exists()


class ConfirmsElsewhere(Policy):
    def confirmation_url(self, request, next_url):
        return f"/passkey/?next={next_url}"


def test_the_site_confirms_in_its_own_way(client, rf, settings, user):
    settings.STACK_APIKEYS |= {"POLICY": f"{__name__}.ConfirmsElsewhere"}
    client.force_login(user)
    make_old(client)
    api_key = make_key(user)
    page = client.get(address("api-key-revoke", api_key))
    assert 'name="password"' not in page.text
    assert "/passkey/?next=" in page.text
    client.post(address("api-key-revoke", api_key), {"understood": "on"})
    api_key.refresh_from_db()
    assert api_key.is_valid()
    request = rf.get("/passkey/")
    request.session = client.session
    mark_recent(request)
    request.session.save()
    client.post(address("api-key-revoke", api_key), {"understood": "on"})
    api_key.refresh_from_db()
    assert not api_key.is_valid()


class ByEmail(BaseBackend):
    """An authentication backend that does not take user names."""

    def authenticate(self, request, email, password):
        user = User.objects.filter(email=email).first()
        return user if user and user.check_password(password) else None

    def get_user(self, user_id):
        return User.objects.filter(pk=user_id).first()


@pytest.mark.parametrize(
    "backends",
    [["ByEmail"], ["django.contrib.auth.backends.RemoteUserBackend", "ByEmail"]],
)
def test_a_backend_may_take_the_address_by_its_name(client, settings, user, backends):
    settings.AUTHENTICATION_BACKENDS = [
        each if "." in each else f"{__name__}.{each}" for each in backends
    ]
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    make_old(client)
    sent = filled_in(client)
    client.post(address("api-key-create"), sent | {"password": "wrong"})
    assert not user.api_keys.exists()
    client.post(address("api-key-create"), sent | {"password": PASSWORD})
    assert user.api_keys.exists()
    assert sign_in(user)["user_id"] == str(user.pk)
