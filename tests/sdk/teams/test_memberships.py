"""Adding and removing members."""

from uuid import uuid4

import pytest

from tests.factories import UserFactory
from tests.sdk.teams.assertions import assert_not_own_team
from tests.wire import assert_known_error, person, server

pytestmark = pytest.mark.django_db


def test_servers_add_members_without_the_permission_to_manage_keys(team):
    user = UserFactory()
    response = server().post(f"/team-memberships/{team.pk}/{user.pk}", {})
    assert response.status_code == 201
    assert response.json() == {"team_id": str(team.pk), "user_id": str(user.pk)}
    assert team.permissions_of(user) == ["team_member"]
    assert_known_error(
        server().post(f"/team-memberships/{team.pk}/{user.pk}", {}),
        409,
        "TEAM_MEMBERSHIP_ALREADY_EXISTS",
        "Team membership already exists.",
    )


def test_an_unknown_user_is_reported_before_an_unknown_team(team):
    user, nobody, nowhere = UserFactory(), uuid4(), uuid4()
    for path, code in (
        (f"{nowhere}/{nobody}", "USER_NOT_FOUND"),
        (f"{nowhere}/{user.pk}", "TEAM_NOT_FOUND"),
    ):
        response = server().post(f"/team-memberships/{path}", {})
        assert (response.status_code, response.json()["code"]) == (404, code)


def test_clients_cannot_add_members(creator, team):
    response = person(creator).post(f"/team-memberships/{team.pk}/{UserFactory().pk}", {})
    assert response.json()["code"] == "INSUFFICIENT_ACCESS_TYPE"
    assert team.memberships.count() == 1


def test_members_can_leave_a_team(member, team):
    caller = person(member)
    response = caller.delete(f"/team-memberships/{team.pk}/me", {})
    assert (response.status_code, response.json()) == (200, {"success": True})
    assert not team.memberships.filter(user=member).exists()
    response = caller.delete(f"/team-memberships/{team.pk}/me", {})
    assert_not_own_team(response)


def test_removing_another_member_requires_a_permission(creator, member, team):
    other = UserFactory()
    team.add_member(other)
    response = person(member).delete(f"/team-memberships/{team.pk}/{other.pk}", {})
    assert_known_error(
        response,
        401,
        "TEAM_PERMISSION_REQUIRED",
        details={
            "team_id": str(team.pk),
            "user_id": str(member.pk),
            "permission_id": "$remove_members",
        },
    )
    assert person(creator).delete(f"/team-memberships/{team.pk}/{other.pk}", {}).status_code == 200
    assert server().delete(f"/team-memberships/{team.pk}/{member.pk}", {}).status_code == 200
    assert_known_error(
        server().delete(f"/team-memberships/{team.pk}/{member.pk}", {}),
        404,
        "TEAM_MEMBERSHIP_NOT_FOUND",
        details={"team_id": str(team.pk), "user_id": str(member.pk)},
    )
