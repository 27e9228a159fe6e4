"""Fixtures for the pages of both owners."""

import pytest

from tests.factories import TeamFactory


@pytest.fixture(params=["user", "team"])
def team(request, user):
    """The team whose pages are opened, or None for the pages of the user."""
    return TeamFactory(creator=user) if request.param == "team" else None


@pytest.fixture
def owner(user, team):
    return team or user
