"""How members appear in their teams."""

import pytest

from stack_apikeys.sdk.models import TeamMemberProfile
from stack_apikeys.teams.models import Team
from tests.factories import UserFactory
from tests.sdk.teams.assertions import assert_not_own_team
from tests.wire import assert_known_error, assert_plain_error, person, server

pytestmark = pytest.mark.django_db


def profile(user, team, **changes):
    return {
        "team_id": str(team.pk),
        "user_id": str(user.pk),
        "display_name": user.display_name,
        "profile_image_url": None,
    } | changes


def test_members_read_the_profiles_of_each_other(creator, member, team, django_assert_num_queries):
    other_team = Team.objects.create_team(display_name="Others", creator=member)
    other_team.add_member(creator)
    caller = person(member)
    with django_assert_num_queries(6):  # token, team, permission, members, and two of profiles
        response = caller.get(f"/team-member-profiles?team_id={team.pk}")
    assert response.json() == {
        "items": [profile(creator, team), profile(member, team)],
        "is_paginated": False,
    }
    [mine] = caller.get(f"/team-member-profiles?team_id={team.pk}&user_id=me").json()["items"]
    assert mine == caller.get(f"/team-member-profiles/{team.pk}/me").json()
    response = caller.get(f"/team-member-profiles/{team.pk}/{creator.pk}")
    assert response.json() == profile(creator, team)


def test_without_the_permission_members_read_only_their_own_profile(creator, member, team):
    team.revoke_permission(member, "team_member")
    caller = person(member)
    items = caller.get(f"/team-member-profiles?team_id={team.pk}").json()["items"]
    assert items == [profile(member, team)]
    response = caller.get(f"/team-member-profiles/{team.pk}/{creator.pk}")
    assert response.json()["code"] == "TEAM_PERMISSION_REQUIRED"


def test_members_change_their_profile_in_a_team(member, team):
    caller = person(member)
    path = f"/team-member-profiles/{team.pk}/{member.pk}"
    assert caller.patch(path, {"display_name": "Boss"}).json() == profile(
        member, team, display_name="Boss"
    )
    picture = "https://example.com/boss.png"
    caller.patch(path, {"profile_image_url": picture})
    assert caller.get(f"/team-member-profiles/{team.pk}/me").json() == profile(
        member, team, display_name="Boss", profile_image_url=picture
    )
    assert caller.get("/users/me").json()["display_name"] == "Grace"
    caller.patch(path, {"display_name": None, "profile_image_url": None})
    assert caller.get(f"/team-member-profiles/{team.pk}/me").json() == profile(member, team)


def test_clients_cannot_change_the_profiles_of_others(creator, member, team):
    path = f"/team-member-profiles/{team.pk}/{member.pk}"
    response = person(creator).patch(path, {"display_name": "x"})
    assert_plain_error(response, 403, "Client can only access their own user")
    stranger = UserFactory()
    path = f"/team-member-profiles/{team.pk}/me"
    assert_not_own_team(person(stranger).patch(path, {"display_name": "x"}))
    assert not TeamMemberProfile.objects.exists()


def test_servers_read_and_change_all_members(creator, member, team):
    response = server().patch(
        f"/team-member-profiles/{team.pk}/{member.pk}", {"display_name": "Boss"}
    )
    assert response.json()["user"]["id"] == str(member.pk)
    items = server().get(f"/team-member-profiles?team_id={team.pk}").json()["items"]
    assert [item["display_name"] for item in items] == ["Ada", "Boss"]
    stranger = UserFactory()
    assert_known_error(
        server().get(f"/team-member-profiles/{team.pk}/{stranger.pk}"),
        404,
        "TEAM_MEMBERSHIP_NOT_FOUND",
        details={"user_id": str(stranger.pk), "team_id": str(team.pk)},
    )
