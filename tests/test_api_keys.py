"""The v1 key endpoints: create, list, read, update, check, for users and teams."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from stack_apikeys import keys, timestamps
from stack_apikeys.models import TeamApiKey, UserApiKey
from tests.factories import TeamFactory, UserFactory
from tests.wire import admin, assert_known_error, assert_plain_error, browser, server

pytestmark = pytest.mark.django_db

MODELS = {"user": UserApiKey, "team": TeamApiKey}
IN_90_DAYS = timestamps.to_millis(timezone.now() + timedelta(days=90))
SOMEBODY = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def team():
    return TeamFactory()


@pytest.fixture(params=["user", "team"])
def kind(request):
    return request.param


@pytest.fixture
def owner(kind, request):
    return request.getfixturevalue(kind)


@pytest.fixture
def manager(owner, kind):
    """The person who manages the owner's keys: the user, or a member with the permission."""
    if kind == "user":
        return owner
    person = UserFactory()
    owner.add_member(person, permission_ids=["$manage_api_keys"])
    return person


@pytest.fixture
def endpoint(kind):
    return f"/{kind}-api-keys"


def new_key(kind, owner, **fields):
    return {
        f"{kind}_id": str(owner.pk),
        "description": "CI",
        "expires_at_millis": IN_90_DAYS,
    } | fields


def assert_not_found(response):
    assert_known_error(response, 404, "API_KEY_NOT_FOUND", "API key not found.")


# Create ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("access", ["server", "admin", "client"])
def test_creation_answers_the_key_once(access, kind, owner, manager, endpoint):
    caller = (
        browser(manager) if access == "client" else {"server": server, "admin": admin}[access]()
    )
    response = caller.post(endpoint, new_key(kind, owner))
    assert response.status_code == 200
    body = response.json()
    api_key = owner.api_keys.get()
    parsed = keys.parse(body["value"])
    assert (parsed.id, parsed.kind) == (api_key.pk, kind)
    assert body == {
        "id": str(api_key.pk),
        "type": kind,
        f"{kind}_id": str(owner.pk),
        "description": "CI",
        "is_public": False,
        "created_at_millis": timestamps.to_millis(api_key.created_at),
        "expires_at_millis": IN_90_DAYS,
        "value": body["value"],
    }
    assert api_key.created_by == (manager if access == "client" else None)


def test_a_public_key_that_never_expires(kind, owner, endpoint):
    body = (
        server().post(endpoint, new_key(kind, owner, expires_at_millis=None, is_public=True)).json()
    )
    assert body["value"].startswith("pk_")
    assert body["is_public"] is True
    assert "expires_at_millis" not in body


def test_zero_means_never_as_in_the_reference(kind, owner, endpoint):
    assert server().post(endpoint, new_key(kind, owner, expires_at_millis=0)).status_code == 200
    assert owner.api_keys.get().expires_at is None


@pytest.mark.parametrize("millis", [-1, 1_000, -30_000_000_000_000, 8.1e12, 1_790_000_000_000.5])
def test_past_and_far_moments_are_taken_to_the_millisecond(millis, user):
    response = server().post("/user-api-keys", new_key("user", user, expires_at_millis=millis))
    assert response.json()["expires_at_millis"] == int(millis)
    api_key_id = response.json()["id"]
    assert server().get(f"/user-api-keys/{api_key_id}").json()["expires_at_millis"] == int(millis)


def test_an_empty_description_is_fine(kind, owner, endpoint):
    assert server().post(endpoint, new_key(kind, owner, description="")).status_code == 200


def test_me_is_whoever_is_signed_in(user):
    response = browser(user).post("/user-api-keys", new_key("user", user, user_id="me"))
    assert response.json()["user_id"] == str(user.pk)


def test_unknown_query_parameters_of_creation_are_ignored(kind, owner, endpoint):
    assert server().post(f"{endpoint}?foo=bar", new_key(kind, owner)).status_code == 200


def test_a_person_creates_keys_for_nobody_else(user):
    response = browser(user).post("/user-api-keys", new_key("user", UserFactory()))
    assert_plain_error(response, 403, "Client can only manage their own api keys")
    assert not UserApiKey.objects.exists()


def test_a_member_without_the_permission_creates_no_keys(user, team):
    team.add_member(user)
    assert_not_found(browser(user).post("/team-api-keys", new_key("team", team)))
    unknown = new_key("team", team, team_id=SOMEBODY)
    assert_not_found(browser(user).post("/team-api-keys", unknown))
    assert not TeamApiKey.objects.exists()


def test_the_permission_counts_when_a_role_contains_it(user, team):
    team.add_member(user, permission_ids=["team_admin"])
    assert browser(user).post("/team-api-keys", new_key("team", team)).status_code == 200


def test_nobody_creates_no_keys(kind, owner, endpoint):
    assert_known_error(
        browser().post(endpoint, new_key(kind, owner)), 401, "USER_AUTHENTICATION_REQUIRED"
    )


def test_an_owner_that_does_not_exist_is_told_to_a_backend():
    body = new_key("user", UserFactory(), user_id=SOMEBODY)
    assert_known_error(
        server().post("/user-api-keys", body), 404, "USER_NOT_FOUND", "User not found."
    )
    body = {"team_id": SOMEBODY, "description": "", "expires_at_millis": None}
    assert_known_error(
        server().post("/team-api-keys", body),
        404,
        "TEAM_NOT_FOUND",
        f"Team {SOMEBODY} not found.",
        {"team_id": SOMEBODY},
    )


def test_the_limit_of_keys_is_told(kind, owner, endpoint, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": 1}
    assert server().post(endpoint, new_key(kind, owner)).status_code == 200
    assert_plain_error(
        server().post(endpoint, new_key(kind, owner)),
        400,
        "There may be at most 1 valid API keys here. Revoke one that is no longer needed.",
    )


def test_a_person_creates_keys_at_a_limited_rate_and_a_backend_as_it_likes(user, settings):
    cache.clear()
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"CREATE_RATE": "2/min"}
    answers = [browser(user).post("/user-api-keys", new_key("user", user)) for _ in range(3)]
    assert [response.status_code for response in answers] == [200, 200, 429]
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
    assert answers[-1]["Content-Type"] == "text/plain; charset=utf-8"
    assert browser(user).get("/user-api-keys?user_id=me").status_code == 200
    for _ in range(3):
        assert server().post("/user-api-keys", new_key("user", user)).status_code == 200


# Schema ---------------------------------------------------------------------------------------


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
        ({"expires_at_millis": ...}, ["body.expires_at_millis must be defined"]),
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
        ({"user_id": "{" + SOMEBODY + "}"}, ["body.user_id must be a valid UUID"]),
        ({"user_id": f"urn:uuid:{SOMEBODY}"}, ["body.user_id must be a valid UUID"]),
        ({"user_id": SOMEBODY.replace("-", "")}, ["body.user_id must be a valid UUID"]),
        ({"foo": 1, "bar": 2}, ["body contains unknown properties: foo, bar"]),
        (
            {"foo": 1, "user_id": ..., "description": ..., "expires_at_millis": ...},
            [
                "body.description must be defined",
                "body.expires_at_millis must be defined",
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
            f"/user-api-keys?user_id={SOMEBODY}&team_id=x",
            None,
            ["query contains unknown properties: team_id"],
        ),
        ("GET", "/user-api-keys/x", None, ["params.api_key_id must be a valid UUID"]),
        ("GET", "/user-api-keys/x.y", None, ["params.api_key_id must be a valid UUID"]),
        (
            "GET",
            f"/user-api-keys/{SOMEBODY}?foo=1",
            None,
            ["query contains unknown properties: foo"],
        ),
        (
            "PATCH",
            f"/user-api-keys/{SOMEBODY}",
            {"revoked": False},
            ["body.revoked must be one of the following values: true"],
        ),
        (
            "PATCH",
            f"/user-api-keys/{SOMEBODY}",
            {"expiresAt": "2030-01-01"},
            ["body contains unknown properties: expiresAt"],
        ),
        (
            "PATCH",
            f"/team-api-keys/{SOMEBODY}",
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


# List -----------------------------------------------------------------------------------------


def test_a_list_has_all_keys_newest_first(kind, owner, manager, endpoint):
    past = timezone.now() - timedelta(days=1)
    made = [
        owner.api_keys.create_key(description=str(n), expires_at=past if n else None)[0]
        for n in range(3)
    ]
    for n, api_key in enumerate(made):
        moment = datetime(2030, 1, 1, n, tzinfo=UTC)
        MODELS[kind].objects.filter(pk=api_key.pk).update(created_at=moment)
    made[1].revoke()
    for caller in (server(), browser(manager)):
        body = caller.get(f"{endpoint}?{kind}_id={owner.pk}").json()
        assert body["is_paginated"] is False
        assert [item["id"] for item in body["items"]] == [str(key.pk) for key in made[::-1]]
        assert "manually_revoked_at_millis" in body["items"][1]
        assert body["items"][1]["value"] == {"last_four": made[1].last_four}


@pytest.mark.parametrize("number_of_keys", [0, 1, 30])
def test_a_list_costs_one_query_whatever_its_length(
    kind, owner, endpoint, number_of_keys, django_assert_num_queries
):
    for _ in range(number_of_keys):
        owner.api_keys.create_key()
    with django_assert_num_queries(1):
        response = server().get(f"{endpoint}?{kind}_id={owner.pk}")
    assert len(response.json()["items"]) == number_of_keys


def test_lists_of_others_are_closed(user, team):
    response = browser(user).get(f"/user-api-keys?user_id={UserFactory().pk}")
    assert_plain_error(response, 403, "Client can only manage their own api keys")
    assert_not_found(browser(user).get(f"/team-api-keys?team_id={team.pk}"))
    assert_not_found(browser(user).get(f"/team-api-keys?team_id={SOMEBODY}"))
    assert_known_error(
        browser().get(f"/team-api-keys?team_id={team.pk}"), 401, "USER_AUTHENTICATION_REQUIRED"
    )


# Read -----------------------------------------------------------------------------------------


def test_a_plain_key_has_exactly_the_contracts_fields(kind, owner, manager, endpoint):
    api_key, value = owner.api_keys.create_key(description="CI")
    for caller, query in ((server(), ""), (browser(manager), f"?{kind}_id={owner.pk}")):
        body = caller.get(f"{endpoint}/{api_key.pk}{query}").json()
        assert body == {
            "id": str(api_key.pk),
            "type": kind,
            f"{kind}_id": str(owner.pk),
            "description": "CI",
            "is_public": False,
            "created_at_millis": timestamps.to_millis(api_key.created_at),
            "value": {"last_four": value[-4:]},
        }


def test_a_key_of_the_other_kind_does_not_exist_and_is_not_changed(kind, owner):
    api_key, _value = owner.api_keys.create_key(description="CI")
    other = {"user": "team", "team": "user"}[kind]
    path = f"/{other}-api-keys/{api_key.pk}"
    assert_not_found(server().get(path))
    assert_not_found(server().patch(path, {"description": "changed", "revoked": True}))
    api_key.refresh_from_db()
    assert (api_key.description, api_key.status) == ("CI", "valid")


def test_an_unknown_key_is_told(endpoint, manager):
    for caller in (server(), browser(manager)):
        assert_not_found(caller.get(f"{endpoint}/{SOMEBODY}"))
        assert_not_found(caller.patch(f"{endpoint}/{SOMEBODY}", {}))


def test_another_persons_key_is_closed_and_stays_as_it_is(user):
    api_key, _value = UserFactory().api_keys.create_key(description="mine")
    path = f"/user-api-keys/{api_key.pk}"
    for response in (
        browser(user).get(path),
        browser(user).patch(path, {"revoked": True, "description": "yours"}),
    ):
        assert_plain_error(response, 403, "Client can only manage their own api keys")
    api_key.refresh_from_db()
    assert (api_key.description, api_key.status) == ("mine", "valid")


def test_a_teams_key_is_closed_to_members_without_the_permission(user, team):
    team.add_member(user)
    api_key, _value = team.api_keys.create_key()
    path = f"/team-api-keys/{api_key.pk}?team_id={team.pk}"
    assert_not_found(browser(user).get(path))
    assert_not_found(browser(user).patch(path, {"revoked": True}))
    assert browser().get(path).status_code == 401
    api_key.refresh_from_db()
    assert api_key.is_valid()


# Update ---------------------------------------------------------------------------------------


def test_a_key_is_renamed(kind, owner, manager, endpoint):
    api_key, _value = owner.api_keys.create_key(description="old")
    body = browser(manager).patch(f"{endpoint}/{api_key.pk}", {"description": "new"}).json()
    assert (body["description"], owner.api_keys.get().description) == ("new", "new")
    assert "manually_revoked_at_millis" not in body


def test_an_empty_update_changes_nothing(kind, owner, endpoint):
    api_key, _value = owner.api_keys.create_key(description="old")
    path = f"{endpoint}/{api_key.pk}?{kind}_id={owner.pk}"
    before = server().get(path).json()
    assert server().patch(path, {}).json() == before
    assert server().get(path).json() == before


def test_a_key_is_revoked_for_ever(kind, owner, manager, endpoint):
    api_key, value = owner.api_keys.create_key()
    path = f"{endpoint}/{api_key.pk}"
    first = browser(manager).patch(path, {"revoked": True}).json()
    again = server().patch(path, {"revoked": True, "description": "renamed"}).json()
    assert first["manually_revoked_at_millis"] == again["manually_revoked_at_millis"]
    assert again["description"] == "renamed"
    api_key.refresh_from_db()
    assert timestamps.to_millis(api_key.manually_revoked_at) == first["manually_revoked_at_millis"]
    assert api_key.revoked_by == manager
    assert_known_error(
        server().post(f"{endpoint}/check", {"api_key": value}),
        401,
        "API_KEY_REVOKED",
        "API key has been revoked.",
    )


# Check ----------------------------------------------------------------------------------------


def test_a_good_key_is_checked_with_one_query(kind, owner, endpoint, django_assert_num_queries):
    api_key, value = owner.api_keys.create_key(description="CI")
    for caller in (server(), admin()):
        with django_assert_num_queries(1):
            response = caller.post(f"{endpoint}/check", {"api_key": value})
        assert response.json() == server().get(f"{endpoint}/{api_key.pk}").json()


@pytest.mark.parametrize("value", ["", "garbage", "sk_" + "0" * 99, "\x00", "\ud800"])
def test_garbage_is_checked_without_a_query(endpoint, value, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert_not_found(server().post(f"{endpoint}/check", {"api_key": value}))


def test_an_unknown_key_is_not_found(kind, endpoint):
    value = keys.generate(id=uuid.uuid4(), kind=kind)
    assert_not_found(server().post(f"{endpoint}/check", {"api_key": value}))


def test_the_kind_is_told_before_revocation_and_expiry(user, team):
    past = timezone.now() - timedelta(days=1)
    for owner, kind, other in ((user, "user", "team"), (team, "team", "user")):
        api_key, value = owner.api_keys.create_key(expires_at=past)
        response = server().post(f"/{kind}-api-keys/check", {"api_key": value})
        assert_known_error(response, 401, "API_KEY_EXPIRED", "API key has expired.")
        api_key.revoke()
        assert_known_error(
            server().post(f"/{other}-api-keys/check", {"api_key": value}),
            400,
            "WRONG_API_KEY_TYPE",
            f"This endpoint is for {other} API keys, but a {kind} API key was provided.",
            {"expected_type": other, "actual_type": kind},
        )


def test_a_client_checks_nothing(endpoint, manager):
    assert_known_error(
        browser(manager).post(f"{endpoint}/check", {"api_key": "x"}),
        401,
        "INSUFFICIENT_ACCESS_TYPE",
        "The x-stack-access-type header must be 'server' or 'admin', but was 'client'.",
        {"actual_access_type": "client", "allowed_access_types": ["server", "admin"]},
    )


# Switches -------------------------------------------------------------------------------------


def test_a_kind_that_is_switched_off_answers_so_everywhere(kind, owner, endpoint, settings):
    api_key, value = owner.api_keys.create_key()
    off = settings.STACK_APIKEYS | {f"ALLOW_{kind.upper()}_API_KEYS": False}
    settings.STACK_APIKEYS = off
    sentence = f"{kind.capitalize()} API keys are not enabled for this project."
    for method, path, body in [
        ("POST", "", new_key(kind, owner)),
        ("GET", f"?{kind}_id={owner.pk}", None),
        ("GET", f"/{api_key.pk}", None),
        ("GET", f"/{SOMEBODY}", None),
        ("PATCH", f"/{api_key.pk}", {"revoked": True}),
        ("POST", "/check", {"api_key": value}),
        ("POST", "/check", {"api_key": "garbage"}),
    ]:
        assert_plain_error(server().send(method, endpoint + path, body), 400, sentence)
    # Before 401, but after the schema.
    assert_plain_error(browser().get(f"{endpoint}/{api_key.pk}"), 400, sentence)
    assert server().get(f"{endpoint}/x").json()["code"] == "SCHEMA_ERROR"
    api_key.refresh_from_db()
    assert api_key.is_valid()


def test_the_other_kind_goes_on(user, team, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_USER_API_KEYS": False}
    assert server().post("/team-api-keys", new_key("team", team)).status_code == 200
