"""What happens to the keys of a team when their creator leaves the team, or the site."""

import pytest
from django.apps import apps
from django.db import transaction
from django.utils import translation

from example_project.models import User
from stack_apikeys import leaving
from stack_apikeys.policy import Policy
from stack_apikeys.signals import api_key_revoked
from stack_apikeys.teams.models import TeamMembership, TeamPermission
from tests.factories import TeamFactory, UserFactory
from tests.parallel import Meanwhile
from tests.wire import browser

pytestmark = pytest.mark.django_db

LEFT = "The person who created the key has left the team."
CLOSED = "The account of the person who created the key is not active any more."


@pytest.fixture
def revoking(configure):
    configure(ON_CREATOR_LEAVING="revoke")


@pytest.fixture
def member(team):
    user = UserFactory()
    team.add_member(user, permission_ids=["team_admin"])
    return user


@pytest.fixture
def api_key(team, member):
    return team.api_keys.create_key(actor=member)[0]


def leave(member, team):
    team.remove_member(member)


def lose_the_membership(member, team):
    TeamMembership.objects.filter(user=member).delete()


def be_removed_over_http(member, team):
    manager = UserFactory()
    team.add_member(manager, permission_ids=["team_admin"])
    answer = browser(manager).delete(f"/team-memberships/{team.pk}/{member.pk}", {})
    assert answer.status_code == 200


def be_switched_off(member, team):
    member.is_active = False
    member.save()


def be_deleted(member, team):
    member.delete()


def be_deleted_with_others(member, team):
    User.objects.filter(pk=member.pk).delete()


WAYS = {
    leave: LEFT,
    lose_the_membership: LEFT,
    be_removed_over_http: LEFT,
    be_switched_off: CLOSED,
    be_deleted: CLOSED,
    be_deleted_with_others: CLOSED,
}
each_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@pytest.fixture
def committed(django_capture_on_commit_callbacks):
    """A context whose changes are committed at its end, as far as the app can tell."""
    return lambda: django_capture_on_commit_callbacks(execute=True)


def maintain():
    return [*apps.get_app_config("stack_apikeys").maintain_api_keys()]


@each_way
def test_the_keys_of_a_team_outlive_their_creator_unless_the_setting_says_otherwise(
    way, api_key, member, team, committed
):
    with committed():
        way(member, team)
    assert maintain() == []
    assert team.api_keys.valid().get() == api_key


@each_way
def test_the_keys_of_a_team_end_when_their_creator_leaves(
    way, revoking, api_key, member, team, committed
):
    told = []

    def note(api_key, cause, **_):
        told.append((api_key.pk, cause))

    api_key_revoked.connect(note)
    others, _value = team.api_keys.create_key(created_by=UserFactory())
    servers, _value = team.api_keys.create_key()
    with translation.override("de"), committed():
        way(member, team)
    api_key_revoked.disconnect(note)
    api_key.refresh_from_db()
    assert (api_key.status, api_key.revoked_by, api_key.revoked_reason) == (
        "revoked",
        None,
        WAYS[way],
    )
    assert told == [(api_key.pk, "creator_left")]
    assert {*team.api_keys.valid()} == {others, servers}


def test_keys_of_other_teams_and_of_the_user_stay(revoking, api_key, member, team, committed):
    other = TeamFactory(creator=member)
    kept, _value = other.api_keys.create_key(actor=member)
    own, _value = member.api_keys.create_key()
    team.remove_member(member)
    assert own.is_valid()
    assert other.api_keys.valid().get() == kept
    with committed():
        be_switched_off(member, team)
    assert not other.api_keys.valid().exists()
    own.refresh_from_db()
    assert own.status == "valid"  # it cannot be used, but can again with the account


def test_a_revoked_key_keeps_its_reason(revoking, api_key, member, team):
    api_key.revoke(reason="Lost")
    team.remove_member(member)
    api_key.refresh_from_db()
    assert api_key.revoked_reason == "Lost"


def test_a_team_that_is_deleted_takes_its_keys_with_it(revoking, api_key, team, committed):
    told = []

    def note(api_key, **_):
        told.append(api_key)

    api_key_revoked.connect(note)
    with committed():
        team.delete()
    api_key_revoked.disconnect(note)
    assert not told


def test_a_user_who_may_act_costs_no_query(
    revoking, member, api_key, django_assert_num_queries, settings
):
    with django_assert_num_queries(1):
        member.save()
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ON_CREATOR_LEAVING": "keep"}
    member.is_active = False
    with django_assert_num_queries(1):
        member.save()


class NoBanned(Policy):
    def owner_may_act(self, owner):
        return super().owner_may_act(owner) and getattr(owner, "display_name", "") != "Banned"


def test_the_policy_says_who_may_not_act(revoking, configure, api_key, member, team, committed):
    configure(POLICY=f"{__name__}.NoBanned")
    member.display_name = "Banned"
    with committed():
        member.save()
    assert not team.api_keys.valid().exists()


def test_maintenance_finds_what_no_signal_tells(revoking, member, team):
    switched_off, gone, here = UserFactory(), UserFactory(), member
    for user in (switched_off, gone):
        team.add_member(user)
    for user in (switched_off, switched_off, gone, here, None):
        team.api_keys.create_key(created_by=user)
    TeamFactory(creator=here).api_keys.create_key(created_by=here)
    assert maintain() == []
    User.objects.filter(pk=switched_off.pk).update(is_active=False)
    TeamPermission.objects.filter(membership__user=gone).delete()
    TeamMembership.objects.filter(user=gone)._raw_delete("default")
    steps = maintain()
    assert steps[-1] == (3, 3)
    assert len(steps) == 2
    reasons = team.api_keys.revoked().values_list("created_by", "revoked_reason")
    assert sorted(map(str, reasons)) == sorted(
        map(str, [(switched_off.pk, CLOSED), (switched_off.pk, CLOSED), (gone.pk, LEFT)])
    )
    assert maintain() == []


def test_staff_who_may_act_for_a_team_need_not_belong_to_it(revoking, team):
    staff = UserFactory(is_staff=True, is_superuser=True)
    team.api_keys.create_key(actor=staff)
    assert maintain() == []
    User.objects.filter(pk=staff.pk).update(is_superuser=False)
    assert maintain() == [(1, 1)]


@pytest.mark.usefixtures("shared_database")
@pytest.mark.django_db(transaction=True)
def test_to_switch_a_user_off_and_to_rename_a_key_at_once_is_no_deadlock(
    revoking, monkeypatch, member, team, api_key
):
    """The rename locks the key and then the user, whom the other has locked already."""
    client = browser(member)
    url = f"/team-api-keys/{api_key.pk}"
    meanwhile = Meanwhile(lambda: client.patch(url, {"description": "renamed"}))
    revoke = leaving._revoke

    def revoke_meanwhile(*args, **kwargs):
        meanwhile.begin()
        return revoke(*args, **kwargs)

    monkeypatch.setattr(leaving, "_revoke", revoke_meanwhile)
    with transaction.atomic():
        be_switched_off(member, team)
    assert meanwhile.result().status_code in {200, 401}
    api_key.refresh_from_db()
    assert api_key.status == "revoked"
