"""Fixtures for tests of the settings pages."""

from pathlib import Path

import pytest

import stack_apikeys
from stack_apikeys.pages import panels
from tests.factories import TeamFactory


@pytest.fixture(autouse=True)
def no_panels(monkeypatch):
    """Show the pages without what other apps add to them."""
    monkeypatch.setattr(panels, "_registered", [])


@pytest.fixture
def team(user):
    """A team whose keys ``user`` manages."""
    return TeamFactory(display_name="Engine room", creator=user)


@pytest.fixture
def client(client, user):
    """A client that is logged in as ``user``."""
    client.force_login(user)
    return client


@pytest.fixture
def own_templates(settings):
    """Use the app's templates as in a project that overrides none of them."""
    templates = Path(stack_apikeys.__file__).parent / "templates"
    settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [templates]}]
