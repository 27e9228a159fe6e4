"""Staff, and the owners whose keys they manage."""

import pytest
from django.test import Client

from tests.factories import TeamFactory, UserFactory


@pytest.fixture
def client():
    """The browser of a superuser."""
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com", display_name="Ada")


@pytest.fixture
def team():
    return TeamFactory(display_name="Analytical Engines")
