"""Who may see and manage whose keys."""

from uuid import uuid4

import pytest
from django.contrib.auth.models import AnonymousUser

from stack_apikeys import exceptions
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.policy import Policy
from stack_apikeys.principal import TeamPrincipal
from stack_apikeys.rights import owner_managed_by, teams_managed_by
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_a_user_manages_only_their_own_keys():
    user = UserFactory()
    assert owner_managed_by(user, UserApiKey, str(user.pk)) == user
    with pytest.raises(exceptions.NotOwnApiKeys):
        owner_managed_by(user, UserApiKey, UserFactory().pk)


def test_members_with_the_permission_manage_the_keys_of_a_team():
    user, team = UserFactory(), TeamFactory()
    with pytest.raises(exceptions.ApiKeyNotFound):
        owner_managed_by(user, TeamApiKey, team.pk)
    team.add_member(user)
    with pytest.raises(exceptions.ApiKeyNotFound):
        owner_managed_by(user, TeamApiKey, team.pk)
    assert teams_managed_by(user) == []
    team.grant(user, "$manage_api_keys")
    assert owner_managed_by(user, TeamApiKey, team.pk) == team
    assert teams_managed_by(user) == [team]


def test_an_unknown_team_looks_like_one_without_permission():
    with pytest.raises(exceptions.ApiKeyNotFound):
        owner_managed_by(UserFactory(), TeamApiKey, uuid4())


@pytest.mark.parametrize(
    "make_user",
    [
        AnonymousUser,
        lambda: UserFactory(is_active=False),
        lambda: TeamPrincipal(TeamFactory()),
    ],
    ids=["anonymous", "inactive", "team"],
)
def test_only_active_users_manage_keys(make_user):
    user = make_user()
    with pytest.raises(exceptions.UserAuthenticationRequired):
        owner_managed_by(user, UserApiKey, user.pk)


def test_nobody_manages_the_keys_of_a_team_that_may_not_act(monkeypatch):
    manager = UserFactory()
    team = TeamFactory(creator=manager)
    monkeypatch.setattr(Policy, "owner_may_act", lambda _self, owner: owner == manager)
    with pytest.raises(exceptions.ApiKeyNotFound):
        owner_managed_by(manager, TeamApiKey, team.pk)
    assert teams_managed_by(manager) == []
