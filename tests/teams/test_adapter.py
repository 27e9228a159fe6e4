from uuid import uuid4

import pytest

from stack_apikeys.adapters import MANAGE_API_KEYS, TeamAdapter, get_team_adapter
from stack_apikeys.teams.adapter import DefaultTeamAdapter
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def adapter():
    return get_team_adapter()


def test_a_host_that_sets_nothing_gets_this_adapter(settings):
    settings.STACK_APIKEYS = {}

    assert isinstance(get_team_adapter(), DefaultTeamAdapter)


def test_a_team_is_found_by_its_id_in_any_form(adapter):
    team = TeamFactory()

    assert adapter.get_team(team.pk) == team
    assert adapter.get_team(str(team.pk)) == team
    assert adapter.get_team(team.pk.hex) == team


@pytest.mark.parametrize("team_id", [uuid4(), "", "me", "x" * 10_000, "\0", 7, -1, None, [], {}])
def test_what_is_not_the_id_of_a_team_finds_none(adapter, team_id):
    TeamFactory()

    assert adapter.get_team(team_id) is None


def test_the_teams_of_a_user_are_theirs_alone_oldest_first(adapter, django_assert_num_queries):
    user, other = UserFactory(), UserFactory()
    first, _foreign, second = TeamFactory(creator=user), TeamFactory(creator=other), TeamFactory()
    second.add_member(user)
    second.created_at = first.created_at.replace(year=2001)
    second.save()

    with django_assert_num_queries(1):
        assert list(adapter.teams_of(user)) == [second, first]


def test_a_member_is_a_member_of_that_team_only(adapter, django_assert_num_queries):
    user, team, other = UserFactory(), TeamFactory(), TeamFactory()
    team.add_member(user, permission_ids=[])

    with django_assert_num_queries(1):
        assert adapter.is_member(user, team)
    assert not adapter.is_member(user, other)
    assert not adapter.is_member(UserFactory(), team)


@pytest.mark.parametrize("granted", [MANAGE_API_KEYS, "team_admin", "owner", "founder"])
def test_a_permission_is_held_directly_or_through_a_role_for_one_query(
    adapter, settings, django_assert_num_queries, granted
):
    settings.STACK_APIKEYS = {"TEAM_ROLES": {"owner": ["team_admin"], "founder": ["owner"]}}
    user, team = UserFactory(), TeamFactory()
    team.add_member(user, permission_ids=[granted])

    with django_assert_num_queries(1):
        assert adapter.has_permission(user, team, MANAGE_API_KEYS)


def test_a_permission_is_not_held_by_other_members_or_in_other_teams(adapter):
    user, member, stranger = UserFactory(), UserFactory(), UserFactory()
    team, other = TeamFactory(creator=user), TeamFactory()
    team.add_member(member)
    other.add_member(user)

    assert not adapter.has_permission(member, team, MANAGE_API_KEYS)
    assert not adapter.has_permission(stranger, team, MANAGE_API_KEYS)
    assert not adapter.has_permission(user, other, MANAGE_API_KEYS)


def test_a_member_who_was_removed_holds_nothing(adapter):
    user = UserFactory()
    team = TeamFactory(creator=user)

    team.remove_member(user)

    assert not adapter.has_permission(user, team, MANAGE_API_KEYS)


def test_a_role_that_no_longer_exists_allows_nothing(adapter, settings):
    settings.STACK_APIKEYS = {"TEAM_ROLES": {"keeper": [MANAGE_API_KEYS]}}
    user, team = UserFactory(), TeamFactory()
    team.add_member(user, permission_ids=["keeper"])

    settings.STACK_APIKEYS = {}

    assert not adapter.has_permission(user, team, MANAGE_API_KEYS)


def test_whoever_holds_a_permission_twice_is_listed_once(adapter, django_assert_num_queries):
    team, administrator, keeper, member = TeamFactory(), UserFactory(), UserFactory(), UserFactory()
    team.add_member(administrator, permission_ids=["team_admin", MANAGE_API_KEYS])
    team.add_member(keeper, permission_ids=[MANAGE_API_KEYS])
    team.add_member(member)
    TeamFactory(creator=member)

    with django_assert_num_queries(1):
        users = list(adapter.users_with_permission(team, MANAGE_API_KEYS))

    assert sorted(user.email for user in users) == sorted([administrator.email, keeper.email])


def test_a_team_is_called_by_its_display_name(adapter):
    assert adapter.display_name(TeamFactory(display_name="Rowing")) == "Rowing"


def test_the_teams_in_which_a_user_holds_a_permission_cost_one_query(
    adapter, django_assert_num_queries
):
    user = UserFactory()
    teams = [TeamFactory(creator=user), TeamFactory(creator=user)]
    TeamFactory().add_member(user)
    granted_twice = TeamFactory()
    granted_twice.add_member(user, permission_ids=[MANAGE_API_KEYS, "team_admin"])
    TeamFactory(creator=UserFactory())

    with django_assert_num_queries(1):
        found = list(adapter.teams_with_permission(user, MANAGE_API_KEYS))
    # Not in order: they may have been made in the same millisecond.
    assert len(found) == 3
    assert set(found) == {*teams, granted_twice}
    assert TeamAdapter.teams_with_permission(adapter, user, MANAGE_API_KEYS) == found


def test_the_members_among_some_people_cost_one_query(adapter, django_assert_num_queries):
    member, former, stranger = UserFactory(), UserFactory(), UserFactory()
    team = TeamFactory(creator=member)
    TeamFactory(creator=stranger)
    team.add_member(former)
    team.remove_member(former)

    with django_assert_num_queries(1):
        assert adapter.members_among(team, [member, former, stranger]) == {member.pk}
    assert TeamAdapter.members_among(adapter, team, [member, former, stranger]) == {member.pk}
    with django_assert_num_queries(0):
        assert adapter.members_among(team, []) == set()
