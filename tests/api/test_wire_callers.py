"""Only signed-in users manage keys over the HTTP API, and only backends use server keys."""

from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from django.test import Client

from stack_apikeys.verification import verify_api_key
from tests.factories import PASSWORD, UserFactory
from tests.wire import BASE, admin, anyone, assert_plain_error, browser, person, server

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
REFUSED = "An API key cannot manage API keys. Sign in, and send the request without the key."
TOKEN = "a" * 32
BODY = {"user_id": "me", "description": "", "expires_at_millis": None}


def let_keys_in(get_response):
    """A project's middleware that sets ``request.user`` to the owner of a key."""

    def middleware(request):
        if value := request.headers.get("x-stack-api-key") or request.headers.get("x-other"):
            request.user = verify_api_key(value).owner
        return get_response(request)

    return middleware


@pytest.fixture
def lenient_host(settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.let_keys_in"]


def with_a_csrf_pair(caller):
    """Anybody can send a cookie and a header that match."""
    caller.client = Client(enforce_csrf_checks=True)
    caller.client.cookies["csrftoken"] = TOKEN
    caller.headers["X-CSRFToken"] = TOKEN
    return caller


@pytest.mark.usefixtures("lenient_host")
def test_a_key_that_a_middleware_lets_in_makes_no_key(user, value):
    caller = with_a_csrf_pair(browser())
    caller.headers["X-Stack-Api-Key"] = value
    assert_plain_error(caller.post("/user-api-keys", BODY), 403, REFUSED)
    assert user.api_keys.count() == 1


@pytest.mark.usefixtures("lenient_host")
def test_nor_where_the_api_does_not_know_the_header_in_which_it_came(user, value):
    caller = with_a_csrf_pair(browser())
    caller.headers["X-Other"] = value
    response = caller.post("/user-api-keys", BODY)
    assert response.json()["code"] == "CANNOT_GET_OWN_USER_WITHOUT_USER"
    assert user.api_keys.count() == 1


@pytest.mark.parametrize("header", ["X-Stack-Api-Key", "Authorization"])
def test_a_client_that_sends_a_key_is_refused_though_signed_in(user, value, settings, header):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {
        "HEADERS": ["X-Stack-Api-Key", "Authorization"]
    }
    for caller in (browser(user), person(user)):
        caller.headers[header] = f"Bearer {value}" if header == "Authorization" else value
        assert_plain_error(caller.post("/user-api-keys", BODY), 403, REFUSED)
        assert_plain_error(caller.get("/user-api-keys?user_id=me"), 403, REFUSED)
    assert user.api_keys.count() == 1


def test_what_is_no_key_of_ours_is_in_nobodys_way(user):
    caller = browser(user)
    caller.headers |= {"X-Stack-Api-Key": "", "Authorization": "Bearer another.services.token"}
    assert caller.post("/user-api-keys", BODY).status_code == 200


def test_a_backend_may_send_a_key_of_its_own_along(user, value):
    caller = server()
    caller.headers["X-Stack-Api-Key"] = value
    assert caller.get(f"/user-api-keys?user_id={user.pk}").status_code == 200


@pytest.mark.usefixtures("lenient_host")
@pytest.mark.parametrize("header", ["X-Stack-Api-Key", "X-Other"])
@pytest.mark.parametrize("path", ["/settings/api-keys/", "/settings/api-keys/new/"])
def test_a_page_is_for_whoever_signed_in_and_not_for_a_keys_owner(user, value, header, path):
    client = Client(enforce_csrf_checks=True)
    client.cookies["csrftoken"] = TOKEN
    headers = {header: value, "X-CSRFToken": TOKEN}
    for response in (client.get(path, headers=headers), client.post(path, headers=headers)):
        assert (response.status_code, "/login" in response["Location"]) == (302, True)
    assert user.api_keys.count() == 1


def test_a_page_answers_nobody_who_sends_a_key_though_signed_in(user, value):
    client = browser(user).client
    assert client.get("/settings/api-keys/").status_code == 200
    response = client.get("/settings/api-keys/", headers={"X-Stack-Api-Key": value})
    assert response.status_code == 302


# Server keys from browsers --------------------------------------------------------------------


@pytest.mark.parametrize("caller", [server, admin])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://elsewhere.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("key", ["right", "wrong"])
def test_a_server_key_from_a_browser_is_refused(user, caller, headers, key):
    caller = caller()
    if key == "wrong":
        caller.headers |= {"X-Stack-secret-server-key": "x", "X-Stack-super-secret-admin-key": "x"}
    caller.headers |= headers
    response = caller.get(f"/user-api-keys?user_id={user.pk}")
    assert response.status_code == 403
    text = response.content.decode()
    assert text.startswith("Server and admin keys are not accepted from browsers")
    assert "STACK_APIKEYS['ALLOW_SERVER_KEYS_IN_BROWSERS']" in text
    assert response["Access-Control-Allow-Origin"] == "*"  # so that a developer can read it


@pytest.mark.parametrize("headers", [{}, {"Sec-Fetch-Mode": "cors"}, {"Sec-Fetch-Site": "none"}])
def test_a_server_key_from_a_backend_is_accepted(user, headers):
    caller = server()
    caller.headers |= headers  # Node sends the mode alone
    assert caller.get(f"/user-api-keys?user_id={user.pk}").status_code == 200


def test_a_setting_accepts_server_keys_from_browsers(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_SERVER_KEYS_IN_BROWSERS": True}
    caller = server()
    caller.headers["Origin"] = "https://intranet.example"
    assert caller.get(f"/user-api-keys?user_id={user.pk}").status_code == 200


def test_a_client_may_be_a_browser(user):
    caller = person(user)
    caller.headers |= {"Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    assert caller.get("/user-api-keys?user_id=me").status_code == 200


# Passwords ------------------------------------------------------------------------------------


def test_without_sign_in_by_password_none_is_set_or_changed(user, settings):
    caller = person(user)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_PASSWORD_SIGN_IN": False}
    body = {"old_password": PASSWORD, "new_password": "another-Passw0rd"}
    response = caller.post("/auth/password/update", body)
    assert response.json()["code"] == "PASSWORD_AUTHENTICATION_NOT_ENABLED"
    response = caller.post("/auth/password/set", {"password": "another-Passw0rd"})
    assert response.json()["code"] == "PASSWORD_AUTHENTICATION_NOT_ENABLED"
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_nor_for_those_who_have_none(user, settings):
    caller = browser(user)
    user.set_unusable_password()
    user.save()
    caller.client.force_login(user)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_PASSWORD_SIGN_IN": False}
    response = caller.post("/auth/password/set", {"password": "another-Passw0rd"})
    assert response.json()["code"] == "PASSWORD_AUTHENTICATION_NOT_ENABLED"
    user.refresh_from_db()
    assert not user.has_usable_password()


# Cookies --------------------------------------------------------------------------------------


def touch_session(get_response):
    """A project's middleware that sets all kinds of cookies."""

    def middleware(request):
        request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
        request.session["touched"] = True
        response = get_response(request)
        response.set_cookie("of-the-host", "1", secure=True, samesite="Lax")
        return response

    return middleware


@pytest.mark.parametrize("path", ["/users/me", "/nowhere", "/user-api-keys?user_id=me"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_no_answer_sets_a_cookie(user, settings, path, method):
    settings.SESSION_SAVE_EVERY_REQUEST = True
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SDK_COOKIES": True}
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, f"{__name__}.touch_session"]
    client = Client()
    client.post("/accounts/login/", {"username": user.email, "password": PASSWORD})
    client.cookies["stack-access-token"] = "stale"
    response = client.generic(method, BASE + path, headers=browser().headers)
    assert not response.cookies
    assert response.wsgi_request.session["touched"]


def test_signing_in_and_out_sets_no_cookie(user):
    body = {"email": user.email, "password": PASSWORD}
    client = Client()
    response = anyone(client=client).post("/auth/password/sign-in", body)
    assert response.status_code == 200
    caller = anyone(client=client, access_token=response.json()["access_token"])
    assert caller.delete("/auth/sessions/current", {}).status_code == 200
    assert not client.cookies


@pytest.mark.parametrize("is_signed_in", [False, True])
def test_a_key_of_staff_manages_no_keys_in_django_admin(settings, is_signed_in):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, "stack_apikeys.middleware.ApiKeyMiddleware"]
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ADMIN_CAN_DELETE": True}
    root = UserFactory(is_staff=True, is_superuser=True)
    api_key, value = root.api_keys.create_key(description="CI")
    client = browser(root if is_signed_in else None).client
    keys = "/admin/stack_apikeys/userapikey"
    requests = [
        (f"{keys}/add/", {"user": root.pk, "new_id": uuid4()}),
        (f"{keys}/{api_key.pk}/change/", {"description": "renamed"}),
        (f"{keys}/{api_key.pk}/revoke/", {"revoke": "1"}),
        (f"{keys}/{api_key.pk}/delete/", {"post": "yes"}),
        (f"{keys}/", {"action": "revoke_selected", "_selected_action": api_key.pk, "revoke": "1"}),
        (f"/admin/example_project/user/{root.pk}/delete/", {"post": "yes"}),
    ]
    for path, data in requests:
        client.post(path, data, headers={"X-Stack-Api-Key": value})
        row = root.api_keys.get()
        assert (row.status, row.description) == ("valid", "CI"), path
    assert client.get(f"{keys}/", headers={"X-Stack-Api-Key": value}).status_code == 403
