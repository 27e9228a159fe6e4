"""Who is asking: access headers, project keys, sessions of our own pages, and their errors."""

import re

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.factories import UserFactory
from tests.wire import Caller, admin, assert_known_error, assert_plain_error, browser, server

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
POINTER = (
    "\n\nFor more information, see the docs on REST API authentication: "
    "https://docs.stack-auth.com/rest-api/overview#authentication"
)


@pytest.fixture
def user():
    return UserFactory()


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


# The session of our own pages -----------------------------------------------------------------


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
    assert_known_error(
        response,
        401,
        "USER_AUTHENTICATION_REQUIRED",
        "User authentication required for this endpoint.",
    )
    assert user.api_keys.count() == 1


# What every answer has ------------------------------------------------------------------------


def answers(user):
    ok = server().get(f"/user-api-keys?user_id={user.pk}")
    known = server().get("/user-api-keys")
    plain = browser(UserFactory()).get(f"/user-api-keys?user_id={user.pk}")
    nowhere = server().get("/nowhere")
    assert [r.status_code for r in (ok, known, plain, nowhere)] == [200, 400, 403, 404]
    return ok, known, plain, nowhere


def test_every_answer_is_fresh_and_has_an_id_of_its_own(user):
    responses = answers(user)
    for response in responses:
        assert response["Cache-Control"] == "no-store, max-age=0"
        assert "Set-Cookie" not in response.headers
    assert len({response["X-Stack-Request-Id"] for response in responses}) == len(responses)


def test_every_answer_can_be_read_by_scripts_of_every_origin(user):
    exposed = {
        "content-type",
        "retry-after",
        "x-stack-actual-status",
        "x-stack-known-error",
        "x-hexclave-actual-status",
        "x-hexclave-known-error",
    }
    for response in answers(user):
        assert response["Access-Control-Allow-Origin"] == "*"
        assert set(response["Access-Control-Expose-Headers"].split(", ")) == exposed
        assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize("path", ["/user-api-keys", "/team-api-keys/check", "/nowhere/at/all"])
def test_preflights_are_answered_without_authentication(path, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = Client().options("/api/v1" + path)
    assert (response.status_code, response.content) == (204, b"")
    assert response["Access-Control-Allow-Origin"] == "*"
    assert response["Access-Control-Allow-Methods"] == "GET, POST, PUT, PATCH, DELETE, OPTIONS"
    assert response["Access-Control-Max-Age"] == "86400"
    allowed = set(response["Access-Control-Allow-Headers"].split(", "))
    # What the React component's browser was seen to ask for.
    assert allowed >= {
        "content-type",
        "ngrok-skip-browser-warning",
        "x-hexclave-access-token",
        "x-hexclave-access-type",
        "x-hexclave-allow-anonymous-user",
        "x-hexclave-client-version",
        "x-hexclave-override-error-status",
        "x-hexclave-project-id",
        "x-hexclave-publishable-client-key",
        "x-hexclave-random-nonce",
        "x-hexclave-refresh-token",
        "x-stack-secret-server-key",
        "authorization",
    }


@pytest.mark.parametrize("family", ["X-Stack-", "X-Hexclave-"])
def test_the_sdk_gets_200_and_the_true_status_in_a_header(family, user):
    caller = server(family=family)
    response = caller.get("/user-api-keys/nonsense", override_error_status="true")
    assert response.status_code == 200
    assert response["X-Stack-Actual-Status"] == response["X-Hexclave-Actual-Status"] == "400"
    assert response["X-Stack-Known-Error"] == "SCHEMA_ERROR"
    assert response.json()["code"] == "SCHEMA_ERROR"


def test_a_success_is_not_overridden(user):
    response = server().get(f"/user-api-keys?user_id={user.pk}", override_error_status="true")
    assert response.status_code == 200
    assert "X-Stack-Actual-Status" not in response.headers


def test_plain_errors_are_overridden_too(user):
    response = browser(UserFactory()).get(
        f"/user-api-keys?user_id={user.pk}", override_error_status="true"
    )
    assert (response.status_code, response["X-Stack-Actual-Status"]) == (200, "403")


@pytest.mark.parametrize("path", ["/user-api-keys/", "/nowhere", "/"])
def test_no_address_answers_with_a_redirect(path):
    assert server().post(path, {}).status_code == 404


def test_a_method_that_an_endpoint_does_not_have_is_told():
    response = server().send("DELETE", "/user-api-keys/0f8fad5b-d9cb-469f-a165-70867728950e")
    assert_plain_error(response, 405, 'Method "DELETE" not allowed.')


def test_the_accept_header_does_not_matter(user):
    response = server().client.get(
        f"/api/v1/user-api-keys?user_id={user.pk}",
        headers=server().headers | {"Accept": "text/html"},
    )
    assert response["Content-Type"] == "application/json; charset=utf-8"


def test_the_hosts_own_defaults_for_drf_do_not_reach_the_api(user, settings):
    settings.REST_FRAMEWORK = {
        "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAdminUser"],
        "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.BasicAuthentication"],
        "DEFAULT_THROTTLE_CLASSES": ["rest_framework.throttling.AnonRateThrottle"],
        "DEFAULT_THROTTLE_RATES": {"anon": "0/day"},
        "EXCEPTION_HANDLER": "tests.nowhere",
        "DEFAULT_VERSIONING_CLASS": "rest_framework.versioning.AcceptHeaderVersioning",
        "ALLOWED_VERSIONS": ["9"],
    }
    assert server().get(f"/user-api-keys?user_id={user.pk}").status_code == 200
    assert server().get("/user-api-keys").json()["code"] == "SCHEMA_ERROR"


def test_plain_http_is_refused_where_https_is_demanded(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"REQUIRE_HTTPS": True}
    response = server().get(f"/user-api-keys?user_id={user.pk}")
    assert response.status_code == 403
    assert re.match("Keys are only accepted over HTTPS", response.content.decode())
    secure = server().client.get(
        f"/api/v1/user-api-keys?user_id={user.pk}", headers=server().headers, secure=True
    )
    assert secure.status_code == 200


# Bodies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body", [b"{", b"{'a': 1}", b'{"a": NaN}', b"\xff\xfe\xff", b"[" * 100_000]
)
def test_a_body_that_is_no_json_is_told_before_who_is_asking(body):
    message = "Invalid JSON in request body"
    response = Client().post("/api/v1/user-api-keys", body, content_type="application/json")
    assert_known_error(response, 400, "BODY_PARSING_ERROR", message, {"message": message})


def test_an_unknown_content_type_is_told():
    message = "Unknown content type in request body: application/xml"
    response = Client().post("/api/v1/user-api-keys", b"<a/>", content_type="application/xml; a=b")
    assert_known_error(response, 400, "BODY_PARSING_ERROR", message, {"message": message})


def test_a_body_that_is_too_large_is_told(settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    response = Client().post("/api/v1/user-api-keys", b" " * 1001, content_type="application/json")
    assert response.json()["error"] == "The request body is too large"


@pytest.mark.parametrize(
    "content_type", ["application/json; charset=rot13", "application/json;charset=UTF-8"]
)
def test_parameters_of_the_content_type_are_ignored(content_type, user):
    body = b'{"user_id": "%s", "description": "\xc3\xbc", "expires_at_millis": null}'
    response = server().client.generic(
        "POST",
        "/api/v1/user-api-keys",
        body % str(user.pk).encode(),
        content_type=content_type,
        headers=server().headers,
    )
    assert response.json()["description"] == "ü"


@pytest.mark.parametrize("charset", ["latin-1", "utf-16", "rot13", "nonsense"])
def test_a_forms_charset_does_not_matter_to_a_page_of_ours(charset, user):
    response = browser(user).client.generic(
        "POST",
        "/api/v1/user-api-keys",
        "user_id=me&description=%C3%BC&expires_at_millis=0",
        content_type=f"application/x-www-form-urlencoded; charset={charset}",
        headers=browser().headers,
    )
    assert response.json()["description"] == "ü"


def test_a_form_is_a_body_too(user):
    response = server().client.post(
        "/api/v1/user-api-keys",
        f"user_id={user.pk}&description=CI%20%26%20CD&expires_at_millis=1790000000000&is_public=true",
        content_type="application/x-www-form-urlencoded",
        headers=server().headers,
    )
    assert response.status_code == 200
    api_key = user.api_keys.get()
    assert (api_key.description, api_key.is_public) == ("CI & CD", True)


def test_a_get_has_no_body_whatever_it_sends(user):
    response = server().send("GET", f"/user-api-keys?user_id={user.pk}", b"{")
    assert response.status_code == 200


# Faults ---------------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch):
    """The endpoint's own code fails, as it would with the database down."""

    def fail(*args, **kwargs):
        raise RuntimeError("the database is down")

    monkeypatch.setattr("stack_apikeys.api.viewsets.serialize_api_key", fail)


@pytest.mark.usefixtures("broken")
def test_a_fault_of_ours_can_be_read_by_scripts_and_is_told_to_those_who_watch(user, caplog):
    api_key, _value = user.api_keys.create_key()
    caller = server(client=Client(raise_request_exception=False))
    response = caller.get(f"/user-api-keys/{api_key.pk}", override_error_status="true")
    request_id = response["X-Stack-Request-Id"]
    assert_plain_error(
        response,
        500,
        "Something went wrong. Please make sure the data you entered is correct.\n\n"
        f"Request ID: {request_id}",
    )
    assert response["Access-Control-Allow-Origin"] == "*"
    record = next(record for record in caplog.records if record.name == "django.request")
    assert request_id in record.getMessage()
    assert str(record.exc_info[1]) == "the database is down"


@pytest.mark.usefixtures("broken")
def test_a_fault_is_djangos_to_show_while_debugging(user, settings):
    settings.DEBUG = True
    api_key, _value = user.api_keys.create_key()
    with pytest.raises(RuntimeError):
        server().get(f"/user-api-keys/{api_key.pk}")


def test_the_wire_is_english_in_every_language(user):
    for path, sentence in [
        ("/nowhere", b"Not found."),
        ("/user-api-keys", b"user_id is required for user API keys"),
    ]:
        response = server().client.get(
            "/api/v1" + path, headers=server().headers | {"Accept-Language": "de"}
        )
        assert sentence in response.content
