"""Input that is nested too deep, out of range or empty is a bad request, not a server error."""

import json

import pytest
from django.test import Client

from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys.exceptions import TeamNotFound, UserNotFound
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.sdk.users.lookup import get_user
from stack_apikeys.teams.models import TeamMembership
from stack_apikeys.wire.body import MAX_DEPTH
from tests.factories import TeamFactory, UserFactory
from tests.wire import BASE, anyone, assert_known_error, browser, person, server

pytestmark = pytest.mark.django_db

TOO_DEEP = f"The request body is nested deeper than {MAX_DEPTH} levels"


def nested(depth, opening="[", closing="]"):
    return opening * depth + "1" * (opening != "[") + closing * depth


@pytest.mark.parametrize("depth", [MAX_DEPTH, 200, 936, 5_000, 100_000])
@pytest.mark.parametrize(("opening", "closing"), [("[", "]"), ('{"a":', "}")])
@pytest.mark.parametrize("field", ["grant_type", "description", "client_metadata", "password"])
def test_a_body_that_is_nested_too_deep_is_told(depth, opening, closing, field):
    body = f'{{"{field}": {nested(depth, opening, closing)}}}'.encode()
    for path in ("/auth/oauth/token", "/user-api-keys", "/auth/password/sign-in"):
        response = Client().post(BASE + path, body, content_type="application/json")
        message = response.json()["error"]
        assert message in {TOO_DEEP, "Invalid JSON in request body"}
        assert message == TOO_DEEP or depth > 900
        assert_known_error(response, 400, "BODY_PARSING_ERROR", message, {"message": message})


@pytest.mark.parametrize("path", ["/auth/oauth/token", "/user-api-keys", "/users/me"])
def test_a_body_that_is_just_not_too_deep_is_looked_into(path):
    method = "PATCH" if path == "/users/me" else "POST"
    caller = person(UserFactory())
    for field in ("grant_type", "description", "client_metadata", "selected_team_id"):
        body = f'{{"{field}": {nested(MAX_DEPTH - 1)}}}'.encode()
        assert caller.send(method, path, body).json()["code"] == "SCHEMA_ERROR"


HUGE = ["9" * 20, "-" + "9" * 20, "9" * 200, "9" * 5_000]
STRANGE = ["\x00", "a\x00b", "\ud800", "", " ", "nan", "1e400", "٣", "{}", "x" * 100_000]


@pytest.mark.parametrize("text", HUGE + STRANGE)
def test_no_id_in_python_is_a_fault(text):
    for get, error in [
        (UserApiKey.get_owner, UserNotFound),
        (TeamApiKey.get_owner, TeamNotFound),
        (get_user, UserNotFound),
    ]:
        with pytest.raises(error):
            get(text)


@pytest.mark.parametrize("text", [*HUGE, *STRANGE])
def test_an_integer_key_is_in_the_range_of_its_column(text):
    assert parse_primary_key(TeamMembership, text) is None or text == "٣"
    assert parse_primary_key(TeamMembership, str(2**63 - 1)) == 2**63 - 1
    assert parse_primary_key(TeamMembership, str(2**63)) is None


def test_an_id_is_parsed_from_what_it_is_already():
    user = UserFactory()
    assert parse_primary_key(type(user), user.pk) == user.pk
    assert UserApiKey.get_owner(user.pk) == user


@pytest.mark.parametrize("text", ["9" * 20, "%00", "a%00b", "%ED%A0%80", "%FF", "x" * 5_000])
@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/users/{}",
        "/api/v1/teams/{}",
        "/api/v1/auth/sessions/{}",
        "/api/v1/user-api-keys/{}",
        "/api/v1/user-api-keys?user_id={}",
        "/api/v1/team-api-keys?team_id={}",
        "/api/v1/teams?user_id={}",
        "/api/v1/team-permissions?user_id=me&permission_id={}",
        "/api/v1/team-memberships/{0}/{0}",
        "/api/v1/team-permissions/{0}/{0}/{0}",
        "/settings/teams/{}/api-keys/",
        "/settings/api-keys/?page={}",
        "/settings/api-keys/?rows={}",
        "/settings/api-keys/?q={}",
        "/settings/api-keys/?status={}",
        "/settings/api-keys/?next={}",
    ],
)
def test_nothing_in_an_address_is_a_fault(path, text):
    user = UserFactory()
    callers = [server(), browser(user)]
    for caller in callers:
        for method in ("GET", "DELETE", "PATCH"):
            url = path.format(text)
            response = caller.client.generic(method, url, headers=caller.headers)
            assert response.status_code < 500, (method, url)


@pytest.mark.parametrize("path", ["userapikey", "teamapikey"])
@pytest.mark.parametrize("text", ["9" * 20, "%00", "x" * 300])
def test_nothing_in_the_address_of_the_admin_is_a_fault(admin_client, path, text):
    for view in ("change", "delete", "history"):
        response = admin_client.get(f"/admin/stack_apikeys/{path}/{text}/{view}/")
        assert response.status_code in {302, 403}
    for query in ("p={}", "q={}", "created_at__gte={}", "id__exact={}"):
        address = f"/admin/stack_apikeys/{path}/?{query.format(text)}"
        assert admin_client.get(address).status_code < 500


@pytest.mark.parametrize(
    "number", [10**20, -(10**20), 10**400, -1, 1e308, 2**63, "1" * 400, "1e400", "-inf"]
)
def test_no_moment_is_a_fault(number):
    user = UserFactory()
    body = {"user_id": str(user.pk), "description": "", "expires_at_millis": number}
    response = server().post("/user-api-keys", body)
    assert response.status_code in {200, 400}
    assert response.status_code == 200 or response.json()["code"] == "SCHEMA_ERROR"


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_no_character_in_a_body_is_a_fault(text):
    user, team = UserFactory(), TeamFactory()
    fields = ["description", "user_id", "display_name", "password", "email", "refresh_token"]
    fields += ["client_metadata", "selected_team_id", "profile_image_url", "api_key", "grant_type"]
    body = json.dumps(dict.fromkeys(fields, text)).encode()
    for caller in (server(access_token=""), person(user)):
        for method, path in [
            ("POST", "/user-api-keys"),
            ("POST", "/user-api-keys/check"),
            ("PATCH", "/users/me"),
            ("PATCH", f"/teams/{team.pk}"),
            ("POST", "/auth/password/sign-in"),
            ("POST", "/auth/oauth/token"),
        ]:
            assert 400 <= caller.send(method, path, body).status_code < 500


@pytest.mark.parametrize("text", ["a\x00b", "\xff\xfe", "\x80" * 75])
@pytest.mark.parametrize("header", ["access_token", "refresh_token", "project_id", "access_type"])
def test_no_character_in_a_header_is_a_fault(header, text):
    for method, path in [
        ("GET", "/users/me"),
        ("POST", "/auth/sessions/current/refresh"),
        ("DELETE", "/auth/sessions/current"),
    ]:
        response = anyone().send(method, path, **{header: text})
        assert 400 <= response.status_code < 500


# Missing bodies -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "application/json",
        "text/plain",
        "application/octet-stream",
        "application/x-www-form-urlencoded",
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/user-api-keys"),
        ("POST", "/user-api-keys/check"),
        ("PATCH", "/user-api-keys/0f8fad5b-d9cb-469f-a165-70867728950e"),
        ("POST", "/teams"),
        ("PATCH", "/users/{user}"),
    ],
)
def test_no_body_at_all_is_told(method, path, content_type):
    caller = server()
    response = caller.client.generic(
        method,
        BASE + path.format(user=UserFactory().pk),
        b"",
        content_type=content_type,
        headers=caller.headers,
    )
    assert response.json()["error"].endswith(":\n  - body must be defined")


def test_white_space_around_a_key_to_check_does_not_count():
    api_key, value = UserFactory().api_keys.create_key()
    for text in (f" {value}", f"{value}\r\n", f"\t{value}\u00a0"):
        response = server().post("/user-api-keys/check", {"api_key": text})
        assert response.json()["id"] == str(api_key.pk)
    text = f"{value[:50]} {value[50:]}"
    response = server().post("/user-api-keys/check", {"api_key": text})
    assert response.json()["code"] == "API_KEY_NOT_FOUND"


def test_white_space_around_a_password_counts():
    user = UserFactory()
    user.set_password(" correct horse ")
    user.save()
    for password, status in ((" correct horse ", 200), ("correct horse", 400)):
        body = {"email": user.email, "password": password}
        assert anyone().post("/auth/password/sign-in", body).status_code == status
