"""The headers of every response of the HTTP API, and the responses to exceptions."""

import re

import pytest
from django.test import Client

from tests.factories import UserFactory
from tests.wire import assert_plain_error, browser, server

pytestmark = pytest.mark.django_db


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
        assert response["X-Hexclave-Request-Id"] == response["X-Stack-Request-Id"]
    assert len({response["X-Stack-Request-Id"] for response in responses}) == len(responses)


def test_every_answer_can_be_read_by_scripts_of_every_origin(user):
    exposed = {
        "content-type",
        "retry-after",
        "ratelimit",
        "ratelimit-policy",
        "x-stack-actual-status",
        "x-stack-known-error",
        "x-stack-request-id",
        "x-hexclave-actual-status",
        "x-hexclave-known-error",
        "x-hexclave-request-id",
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


def test_the_wire_is_english_in_every_language(user):
    for path, sentence in [
        ("/nowhere", b"Not found."),
        ("/user-api-keys", b"user_id is required for user API keys"),
    ]:
        response = server().client.get(
            "/api/v1" + path, headers=server().headers | {"Accept-Language": "de"}
        )
        assert sentence in response.content


# Exceptions -----------------------------------------------------------------------------------


@pytest.fixture
def broken(monkeypatch):
    """Make an endpoint raise an unexpected exception."""

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
