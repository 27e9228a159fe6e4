"""No response and no log line of the HTTP API repeats a secret sent in the wrong place."""

import json

import pytest
from django.conf import settings as django_settings
from django.test import Client

from tests.factories import PASSWORD, TeamFactory, UserFactory
from tests.wire import BASE, Caller, anyone, browser, server

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]

KEY = (
    "sk_0g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70"
    "0f8fad5bd9cb469fa16570867728950euser1574ck4u7hf9f596a3"
)
SECRET = KEY[3:48]
MASKED = "sk_…96a3"


def send(caller, method, path, text, content_type="text/plain"):
    return caller.client.generic(
        method, BASE + path, text, content_type=content_type, headers=caller.headers
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/user-api-keys", KEY),
        ("/user-api-keys", {"description": {"key": KEY}}),
        ("/user-api-keys", {"description": [KEY]}),
        ("/user-api-keys", {"is_public": KEY}),
        ("/user-api-keys", {"is_public": "x" * 150 + " " + KEY}),
        ("/user-api-keys", {"expires_at_millis": KEY}),
        ("/user-api-keys", {KEY: 1}),
        ("/user-api-keys", {"x" * 150: 1, KEY: 2}),
        ("/user-api-keys/check", KEY),
        ("/user-api-keys/check", {"api_key": [KEY]}),
        ("/user-api-keys/check", {"key": KEY}),
        ("/user-api-keys/check", {KEY: "api_key"}),
        ("/user-api-keys/check", {"ssk_test": "api_key"}),
    ],
)
def test_a_key_in_the_wrong_place_of_a_body_is_not_repeated(path, body):
    text = body if isinstance(body, str) else json.dumps(body)
    content_type = "text/plain" if isinstance(body, str) else "application/json"
    response = send(server(), "POST", path, text, content_type)
    assert response.json()["code"] == "SCHEMA_ERROR"
    assert SECRET not in response.content.decode()
    assert "ssk_test" not in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        "/user-api-keys/check",
        "/auth/password/sign-in",
        "/auth/password/sign-up",
        "/auth/password/update",
        "/auth/password/set",
        "/auth/oauth/token",
    ],
)
def test_an_endpoint_that_takes_secrets_repeats_nothing(path):
    caller = server() if path.endswith("check") else anyone()
    bodies = [
        json.dumps(PASSWORD),
        json.dumps([PASSWORD]),
        json.dumps({PASSWORD: "x", "more": 1}),
        json.dumps(
            {name: [PASSWORD] for name in ("email", "password", "client_id", "grant_type", "scope")}
        ),
    ]
    for body in bodies:
        response = send(caller, "POST", path, body, "application/json")
        assert response.json()["code"] == "SCHEMA_ERROR"
        assert PASSWORD not in response.content.decode()
    assert "unknown propert" in response.json()["error"]
    response = send(caller, "POST", path, PASSWORD)
    assert response.json()["error"].endswith("\n  - body must be a `object` type")
    for headers in (
        {"access_type": PASSWORD},
        {"access_type": "client", "project_id": PASSWORD},
    ):
        if path != "/auth/oauth/token":
            response = Caller().post(path, {}, **headers)
            assert response.json()["code"] in {"INVALID_ACCESS_TYPE", "CURRENT_PROJECT_NOT_FOUND"}
            assert PASSWORD not in response.content.decode()


def test_unknown_fields_beside_a_secret_are_counted():
    response = server().post("/user-api-keys/check", {"a": 1, "b": 2})
    assert response.json()["error"].endswith(
        "\n  - body.api_key must be defined\n  - body contains 2 unknown properties"
    )


@pytest.mark.parametrize(
    ("header", "secret"),
    [
        ("access_type", KEY),
        ("project_id", KEY),
        ("access_type", "ssk_test"),
        ("project_id", "ssk_test"),
    ],
)
def test_a_secret_in_another_header_is_not_repeated(header, secret):
    response = server().get("/user-api-keys", **{header: secret})
    assert response.status_code == 400
    assert secret not in response.content.decode()


@pytest.mark.parametrize(
    "path",
    [
        f"/user-api-keys/{KEY}",
        f"/team-api-keys/{KEY}",
        f"/user-api-keys?user_id={KEY}",
        f"/user-api-keys?user_id=me&{KEY}=1",
        f"/user-api-keys?{KEY}",
        f"/users/{KEY}",
        f"/teams/{KEY}",
        f"/nowhere/{KEY}",
        "/users/ssk_test",
    ],
)
def test_a_key_in_the_url_is_refused_and_neither_repeated_nor_logged(path, caplog):
    response = server().get(path)
    assert response.status_code in {400, 404}
    assert (
        response.status_code == 404 or "the URL must not contain a key" in response.json()["error"]
    )
    record = next(record for record in caplog.records if record.name == "django.request")
    report = f"{record.getMessage()} {record.request!r} {record.request.META}"
    for text in (response.content.decode(), report):
        assert SECRET not in text
        assert "/ssk_test" not in text


def test_a_line_break_in_the_path_begins_no_line_in_the_log(caplog):
    server().get("/users/a%0aWARNING%20forged%1b[0m")
    [record] = [record for record in caplog.records if record.name == "django.request"]
    path = "/api/v1/users/a%0AWARNING%20forged%1B%5B0m"
    assert record.getMessage() == f"Not Found: {path}"
    assert (record.levelname, record.status_code) == ("WARNING", 404)


def test_an_error_is_logged_once_and_a_success_never(caplog):
    caller = server()
    caller.get("/user-api-keys")
    caller.get(f"/user-api-keys?user_id={UserFactory().pk}")
    [record] = [record for record in caplog.records if record.name == "django.request"]
    assert record.getMessage() == "Bad Request: /api/v1/user-api-keys"


def test_a_fault_is_logged_with_a_path_that_is_safe_to_log(monkeypatch, caplog):
    def fail(*args):
        raise RuntimeError("the database is down")

    monkeypatch.setattr("stack_apikeys.sdk.users.views.users.get_user", fail)
    response = server(client=Client(raise_request_exception=False)).get("/users/a%0aforged")
    [record] = [record for record in caplog.records if record.name == "django.request"]
    assert record.getMessage() == (
        "Internal Server Error: /api/v1/users/a%0Aforged "
        f"(request {response['X-Stack-Request-Id']})"
    )
    assert (record.levelname, record.status_code) == ("ERROR", 500)


# The pages ------------------------------------------------------------------------------------


def test_a_key_in_the_address_of_a_page_is_not_logged(caplog):
    caller = browser(UserFactory())
    assert caller.client.get(f"/settings/teams/{KEY}/api-keys/").status_code == 404
    [record] = [record for record in caplog.records if record.name == "django.request"]
    assert record.getMessage().startswith("Not Found: /settings/teams/sk_")
    assert SECRET not in f"{record.getMessage()} {record.request!r} {record.request.META}"


def test_a_key_in_the_address_of_a_page_does_not_stay_behind_a_sign_in():
    response = Client().get(f"/settings/teams/{KEY}/api-keys/")
    assert response.status_code == 302
    assert SECRET not in response["Location"]


def test_the_technical_404_shows_no_key(settings):
    settings.DEBUG = True
    team = TeamFactory()
    response = browser(UserFactory()).client.get(f"/settings/teams/{KEY}{team.pk}/api-keys/")
    assert response.status_code == 404
    assert SECRET not in response.content.decode()


def test_a_key_in_an_admin_url_is_not_in_the_message(admin_client):
    response = admin_client.get(f"/admin/stack_apikeys/userapikey/{KEY}/change/")
    assert response.status_code == 302
    assert SECRET not in str(response.cookies)
    page = admin_client.get(response["Location"])
    assert SECRET not in page.content.decode()
    assert MASKED in page.content.decode()
