"""The middleware that keeps sessions of Django and of the SDK in step."""

import json
from datetime import timedelta
from urllib.parse import quote, unquote, urlencode

import django
import jwt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth import login
from django.contrib.auth.views import PasswordChangeView
from django.core import mail
from django.db import OperationalError
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from example_project.models import User
from example_project.urls import urlpatterns as project_urls
from stack_apikeys.conf import conf
from stack_apikeys.sdk.models import Session
from tests.error_reports import mails_to_admins, text_of
from tests.factories import PASSWORD, UserFactory
from tests.wire import anyone, person, refresh, sign_in

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
OVER_HTTP = f"hexclave-refresh-{PROJECT_ID}--default"
OVER_HTTPS = f"__Host-{OVER_HTTP}"
NEW_PASSWORD = "staple battery horse correct"


@pytest.fixture(autouse=True)
def enabled(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": True}


@pytest.fixture
def signed_in(user):
    """A browser that is signed in to Django."""
    return log_in(Client(), user)


def log_in(client, user, password=PASSWORD, **options):
    response = client.post(
        "/accounts/login/", {"username": user.email, "password": password}, **options
    )
    assert response.status_code == 302
    return client


def value_of(client, name):
    """Return a cookie as the SDK parses it, or None."""
    cookie = client.cookies.get(name)
    return json.loads(unquote(cookie.value)) if cookie and cookie.value else None


def tokens_of(client):
    """Return the refresh token, and the access tokens of the other two cookies."""
    refresh_token = value_of(client, OVER_HTTP)["refresh_token"]
    same, access_token = value_of(client, "hexclave-access")
    assert same == refresh_token
    return refresh_token, access_token, client.cookies["stack-access-token"].value


def assert_signed_out(client):
    assert not client.get("/").context["user"].is_authenticated
    left = {name for name, cookie in client.cookies.items() if cookie.value}
    assert left <= {"csrftoken"}


# Signing in -----------------------------------------------------------------------------------


def test_signing_in_to_django_signs_in_to_the_sdk(user, signed_in):
    refresh_token, access_token, for_samples = tokens_of(signed_in)
    assert refresh(refresh_token).status_code == 200
    for token in (access_token, for_samples):
        assert anyone().get("/users/me", access_token=token).json()["id"] == str(user.pk)


def test_the_sdk_can_read_its_cookies(signed_in):
    for name in (OVER_HTTP, "hexclave-access"):
        cookie = signed_in.cookies[name]
        assert cookie.value == quote(unquote(cookie.value), safe="")  # not as Django quotes
        assert (cookie["path"], cookie["samesite"], cookie["domain"]) == ("/", "Lax", "")
        assert (cookie["httponly"], cookie["secure"]) == ("", "")
    kept = value_of(signed_in, OVER_HTTP)
    assert kept.keys() == {"refresh_token", "updated_at_millis"}
    assert abs(kept["updated_at_millis"] / 1000 - Session.objects.get().created_at.timestamp()) < 60


@pytest.mark.parametrize(
    ("every_request", "django_days", "days"), [(False, 14, 14), (False, 60, 30), (True, 14, 30)]
)
def test_the_sdks_session_lasts_as_long_as_djangos_and_the_settings_allow(
    user, settings, every_request, django_days, days
):
    settings.SESSION_COOKIE_AGE = django_days * 24 * 60 * 60
    settings.SESSION_SAVE_EVERY_REQUEST = every_request
    client = log_in(Client(), user)
    session = Session.objects.get()
    assert abs(session.expires_at - session.created_at - timedelta(days=days)) < timedelta(
        minutes=5
    )
    for name in (OVER_HTTP, "hexclave-access"):
        assert abs(client.cookies[name]["max-age"] - days * 24 * 60 * 60) < 300


def test_scripts_cannot_read_the_cookie_of_the_samples(signed_in):
    cookie = signed_in.cookies["stack-access-token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 600)


def test_cookies_are_secure_over_https(user):
    client = log_in(Client(), user, secure=True)
    for name in (OVER_HTTPS, "hexclave-access", "stack-access-token"):
        assert client.cookies[name]["secure"] is True
    assert OVER_HTTP not in client.cookies
    client.post("/accounts/logout/", secure=True)
    for name in (OVER_HTTPS, "hexclave-access", "stack-access-token"):
        assert client.cookies[name].value == ""
    assert client.cookies[OVER_HTTPS]["secure"] is True


def test_cookies_are_session_cookies_if_djangos_is(user, settings):
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True
    client = log_in(Client(), user)
    assert client.cookies[OVER_HTTP]["max-age"] == ""


def test_without_the_setting_no_cookie_is_set(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": False}
    client = log_in(Client(), user)
    assert set(client.cookies) == {"sessionid", "csrftoken"}
    assert not Session.objects.exists()


def test_a_visitor_who_is_not_signed_in_costs_no_query(django_assert_num_queries):
    client = Client()
    with django_assert_num_queries(0):
        response = client.get("/health")
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def test_a_failed_sign_in_starts_no_session(user):
    client = Client()
    client.post("/accounts/login/", {"username": user.email, "password": "wrong"})
    assert OVER_HTTP not in client.cookies
    assert not Session.objects.exists()


# While a user is signed in --------------------------------------------------------------------


def test_a_page_with_a_fresh_token_runs_one_more_query_and_sets_no_cookie(
    signed_in, django_assert_num_queries
):
    with django_assert_num_queries(3):  # Django's session and user, and the SDK's session
        response = signed_in.get("/")
    assert set(response.cookies) <= {"csrftoken"}


def test_a_missing_or_old_token_is_replaced_for_the_view_and_for_the_browser(user, signed_in):
    _refresh_token, _access_token, old = tokens_of(signed_in)
    claims = jwt.decode(old, options={"verify_signature": False})
    for token in ("", "nonsense", sign_in(UserFactory())["access_token"]):
        signed_in.cookies["stack-access-token"] = token
        response = signed_in.get("/")
        new = response.cookies["stack-access-token"].value
        assert response.wsgi_request.COOKIES["stack-access-token"] == new
        assert anyone().get("/users/me", access_token=new).json()["id"] == str(user.pk)
        again = jwt.decode(new, options={"verify_signature": False})
        assert again["refresh_token_id"] == claims["refresh_token_id"]
        assert set(response.cookies) - {"csrftoken"} == {"stack-access-token"}


def test_a_token_with_less_than_half_its_life_is_replaced(signed_in, settings):
    old = signed_in.cookies["stack-access-token"].value
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {
        # With a lifetime three times as long, less than half of it is left.
        "ACCESS_TOKEN_LIFETIME": conf.ACCESS_TOKEN_LIFETIME * 3
    }
    assert signed_in.get("/").cookies["stack-access-token"].value != old


def test_the_api_does_not_accept_the_cookies(signed_in):
    caller = anyone(client=Client())
    for name in (OVER_HTTP, "hexclave-access", "stack-access-token"):
        caller.client.cookies[name] = signed_in.cookies[name].value
    assert caller.get("/users/me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"


# Signing out ----------------------------------------------------------------------------------


def test_signing_out_of_django_signs_out_of_the_sdk(signed_in):
    refresh_token, access_token, _for_samples = tokens_of(signed_in)
    signed_in.post("/accounts/logout/")
    assert refresh(refresh_token).json()["code"] == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    response = anyone().get("/users/me", access_token=access_token)
    assert response.json()["code"] == "ACCESS_TOKEN_EXPIRED"
    assert_signed_out(signed_in)
    assert not Session.objects.exists()


def test_signing_out_of_the_sdk_signs_out_of_django(signed_in):
    _refresh_token, access_token, _for_samples = tokens_of(signed_in)
    caller = anyone(access_token=access_token)
    assert caller.delete("/auth/sessions/current", {}).status_code == 200
    # The SDK deletes its own cookies. The middleware deletes the others.
    for name in (OVER_HTTP, "hexclave-access"):
        del signed_in.cookies[name]
    response = signed_in.get("/")
    assert not response.context["user"].is_authenticated
    assert_signed_out(signed_in)


def test_a_django_session_cannot_use_the_api_once_the_sdk_has_ended_it(signed_in):
    Session.objects.all().delete()
    caller = anyone(client=signed_in)
    assert caller.get("/users/me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"


def test_ending_the_session_from_another_device_signs_out_of_django(user, signed_in):
    session = Session.objects.get()
    person(user).delete(f"/auth/sessions/{session.pk}?user_id=me")
    assert_signed_out(signed_in)


def test_signing_out_of_django_also_ends_a_later_session_of_the_sdk(user, signed_in):
    other = sign_in(UserFactory())
    kept = {"refresh_token": other["refresh_token"], "updated_at_millis": 1}
    signed_in.cookies[OVER_HTTP] = quote(json.dumps(kept), safe="")
    signed_in.post("/accounts/logout/")
    assert_signed_out(signed_in)
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "value", ["nonsense", "%22x%22", "%7B%7D", "%7B%22refresh_token%22%3A1%7D"]
)
def test_invalid_cookies_do_not_prevent_signing_out(signed_in, value):
    signed_in.cookies[OVER_HTTP] = value
    signed_in.cookies[OVER_HTTPS] = value
    assert signed_in.post("/accounts/logout/").status_code == 302
    signed_in.cookies[OVER_HTTPS] = ""
    assert_signed_out(signed_in)


def test_signing_out_leaves_other_browsers_signed_in(user, signed_in):
    other = log_in(Client(), user)
    signed_in.post("/accounts/logout/")
    assert other.get("/").context["user"] == user
    assert refresh(tokens_of(other)[0]).status_code == 200


def test_a_user_who_is_signed_in_to_the_sdk_only_keeps_the_cookies(user):
    client = Client()
    client.cookies[OVER_HTTP] = "x"
    client.cookies["sessionid"] = "unknown"
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"username": user.email, "password": "wrong"})
    assert client.cookies[OVER_HTTP].value == "x"


# Other users, other passwords -----------------------------------------------------------------


def become(request, pk):
    login(request, User.objects.get(pk=pk), backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse()


urlpatterns = [
    *project_urls,
    path("become/<uuid:pk>", become),
    path("password", PasswordChangeView.as_view(success_url="/health")),
]


@pytest.mark.urls(__name__)
def test_signing_in_as_another_user_ends_the_session_of_the_first(signed_in):
    before, _access_token, _for_samples = tokens_of(signed_in)
    other = UserFactory()
    signed_in.get(f"/become/{other.pk}")
    assert refresh(before).json()["code"] == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    access_token = refresh(tokens_of(signed_in)[0]).json()["access_token"]
    assert anyone().get("/users/me", access_token=access_token).json()["id"] == str(other.pk)
    assert Session.objects.count() == 1


@pytest.mark.urls(__name__)
def test_changing_the_password_on_a_page_ends_the_other_sessions(user, signed_in):
    before, _access_token, _for_samples = tokens_of(signed_in)
    elsewhere = log_in(Client(), user)
    form = {"old_password": PASSWORD, "new_password1": NEW_PASSWORD, "new_password2": NEW_PASSWORD}
    assert signed_in.post("/password", form)["Location"] == "/health"
    after, _access_token, _for_samples = tokens_of(signed_in)
    assert after != before
    assert refresh(after).status_code == 200
    assert signed_in.get("/").context["user"] == user
    for dead in (before, tokens_of(elsewhere)[0]):
        assert refresh(dead).json()["code"] == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    assert_signed_out(elsewhere)


def test_changing_the_password_with_the_sdk_ends_the_django_session(user, signed_in):
    refresh_token, access_token, _for_samples = tokens_of(signed_in)
    anyone(access_token=access_token).post(
        "/auth/password/update", {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    )
    assert refresh(refresh_token).status_code == 200
    # The session cookie must not be valid after a change of the password.
    assert not signed_in.get("/").context["user"].is_authenticated
    assert_signed_out(signed_in)


def test_changing_the_password_with_the_django_session_ends_both_sessions(user, signed_in):
    refresh_token, _access_token, _for_samples = tokens_of(signed_in)
    caller = anyone(client=signed_in)
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert caller.post("/auth/password/update", body).status_code == 200
    assert refresh(refresh_token).json()["code"] == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    assert not signed_in.get("/").context["user"].is_authenticated
    assert_signed_out(signed_in)


def test_a_django_session_from_before_the_setting_continues_without_the_sdk(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": False}
    client = log_in(Client(), user)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": True}
    response = client.get("/")
    assert response.context["user"] == user
    assert set(response.cookies) <= {"csrftoken"}
    client.post("/accounts/logout/")
    assert_signed_out(client)


@pytest.mark.parametrize("engine", ["signed_cookies", "cached_db", "cache", "file"])
def test_every_session_engine_of_django_works(user, settings, engine, tmp_path):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    client = log_in(Client(), user)
    refresh_token, access_token, _for_samples = tokens_of(client)
    assert client.get("/").context["user"] == user
    assert refresh(refresh_token).status_code == 200
    anyone(access_token=access_token).delete("/auth/sessions/current", {})
    assert_signed_out(client)


def test_an_error_report_hides_the_cookies(signed_in, monkeypatch, settings):
    def fail(self, key):
        raise OperationalError("server closed the connection unexpectedly")

    settings.ADMINS = ["root@example.com"] if django.VERSION >= (6,) else [("", "root@example.com")]
    tokens = tokens_of(signed_in)
    monkeypatch.setattr(type(Session.objects), "get_live", fail)
    signed_in.raise_request_exception = False
    assert signed_in.get("/").status_code == 500
    [message] = mail.outbox
    text = message.body + "".join(content for content, _type in message.alternatives)
    assert "get_live" in text
    assert "hexclave-access" in text
    assert [token for token in tokens if token in text] == []


@pytest.mark.parametrize("path", ["oauth/token", "password/sign-in"])
def test_an_error_report_of_the_middleware_hides_the_body(signed_in, monkeypatch, settings, path):
    def fail(self, key):
        raise OperationalError("server closed the connection unexpectedly")

    monkeypatch.setattr(type(Session.objects), "get_live", fail)
    signed_in.raise_request_exception = False
    body = urlencode({"email": "ada@example.com", "password": PASSWORD, "refresh_token": "a1b2c3"})
    with mails_to_admins(settings) as mails:
        signed_in.post(
            f"/api/v1/auth/{path}", body, content_type="application/x-www-form-urlencoded"
        )
    text = text_of(mails)
    assert "ada@example.com" in text
    assert PASSWORD not in text
    assert "a1b2c3" not in text
