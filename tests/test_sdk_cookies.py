"""Signing in and out of Django signs the browser in and out of the official SDK, and back."""

import json
from datetime import timedelta
from urllib.parse import quote, unquote

import jwt
import pytest
from django.conf import settings as django_settings
from django.contrib.auth import login
from django.contrib.auth.views import PasswordChangeView
from django.http import HttpResponse
from django.test import Client
from django.urls import path

from example_project.models import User
from example_project.urls import urlpatterns as project_urls
from stack_apikeys.conf import conf
from stack_apikeys.sdk.models import Session
from tests.factories import PASSWORD, UserFactory
from tests.wire import anyone, person, refresh, sign_in

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
OVER_HTTP = f"hexclave-refresh-{PROJECT_ID}--default"
OVER_HTTPS = f"__Host-{OVER_HTTP}"
NEW_PASSWORD = "staple battery horse correct"


@pytest.fixture(autouse=True)
def switched_on(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": True}


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def signed_in(user):
    """A browser after Django's own sign-in page."""
    return log_in(Client(), user)


def log_in(client, user, password=PASSWORD, **options):
    response = client.post(
        "/accounts/login/", {"username": user.email, "password": password}, **options
    )
    assert response.status_code == 302
    return client


def value_of(client, name):
    """A cookie as the SDK reads it, or None."""
    cookie = client.cookies.get(name)
    return json.loads(unquote(cookie.value)) if cookie and cookie.value else None


def tokens_of(client):
    """The refresh token, and the access token of each of the other cookies."""
    refresh_token = value_of(client, OVER_HTTP)["refresh_token"]
    same, access_token = value_of(client, "hexclave-access")
    assert same == refresh_token
    return refresh_token, access_token, client.cookies["stack-access-token"].value


def assert_signed_out(client):
    assert not client.get("/").context["user"].is_authenticated
    left = {name for name, cookie in client.cookies.items() if cookie.value}
    assert left <= {"csrftoken"}


# Signing in -----------------------------------------------------------------------------------


def test_who_signs_in_to_django_is_signed_in_to_the_sdk(user, signed_in):
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
        seconds=60
    )
    for name in (OVER_HTTP, "hexclave-access"):
        assert abs(client.cookies[name]["max-age"] - days * 24 * 60 * 60) < 60


def test_no_script_can_read_the_cookie_of_the_samples(signed_in):
    cookie = signed_in.cookies["stack-access-token"]
    assert (cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (True, "Lax", 600)


def test_over_https_the_cookies_are_for_https(user):
    client = log_in(Client(), user, secure=True)
    for name in (OVER_HTTPS, "hexclave-access", "stack-access-token"):
        assert client.cookies[name]["secure"] is True
    assert OVER_HTTP not in client.cookies
    client.post("/accounts/logout/", secure=True)
    for name in (OVER_HTTPS, "hexclave-access", "stack-access-token"):
        assert client.cookies[name].value == ""
    assert client.cookies[OVER_HTTPS]["secure"] is True


def test_a_session_until_the_browser_closes_is_one_for_the_sdk_too(user, settings):
    settings.SESSION_EXPIRE_AT_BROWSER_CLOSE = True
    client = log_in(Client(), user)
    assert client.cookies[OVER_HTTP]["max-age"] == ""


def test_without_the_setting_nobody_gets_a_cookie_of_the_sdk(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": False}
    client = log_in(Client(), user)
    assert set(client.cookies) == {"sessionid", "csrftoken"}
    assert not Session.objects.exists()


def test_visitors_who_do_not_sign_in_cost_nothing(django_assert_num_queries):
    client = Client()
    with django_assert_num_queries(0):
        response = client.get("/health")
    assert not response.cookies
    assert "Cookie" not in response.headers.get("Vary", "")


def test_a_failed_sign_in_starts_nothing(user):
    client = Client()
    client.post("/accounts/login/", {"username": user.email, "password": "wrong"})
    assert OVER_HTTP not in client.cookies
    assert not Session.objects.exists()


# While somebody is signed in ------------------------------------------------------------------


def test_a_page_costs_one_query_more_and_sets_no_cookie_while_the_token_is_fresh(
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
        # The same token, by the measure of a life three times as long.
        "ACCESS_TOKEN_LIFETIME": conf.ACCESS_TOKEN_LIFETIME * 3
    }
    assert signed_in.get("/").cookies["stack-access-token"].value != old


def test_the_api_takes_no_cookie_for_a_person(signed_in):
    caller = anyone(client=Client())
    for name in (OVER_HTTP, "hexclave-access", "stack-access-token"):
        caller.client.cookies[name] = signed_in.cookies[name].value
    assert caller.get("/users/me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"


# Signing out ----------------------------------------------------------------------------------


def test_who_signs_out_of_django_is_signed_out_of_the_sdk(signed_in):
    refresh_token, access_token, _for_samples = tokens_of(signed_in)
    signed_in.post("/accounts/logout/")
    assert refresh(refresh_token).json()["code"] == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    response = anyone().get("/users/me", access_token=access_token)
    assert response.json()["code"] == "ACCESS_TOKEN_EXPIRED"
    assert_signed_out(signed_in)
    assert not Session.objects.exists()


def test_who_signs_out_of_the_sdk_is_signed_out_of_django(signed_in):
    _refresh_token, access_token, _for_samples = tokens_of(signed_in)
    caller = anyone(access_token=access_token)
    assert caller.delete("/auth/sessions/current", {}).status_code == 200
    # The SDK deletes what it knows; this takes the rest.
    for name in (OVER_HTTP, "hexclave-access"):
        del signed_in.cookies[name]
    response = signed_in.get("/")
    assert not response.context["user"].is_authenticated
    assert_signed_out(signed_in)


def test_the_session_of_a_page_is_no_access_to_the_api_once_the_sdk_has_ended_it(signed_in):
    Session.objects.all().delete()
    caller = anyone(client=signed_in)
    assert caller.get("/users/me").json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"


def test_a_device_that_is_signed_out_from_elsewhere_is_signed_out_of_django(user, signed_in):
    session = Session.objects.get()
    person(user).delete(f"/auth/sessions/{session.pk}?user_id=me")
    assert_signed_out(signed_in)


def test_whom_the_sdk_has_signed_in_meanwhile_is_signed_out_with_the_rest(user, signed_in):
    other = sign_in(UserFactory())
    kept = {"refresh_token": other["refresh_token"], "updated_at_millis": 1}
    signed_in.cookies[OVER_HTTP] = quote(json.dumps(kept), safe="")
    signed_in.post("/accounts/logout/")
    assert_signed_out(signed_in)
    assert not Session.objects.exists()


@pytest.mark.parametrize(
    "value", ["nonsense", "%22x%22", "%7B%7D", "%7B%22refresh_token%22%3A1%7D"]
)
def test_an_odd_cookie_stops_nobody_from_signing_out(signed_in, value):
    signed_in.cookies[OVER_HTTP] = value
    signed_in.cookies[OVER_HTTPS] = value
    assert signed_in.post("/accounts/logout/").status_code == 302
    signed_in.cookies[OVER_HTTPS] = ""
    assert_signed_out(signed_in)


def test_signing_out_of_one_browser_leaves_the_others(user, signed_in):
    other = log_in(Client(), user)
    signed_in.post("/accounts/logout/")
    assert other.get("/").context["user"] == user
    assert refresh(tokens_of(other)[0]).status_code == 200


def test_a_visitor_of_the_sdk_alone_keeps_its_cookies_on_pages_of_ours(user):
    client = Client()
    client.cookies[OVER_HTTP] = "x"
    client.cookies["sessionid"] = "unknown"
    client.get("/accounts/login/")
    client.post("/accounts/login/", {"username": user.email, "password": "wrong"})
    assert client.cookies[OVER_HTTP].value == "x"


# Other people, other passwords ----------------------------------------------------------------


def become(request, pk):
    login(request, User.objects.get(pk=pk), backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponse()


urlpatterns = [
    *project_urls,
    path("become/<uuid:pk>", become),
    path("password", PasswordChangeView.as_view(success_url="/health")),
]


@pytest.mark.urls(__name__)
def test_another_person_takes_the_place_of_the_one_before(signed_in):
    before, _access_token, _for_samples = tokens_of(signed_in)
    other = UserFactory()
    signed_in.get(f"/become/{other.pk}")
    assert refresh(before).json()["code"] == "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    access_token = refresh(tokens_of(signed_in)[0]).json()["access_token"]
    assert anyone().get("/users/me", access_token=access_token).json()["id"] == str(other.pk)
    assert Session.objects.count() == 1


@pytest.mark.urls(__name__)
def test_who_changes_the_password_on_a_page_stays_signed_in_and_others_do_not(user, signed_in):
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


def test_who_changes_the_password_by_the_sdk_signs_in_to_django_again(user, signed_in):
    refresh_token, access_token, _for_samples = tokens_of(signed_in)
    anyone(access_token=access_token).post(
        "/auth/password/update", {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    )
    assert refresh(refresh_token).status_code == 200
    # A copy of Django's cookie must not outlive the password, so the cookie itself does not.
    assert not signed_in.get("/").context["user"].is_authenticated
    assert_signed_out(signed_in)


def test_a_page_of_ours_that_changes_the_password_over_the_api_stays_signed_in(user, signed_in):
    before, _access_token, _for_samples = tokens_of(signed_in)
    caller = anyone(client=signed_in)
    body = {"old_password": PASSWORD, "new_password": NEW_PASSWORD}
    assert caller.post("/auth/password/update", body).status_code == 200
    after, _access_token, _for_samples = tokens_of(signed_in)
    assert after != before
    assert refresh(after).status_code == 200
    assert signed_in.get("/").context["user"] == user


def test_a_django_session_from_before_the_setting_goes_on_without_the_sdk(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": False}
    client = log_in(Client(), user)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": True}
    response = client.get("/")
    assert response.context["user"] == user
    assert set(response.cookies) <= {"csrftoken"}
    client.post("/accounts/logout/")
    assert_signed_out(client)


@pytest.mark.parametrize("engine", ["signed_cookies", "cached_db", "cache", "file"])
def test_every_store_of_django_sessions_will_do(user, settings, engine, tmp_path):
    settings.SESSION_ENGINE = f"django.contrib.sessions.backends.{engine}"
    settings.SESSION_FILE_PATH = str(tmp_path)
    client = log_in(Client(), user)
    refresh_token, access_token, _for_samples = tokens_of(client)
    assert client.get("/").context["user"] == user
    assert refresh(refresh_token).status_code == 200
    anyone(access_token=access_token).delete("/auth/sessions/current", {})
    assert_signed_out(client)
