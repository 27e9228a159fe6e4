"""Fixtures for the tests of a project that uses this app. pytest loads them automatically.

Django is not imported until a test uses one of the fixtures.
"""

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from stack_apikeys.testing import ApiClientCreator, TeamApiKeyCreator, UserApiKeyCreator


@pytest.fixture
def user_api_key(request: pytest.FixtureRequest) -> "UserApiKeyCreator":
    """``user_api_key(user, **fields)`` creates a key for a user; it returns the key and its value.

    ``fields`` are the keyword arguments of ``create_key``.
    """
    _allow_database(request)
    from stack_apikeys.testing import create_user_api_key

    return create_user_api_key


@pytest.fixture
def team_api_key(request: pytest.FixtureRequest) -> "TeamApiKeyCreator":
    """``team_api_key(team, **fields)`` creates a key for a team; it returns the key and its value.

    ``fields`` are the keyword arguments of ``create_key``.
    """
    _allow_database(request)
    from stack_apikeys.testing import create_team_api_key

    return create_team_api_key


@pytest.fixture
def api_client_with_key() -> "ApiClientCreator":
    """``api_client_with_key(value)`` returns an ``APIClient`` that sends the key over HTTPS."""
    from stack_apikeys.testing import api_client_with_key

    return api_client_with_key


def _allow_database(request: pytest.FixtureRequest) -> None:
    """Give the test access to the database, which pytest-django blocks by default."""
    if request.config.pluginmanager.has_plugin("django"):
        request.getfixturevalue("db")
