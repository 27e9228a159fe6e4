"""Listing, granting and revoking permissions in teams."""

import pytest

from stack_apikeys.adapters import MANAGE_API_KEYS
from stack_apikeys.teams.models import Team
from tests.factories import UserFactory
from tests.wire import assert_known_error, assert_plain_error, person, server

pytestmark = pytest.mark.django_db
EVERYTHING = [
    "$delete_team",
    "$manage_api_keys",
    "$read_members",
    "$remove_members",
    "$update_team",
    "team_admin",
]


def listed(caller, team, user_id, **query):
    query = "".join(f"&{name}={value}" for name, value in query.items())
    response = caller.get(f"/team-permissions?team_id={team.pk}&user_id={user_id}{query}")
    assert response.status_code == 200
    assert response.json()["is_paginated"] is False
    return [item["id"] for item in response.json()["items"]]


def test_clients_list_the_permissions_of_their_user(
    creator, member, team, django_assert_num_queries
):
    caller = person(creator)
    with django_assert_num_queries(3):
        assert listed(caller, team, "me", recursive="true") == EVERYTHING
    assert listed(caller, team, creator.pk, recursive="false") == ["team_admin"]
    assert listed(caller, team, "me") == ["team_admin"]
    assert listed(caller, team, "me", recursive="true", permission_id=MANAGE_API_KEYS) == [
        MANAGE_API_KEYS
    ]
    assert MANAGE_API_KEYS not in listed(person(member), team, "me", recursive="true")


def test_each_permission_names_user_and_team(creator, team):
    response = server().get(f"/team-permissions?team_id={team.pk}&user_id={creator.pk}")
    assert response.json()["items"] == [
        {"id": "team_admin", "user_id": str(creator.pk), "team_id": str(team.pk)}
    ]


def test_without_a_team_the_permissions_of_all_are_listed(creator, team):
    other = Team.objects.create_team(display_name="Others", creator=creator)
    items = person(creator).get("/team-permissions?user_id=me").json()["items"]
    assert {item["team_id"] for item in items} == {str(team.pk), str(other.pk)}


def test_clients_cannot_list_the_permissions_of_others(creator, member, team):
    response = person(member).get(f"/team-permissions?team_id={team.pk}&user_id={creator.pk}")
    assert_plain_error(
        response,
        403,
        "Client can only list permissions for their own user. user_id must be either "
        '"me" or the ID of the current user',
    )
    assert listed(person(UserFactory()), team, "me", recursive="true") == []


@pytest.mark.parametrize("permission", [MANAGE_API_KEYS, "%24manage_api_keys"])
def test_servers_grant_and_revoke_permissions(member, team, permission):
    path = f"/team-permissions/{team.pk}/{member.pk}/{permission}"
    for _ in range(2):  # granting it again changes nothing
        response = server().post(path, {})
        assert response.status_code == 201
        assert response.json() == {
            "id": MANAGE_API_KEYS,
            "user_id": str(member.pk),
            "team_id": str(team.pk),
        }
    assert MANAGE_API_KEYS in listed(person(member), team, "me", recursive="true")
    assert server().delete(path, {}).json() == {"success": True}
    assert MANAGE_API_KEYS not in listed(person(member), team, "me", recursive="true")
    assert_known_error(
        server().delete(path, {}),
        401,
        "TEAM_PERMISSION_NOT_FOUND",
        details={
            "user_id": str(member.pk),
            "team_id": str(team.pk),
            "permission_id": MANAGE_API_KEYS,
        },
    )


def test_an_unknown_permission_or_member_is_refused(member, team):
    assert_known_error(
        server().post(f"/team-permissions/{team.pk}/{member.pk}/nonsense", {}),
        404,
        "PERMISSION_NOT_FOUND",
        details={"permission_id": "nonsense"},
    )
    stranger = UserFactory()
    assert_known_error(
        server().post(f"/team-permissions/{team.pk}/{stranger.pk}/{MANAGE_API_KEYS}", {}),
        404,
        "TEAM_MEMBERSHIP_NOT_FOUND",
        details={"user_id": str(stranger.pk), "team_id": str(team.pk)},
    )


def test_clients_cannot_grant_or_revoke_permissions(creator, team):
    path = f"/team-permissions/{team.pk}/{creator.pk}/{MANAGE_API_KEYS}"
    for method in ("POST", "DELETE"):
        response = person(creator).send(method, path, {})
        assert response.json()["code"] == "INSUFFICIENT_ACCESS_TYPE"
