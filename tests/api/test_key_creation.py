"""Creating keys by the key endpoints."""

import pytest
from django.core.cache import cache

from stack_apikeys import keys, timestamps
from stack_apikeys.models import TeamApiKey, UserApiKey
from tests.factories import UserFactory
from tests.wire import (
    IN_90_DAYS,
    UNKNOWN_ID,
    admin,
    assert_known_error,
    assert_not_found,
    assert_plain_error,
    browser,
    new_key,
    server,
)

pytestmark = pytest.mark.django_db


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
    unknown = new_key("team", team, team_id=UNKNOWN_ID)
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
    body = new_key("user", UserFactory(), user_id=UNKNOWN_ID)
    assert_known_error(
        server().post("/user-api-keys", body), 404, "USER_NOT_FOUND", "User not found."
    )
    body = {"team_id": UNKNOWN_ID, "description": "", "expires_at_millis": None}
    assert_known_error(
        server().post("/team-api-keys", body),
        404,
        "TEAM_NOT_FOUND",
        f"Team {UNKNOWN_ID} not found.",
        {"team_id": UNKNOWN_ID},
    )


def test_the_limit_of_keys_is_told(kind, owner, endpoint, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": 1}
    assert server().post(endpoint, new_key(kind, owner)).status_code == 200
    assert_plain_error(
        server().post(endpoint, new_key(kind, owner)),
        400,
        "The limit of valid API keys (1) has been reached. Revoke one that is no longer needed.",
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
