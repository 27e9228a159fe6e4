"""The key endpoints: list, read, update and check."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from stack_apikeys import keys, timestamps
from stack_apikeys.models import TeamApiKey, UserApiKey
from tests.factories import UserFactory
from tests.wire import (
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

MODELS = {"user": UserApiKey, "team": TeamApiKey}


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
    assert_not_found(browser(user).get(f"/team-api-keys?team_id={UNKNOWN_ID}"))
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
        assert_not_found(caller.get(f"{endpoint}/{UNKNOWN_ID}"))
        assert_not_found(caller.patch(f"{endpoint}/{UNKNOWN_ID}", {}))


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
        ("GET", f"/{UNKNOWN_ID}", None),
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
