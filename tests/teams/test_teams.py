from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ModelState, ProjectState

from stack_apikeys.exceptions import (
    PermissionNotFound,
    TeamMembershipAlreadyExists,
    TeamMembershipNotFound,
    TeamPermissionNotFound,
)
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.teams.models import Team, TeamMembership, TeamPermission
from tests.factories import TeamFactory, UserFactory
from tests.parallel import close_connections

pytestmark = pytest.mark.django_db


# The life of a team ---------------------------------------------------------------------------


def test_the_creator_of_a_team_becomes_its_administrator():
    creator = UserFactory()

    team = Team.objects.create_team(display_name="Rowing", creator=creator)

    assert team.permissions_of(creator) == ["team_admin"]
    assert "$manage_api_keys" in team.permissions_of(creator, recursive=True)


def test_a_team_made_by_a_server_has_no_members():
    team = Team.objects.create_team(
        display_name="Rowing",
        profile_image_url="https://example.com/boat.png",
        client_metadata={"colour": "blue"},
        client_read_only_metadata=[1, 2],
        server_metadata="paid",
    )

    team.refresh_from_db()
    assert not team.memberships.exists()
    assert team.profile_image_url == "https://example.com/boat.png"
    assert team.client_metadata == {"colour": "blue"}
    assert team.client_read_only_metadata == [1, 2]
    assert team.server_metadata == "paid"


def test_what_a_team_was_not_given_is_null():
    team = TeamFactory()

    team.refresh_from_db()
    assert team.profile_image_url is None
    assert team.client_metadata is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("display_name", ""),
        ("display_name", "x" * 256),
        ("profile_image_url", "javascript:alert(1)"),
        ("profile_image_url", "https://example.com/" + "x" * 2048),
        ("profile_image_url", "data:image/png;base64," + "A" * 150_000),
        ("client_metadata", {"not": object()}),
    ],
)
def test_a_column_that_is_wrong_is_named_and_no_team_is_made(field, value):
    with pytest.raises(ValidationError) as caught:
        Team.objects.create_team(**{"display_name": "Rowing", field: value}, creator=UserFactory())

    assert list(caught.value.message_dict) == [field]
    assert not Team.objects.exists()


def test_a_mistake_in_the_creators_permissions_makes_no_team(settings):
    settings.STACK_APIKEYS = {"TEAM_CREATOR_PERMISSIONS": ["team_boss"]}

    with pytest.raises(PermissionNotFound):
        Team.objects.create_team(display_name="Rowing", creator=UserFactory())

    assert not Team.objects.exists()


def test_teams_come_oldest_first():
    first, second, third = TeamFactory(), TeamFactory(), TeamFactory()
    second.created_at = first.created_at.replace(year=2001)
    second.save()
    third.created_at = first.created_at.replace(year=3001)
    third.save()

    assert list(Team.objects.all()) == [second, first, third]


def test_deleting_a_team_deletes_its_keys_and_memberships_and_no_others():
    user, team, other = UserFactory(), TeamFactory(), TeamFactory()
    team.add_member(user)
    team.api_keys.create_key()
    kept, _value = other.api_keys.create_key()
    kept_of_user, _value = user.api_keys.create_key()

    team.delete()

    assert list(TeamApiKey.objects.all()) == [kept]
    assert list(UserApiKey.objects.all()) == [kept_of_user]
    assert not TeamMembership.objects.exists()
    assert not TeamPermission.objects.exists()


def test_deleting_a_user_deletes_their_keys_and_keeps_those_they_made_for_a_team():
    user, team = UserFactory(), TeamFactory()
    team.add_member(user)
    user.api_keys.create_key(created_by=user)
    kept, _value = team.api_keys.create_key(created_by=user)

    user.delete()

    assert not UserApiKey.objects.exists()
    assert list(TeamApiKey.objects.all()) == [kept]
    assert not team.memberships.exists()


# Members --------------------------------------------------------------------------------------


def test_a_further_member_is_granted_the_role_of_members():
    user, team = UserFactory(), TeamFactory()

    membership = team.add_member(user)

    assert (membership.team, membership.user) == (team, user)
    assert team.permissions_of(user) == ["team_member"]


def test_a_member_can_be_granted_something_else_from_the_start():
    user, team = UserFactory(), TeamFactory()

    team.add_member(user, permission_ids=["$read_members", "$update_team", "$read_members"])

    assert team.permissions_of(user) == ["$read_members", "$update_team"]


def test_a_member_can_be_granted_nothing():
    user, team = UserFactory(), TeamFactory()

    team.add_member(user, permission_ids=[])

    assert team.permissions_of(user) == []


def test_nobody_becomes_a_member_twice():
    user, team = UserFactory(), TeamFactory()
    team.add_member(user, permission_ids=["$read_members"])

    with pytest.raises(TeamMembershipAlreadyExists) as caught:
        team.add_member(user)

    assert (caught.value.code, caught.value.status) == ("TEAM_MEMBERSHIP_ALREADY_EXISTS", 409)
    assert caught.value.message == "Team membership already exists."
    assert caught.value.details is None
    assert team.permissions_of(user) == ["$read_members"]


def test_an_unknown_permission_makes_nobody_a_member():
    user, team = UserFactory(), TeamFactory()

    with pytest.raises(PermissionNotFound):
        team.add_member(user, permission_ids=["team_member", "team_boss"])

    assert not team.memberships.exists()


def test_adding_a_member_costs_two_inserts(django_assert_num_queries):
    user, team = UserFactory(), TeamFactory()

    with django_assert_num_queries(4) as queries:  # with the savepoint and its release
        team.add_member(user, permission_ids=["team_admin", "$read_members"])

    assert sum(query["sql"].startswith("INSERT") for query in queries) == 2


def test_a_member_who_is_removed_holds_nothing_and_others_stay():
    user, other, team, elsewhere = UserFactory(), UserFactory(), TeamFactory(), TeamFactory()
    team.add_member(user)
    team.add_member(other)
    elsewhere.add_member(user)

    team.remove_member(user)

    assert team.permissions_of(user) == []
    assert [membership.user for membership in team.memberships.all()] == [other]
    assert elsewhere.permissions_of(user) == ["team_member"]


def test_removing_someone_who_is_not_a_member_says_so():
    user, team = UserFactory(), TeamFactory()

    with pytest.raises(TeamMembershipNotFound) as caught:
        team.remove_member(user)

    assert (caught.value.code, caught.value.status) == ("TEAM_MEMBERSHIP_NOT_FOUND", 404)
    assert caught.value.message == f"User {user.pk} is not found in team {team.pk}."
    assert caught.value.details == {"user_id": str(user.pk), "team_id": str(team.pk)}


# Permissions ----------------------------------------------------------------------------------


def test_a_permission_is_granted_once_however_often_it_is_asked_for():
    user, team = UserFactory(), TeamFactory()
    team.add_member(user)

    team.grant(user, "$manage_api_keys")
    team.grant(user, "$manage_api_keys")

    assert team.permissions_of(user) == ["$manage_api_keys", "team_member"]


def test_someone_who_is_not_a_member_is_granted_nothing():
    user, team = UserFactory(), TeamFactory()

    with pytest.raises(TeamMembershipNotFound):
        team.grant(user, "$manage_api_keys")

    assert not TeamPermission.objects.exists()


def test_a_permission_that_does_not_exist_cannot_be_granted():
    user, team = UserFactory(), TeamFactory()
    team.add_member(user, permission_ids=[])

    with pytest.raises(PermissionNotFound) as caught:
        team.grant(user, "$manage_api_key")

    assert caught.value.message.startswith('Permission "$manage_api_key" not found.')
    assert team.permissions_of(user) == []


def test_a_permission_is_taken_back_from_one_member_of_one_team():
    user, other, team, elsewhere = UserFactory(), UserFactory(), TeamFactory(), TeamFactory()
    for each, member in [(team, user), (team, other), (elsewhere, user)]:
        each.add_member(member, permission_ids=["$manage_api_keys", "$update_team"])

    team.revoke_permission(user, "$manage_api_keys")

    assert team.permissions_of(user) == ["$update_team"]
    assert "$manage_api_keys" in team.permissions_of(other)
    assert "$manage_api_keys" in elsewhere.permissions_of(user)


def test_what_comes_with_a_role_cannot_be_taken_back_by_itself():
    user, team = UserFactory(), TeamFactory()
    team.add_member(user, permission_ids=["team_admin"])

    with pytest.raises(TeamPermissionNotFound) as caught:
        team.revoke_permission(user, "$manage_api_keys")

    assert (caught.value.code, caught.value.status) == ("TEAM_PERMISSION_NOT_FOUND", 401)
    assert caught.value.message == (
        f"User {user.pk} does not have permission $manage_api_keys in team {team.pk}."
    )
    assert caught.value.details == {
        "user_id": str(user.pk),
        "permission_id": "$manage_api_keys",
        "team_id": str(team.pk),
    }
    assert team.permissions_of(user) == ["team_admin"]


def test_permissions_are_read_in_one_query(django_assert_num_queries):
    user, team = UserFactory(), TeamFactory()
    team.add_member(user, permission_ids=["team_member", "$update_team"])

    with django_assert_num_queries(1):
        assert team.permissions_of(user, recursive=True) == [
            "$read_members",
            "$update_team",
            "team_member",
        ]


# At the same moment ---------------------------------------------------------------------------


def at_the_same_moment(*calls):
    """What each call returned or raised, all made at once on connections of their own."""
    barrier = Barrier(len(calls))

    def make(call):
        barrier.wait()
        try:
            return call()
        finally:
            close_connections()

    with ThreadPoolExecutor(len(calls)) as pool:
        futures = [pool.submit(make, call) for call in calls]
    return [future.exception() or future.result() for future in futures]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_who_add_the_same_member_one_is_told_so():
    user, team = UserFactory(), TeamFactory()

    results = at_the_same_moment(*[lambda: team.add_member(user)] * 2)

    assert sorted(type(result).__name__ for result in results) == [
        "TeamMembership",
        "TeamMembershipAlreadyExists",
    ]
    assert team.permissions_of(user) == ["team_member"]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_two_who_grant_the_same_permission_both_succeed():
    user, team = UserFactory(), TeamFactory()
    team.add_member(user, permission_ids=[])

    results = at_the_same_moment(*[lambda: team.grant(user, "$manage_api_keys")] * 2)

    assert results == [None, None]
    assert team.permissions_of(user) == ["$manage_api_keys"]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_member_is_removed_for_good_while_being_granted_a_permission():
    user, team = UserFactory(), TeamFactory()
    for _ in range(10):
        team.add_member(user)

        granted, removed = at_the_same_moment(
            lambda: team.grant(user, "$manage_api_keys"), lambda: team.remove_member(user)
        )

        assert granted is None or isinstance(granted, TeamMembershipNotFound)
        assert removed is None
        assert not TeamPermission.objects.exists()


# Hosts ----------------------------------------------------------------------------------------


def test_a_host_that_sets_no_team_model_can_refer_to_our_team():
    before = ProjectState.from_apps(apps)
    after = before.clone()
    after.add_model(
        ModelState(
            "example_project",
            "Boat",
            [
                ("id", models.AutoField(primary_key=True)),
                ("team", models.ForeignKey("stack_apikeys_teams.Team", models.CASCADE)),
            ],
        )
    )

    changes = MigrationAutodetector(before, after).changes(MigrationLoader(None).graph)

    [migration] = changes["example_project"]
    assert ("__setting__", "STACK_APIKEYS_TEAM_MODEL") in migration.dependencies
