"""The errors in requests to the key endpoints."""

import pytest

from stack_apikeys.models import UserApiKey
from tests.wire import UNKNOWN_ID, assert_known_error, new_key, server

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("fields", "problems"),
    [
        ({"description": ...}, ["body.description must be defined"]),
        ({"description": None}, ["body.description cannot be null"]),
        (
            {"description": {}},
            ["body.description must be a `string` type, but the final value was: `{}`."],
        ),
        ({"description": "x" * 256}, ["body.description must be at most 255 characters"]),
        (
            {"description": "\x00"},
            ["body.description must not contain null or surrogate characters"],
        ),
        (
            {"description": "\ud800"},
            ["body.description must not contain null or surrogate characters"],
        ),
        (
            {"expires_at_millis": "soon"},
            [
                (
                    "body.expires_at_millis must be a `number` type, but the final value was: "
                    '`NaN` (cast from the value `"soon"`).'
                )
            ],
        ),
        (
            {"expires_at_millis": True},
            ["body.expires_at_millis must be a `number` type, but the final value was: `true`."],
        ),
        (
            {"expires_at_millis": 10**18},
            ["body.expires_at_millis must be between -30610224000000 and 253370678400000"],
        ),
        (
            {"expires_at_millis": -(10**400)},
            ["body.expires_at_millis must be between -30610224000000 and 253370678400000"],
        ),
        (
            {"is_public": "maybe"},
            ['body.is_public must be a `boolean` type, but the final value was: `"maybe"`.'],
        ),
        ({"is_public": None}, ["body.is_public cannot be null"]),
        ({"user_id": ...}, ["body.user_id must be defined"]),
        ({"user_id": "nonsense"}, ["body.user_id must be a valid UUID"]),
        ({"user_id": 5}, ["body.user_id must be a valid UUID"]),
        ({"user_id": ""}, ["body.user_id must be a valid UUID"]),
        ({"user_id": "{" + UNKNOWN_ID + "}"}, ["body.user_id must be a valid UUID"]),
        ({"user_id": f"urn:uuid:{UNKNOWN_ID}"}, ["body.user_id must be a valid UUID"]),
        ({"user_id": UNKNOWN_ID.replace("-", "")}, ["body.user_id must be a valid UUID"]),
        ({"foo": 1, "bar": 2}, ["body contains unknown properties: foo, bar"]),
        (
            {"foo": 1, "user_id": ..., "description": ..., "expires_at_millis": ...},
            [
                "body.description must be defined",
                "body.user_id must be defined",
                "body contains unknown properties: foo",
            ],
        ),
    ],
)
def test_each_problem_of_a_new_key_is_named(fields, problems, user):
    body = {
        name: field for name, field in new_key("user", user, **fields).items() if field is not ...
    }
    response = server().post("/user-api-keys", body)
    message = "Request validation failed on POST /api/v1/user-api-keys:" + "".join(
        f"\n  - {problem}" for problem in problems
    )
    assert_known_error(response, 400, "SCHEMA_ERROR", message, {"message": message})
    assert not UserApiKey.objects.exists()


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (None, "body must be defined"),
        ([], "body must be a `object` type, but the final value was: `[]`."),
        ("x", 'body must be a `object` type, but the final value was: `"x"`.'),
    ],
)
def test_a_body_that_is_no_object_is_named(body, problem):
    response = server().post("/user-api-keys", body)
    assert response.json()["error"].endswith(f"\n  - {problem}")


@pytest.mark.parametrize(
    ("method", "path", "body", "problems"),
    [
        ("GET", "/user-api-keys?user_id=x", None, ["query.user_id must be a valid UUID"]),
        ("GET", "/team-api-keys?team_id=x", None, ["query.team_id must be a valid UUID"]),
        ("GET", "/team-api-keys", None, ["query.team_id must be defined"]),
        (
            "GET",
            f"/user-api-keys?user_id={UNKNOWN_ID}&team_id=x",
            None,
            ["query contains unknown properties: team_id"],
        ),
        ("GET", "/user-api-keys/x", None, ["params.api_key_id must be a valid UUID"]),
        ("GET", "/user-api-keys/x.y", None, ["params.api_key_id must be a valid UUID"]),
        (
            "GET",
            f"/user-api-keys/{UNKNOWN_ID}?foo=1",
            None,
            ["query contains unknown properties: foo"],
        ),
        (
            "PATCH",
            f"/user-api-keys/{UNKNOWN_ID}",
            {"revoked": False},
            ["body.revoked must be one of the following values: true"],
        ),
        (
            "PATCH",
            f"/user-api-keys/{UNKNOWN_ID}",
            {"expiresAt": "2030-01-01"},
            ["body contains unknown properties: expiresAt"],
        ),
        (
            "PATCH",
            f"/team-api-keys/{UNKNOWN_ID}",
            {"expires_at_millis": 1},
            ["body contains unknown properties: expires_at_millis"],
        ),
        (
            "PATCH",
            "/team-api-keys/x?team_id=y&foo=1",
            {"revoked": "no", "bar": 1},
            [
                "params.api_key_id must be a valid UUID",
                "query.team_id must be a valid UUID",
                'body.revoked must be a `boolean` type, but the final value was: `"no"`.',
                "query contains unknown properties: foo",
                "body contains unknown properties: bar",
            ],
        ),
        (
            "POST",
            "/user-api-keys/check",
            {"api_key": {}},
            ["body.api_key must be a `string` type"],
        ),
        ("GET", "/user-api-keys?user_id=", None, ["query.user_id must be a valid UUID"]),
        ("GET", "/user-api-keys/a%20b%0A", None, ["params.api_key_id must be a valid UUID"]),
        ("POST", "/team-api-keys/check", {}, ["body.api_key must be defined"]),
    ],
)
def test_each_problem_of_other_requests_is_named(method, path, body, problems):
    response = server().send(method, path, body)
    message = f"Request validation failed on {method} /api/v1{path.split('?')[0]}:" + "".join(
        f"\n  - {problem}" for problem in problems
    )
    assert_known_error(response, 400, "SCHEMA_ERROR", message, {"message": message})


def test_a_list_of_user_keys_without_user_has_a_message_of_its_own():
    message = "user_id is required for user API keys"
    assert_known_error(
        server().get("/user-api-keys"), 400, "SCHEMA_ERROR", message, {"message": message}
    )
