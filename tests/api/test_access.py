"""Access headers, project keys and the sessions of settings pages, and their errors."""

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.wire import Caller, admin, assert_known_error, assert_plain_error, browser, server

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
POINTER = (
    "\n\nFor more information, see the docs on REST API authentication: "
    "https://docs.stack-auth.com/rest-api/overview#authentication"
)


@pytest.mark.parametrize("family", ["X-Stack-", "X-Hexclave-", "x-stack-", "x-hexclave-"])
@pytest.mark.parametrize("caller", [server, admin, browser])
def test_both_header_families_are_understood(family, caller, user):
    caller = caller(user, family=family) if caller is browser else caller(family=family)
    assert caller.get(f"/user-api-keys?user_id={user.pk}").status_code == 200


def test_where_both_families_are_present_the_sdks_own_counts(user):
    response = server().client.get(
        f"/api/v1/user-api-keys?user_id={user.pk}",
        headers={
            "X-Stack-Access-Type": "nonsense",
            "X-Hexclave-Access-Type": "server",
            "X-Hexclave-Project-Id": PROJECT_ID,
            "X-Hexclave-Secret-Server-Key": "ssk_test",
        },
    )
    assert response.status_code == 200


def test_unknown_headers_are_ignored(user):
    response = server().get(
        f"/user-api-keys?user_id={user.pk}",
        client_version="js @stackframe/js@2.8.108",
        allow_anonymous_user="true",
        random_nonce="x",
        refresh_token="x",
        something_else="x",
    )
    assert response.status_code == 200


def test_a_server_request_may_carry_the_publishable_key_too(user):
    response = server().get(f"/user-api-keys?user_id={user.pk}", publishable_client_key="wrong")
    assert response.status_code == 200


def test_no_access_type_is_told():
    assert_known_error(
        Caller().get("/user-api-keys"),
        400,
        "ACCESS_TYPE_REQUIRED",
        "You must specify an access level for this Stack project. Make sure project API keys are "
        "provided (eg. x-stack-publishable-client-key) and you set the x-stack-access-type header "
        "to 'client', 'server', or 'admin'." + POINTER,
    )


@pytest.mark.parametrize(
    "key", ["publishable_client_key", "secret_server_key", "super_secret_admin_key"]
)
def test_a_project_key_without_access_type_is_told(key):
    assert_known_error(
        Caller(**{key: "x"}).get("/user-api-keys"),
        400,
        "PROJECT_KEY_WITHOUT_ACCESS_TYPE",
        "Either an API key or an admin access token was provided, but the x-stack-access-type "
        "header is missing. Set it to 'client', 'server', or 'admin' as appropriate.",
    )


def test_an_unknown_access_type_is_told():
    assert_known_error(
        Caller(access_type="root").get("/user-api-keys"),
        400,
        "INVALID_ACCESS_TYPE",
        "The x-stack-access-type header must be 'client', 'server', or 'admin', but was 'root'.",
        {"accessType": "root"},
    )


def test_an_access_type_without_project_is_told():
    assert_known_error(
        Caller(access_type="server").get("/user-api-keys"),
        400,
        "ACCESS_TYPE_WITHOUT_PROJECT_ID",
        "The x-stack-access-type header was 'server', but the x-stack-project-id header was not "
        "provided." + POINTER,
        {"request_type": "server"},
    )


def test_another_project_is_told():
    assert_known_error(
        server().get("/user-api-keys", project_id="internal"),
        400,
        "CURRENT_PROJECT_NOT_FOUND",
        "The current project with ID internal was not found. Please check the value of the "
        "x-stack-project-id header.",
        {"project_id": "internal"},
    )


@pytest.mark.parametrize(
    ("caller", "header", "missing", "invalid"),
    [
        (
            browser,
            "publishable_client_key",
            "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT",
            "INVALID_PUBLISHABLE_CLIENT_KEY",
        ),
        (
            server,
            "secret_server_key",
            "SERVER_AUTHENTICATION_REQUIRED",
            "INVALID_SECRET_SERVER_KEY",
        ),
        (
            admin,
            "super_secret_admin_key",
            "ADMIN_AUTHENTICATION_REQUIRED",
            "INVALID_SUPER_SECRET_ADMIN_KEY",
        ),
    ],
)
def test_project_keys_are_checked(caller, header, missing, invalid, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = caller().get("/user-api-keys", **{header: ""})
        assert (response.status_code, response.json()["code"]) == (401, missing)
        response = caller().get("/user-api-keys", **{header: "wrong"})
        assert (response.status_code, response.json()["code"]) == (401, invalid)
        assert response.json()["details"] == {"project_id": PROJECT_ID}
        response = caller().get("/user-api-keys", **{header: "ünïcödé"})
        assert (response.status_code, response.json()["code"]) == (401, invalid)


def test_without_configured_client_keys_none_is_asked(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"PUBLISHABLE_CLIENT_KEYS": []}
    caller = Caller(access_type="client", project_id=PROJECT_ID, client=browser(user).client)
    assert caller.get("/user-api-keys?user_id=me").status_code == 200
    response = caller.get("/user-api-keys?user_id=me", publishable_client_key="some")
    assert response.json()["code"] == "INVALID_PUBLISHABLE_CLIENT_KEY"


def test_without_configured_server_keys_there_is_no_server_access(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SECRET_SERVER_KEYS": []}
    assert server().get("/user-api-keys").json()["code"] == "INVALID_SECRET_SERVER_KEY"


@pytest.mark.parametrize(
    ("mistake", "sent"), [("ssk_test", "s"), ([None], "None"), ([""], ""), ([5], "5")]
)
def test_a_mistyped_setting_opens_nothing(mistake, sent, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SECRET_SERVER_KEYS": mistake}
    assert server().get("/user-api-keys", secret_server_key=sent).status_code == 401


def test_several_server_keys_are_valid_at_once_so_that_they_can_be_rotated(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"SECRET_SERVER_KEYS": ["new", "ssk_test"]}
    for key in ("new", "ssk_test"):
        response = server().get(f"/user-api-keys?user_id={user.pk}", secret_server_key=key)
        assert response.status_code == 200


def test_an_access_token_that_is_not_ours_is_told():
    assert_known_error(
        browser().get("/user-api-keys?user_id=me", access_token="x.y.z"),
        401,
        "UNPARSABLE_ACCESS_TOKEN",
        "Access token is not parsable.",
    )


# The session of a settings page -----------------------------------------------------------------


def test_a_page_of_ours_acts_for_the_person_signed_in(user):
    response = browser(user).post(
        "/user-api-keys", {"user_id": "me", "description": "", "expires_at_millis": None}
    )
    assert response.status_code == 200
    assert user.api_keys.get().created_by == user


def test_a_session_without_the_pages_csrf_token_is_refused(user):
    caller = browser(user)
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = caller.client.cookies
    caller.client = strict
    response = caller.post(
        "/user-api-keys", {"user_id": "me", "description": "", "expires_at_millis": None}
    )
    assert response.status_code == 403
    assert response.content == b"CSRF Failed: CSRF cookie not set."
    assert not user.api_keys.exists()


def test_a_session_with_the_pages_csrf_token_is_accepted(user):
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    strict.cookies["csrftoken"] = "a" * 32
    caller = browser()
    caller.client = strict
    caller.headers["X-CSRFToken"] = "a" * 32
    response = caller.post(
        "/user-api-keys", {"user_id": "me", "description": "", "expires_at_millis": None}
    )
    assert response.status_code == 200


def test_a_deactivated_persons_session_is_nobodys(user):
    caller = browser(user)
    user.is_active = False
    user.save()
    response = caller.get("/user-api-keys?user_id=me")
    assert_known_error(
        response,
        400,
        "CANNOT_GET_OWN_USER_WITHOUT_USER",
        "You have specified 'me' as a userId, but did not provide authentication for a user.",
    )


def test_a_backend_is_not_the_person_whose_cookie_it_happens_to_send(user):
    caller = server()
    caller.client.force_login(user)
    assert caller.get("/user-api-keys?user_id=me").json()["code"] == (
        "CANNOT_GET_OWN_USER_WITHOUT_USER"
    )


def test_a_key_cannot_mint_keys(user):
    _api_key, value = user.api_keys.create_key()
    response = browser().client.post(
        "/api/v1/user-api-keys",
        {"user_id": str(user.pk), "description": "", "expires_at_millis": None},
        content_type="application/json",
        headers={
            "X-Stack-Api-Key": value,
            "X-Stack-Access-Type": "client",
            "X-Stack-Project-Id": PROJECT_ID,
            "X-Stack-Publishable-Client-Key": "pck_test",
        },
    )
    assert_plain_error(
        response,
        403,
        "An API key cannot manage API keys. Sign in, and send the request without the key.",
    )
    assert user.api_keys.count() == 1
