"""The official SDKs, as npm has them, and a browser that reaches nothing but this machine."""

from pathlib import Path

import pytest

from tests.chromium import chromium
from tests.npm import install_packages


@pytest.fixture(scope="session")
def npm_packages():
    """The folder with the npm packages of the projects here."""
    return install_packages(Path(__file__).parent)


@pytest.fixture(scope="session")
def browser():
    """One for all tests here.

    What is not this machine's own is not found. Routing would hide mistakes in CORS: while it is
    on, Playwright answers preflights itself.
    """
    with chromium(host_resolver_rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as browser:
        yield browser
