"""A team with two members."""

import pytest

from stack_apikeys.teams.models import Team
from tests.factories import UserFactory


@pytest.fixture
def creator():
    return UserFactory(display_name="Ada")


@pytest.fixture
def member(team):
    member = UserFactory(display_name="Grace")
    team.add_member(member)
    return member


@pytest.fixture
def team(creator):
    return Team.objects.create_team(display_name="Analysts", creator=creator)
