"""What every test may rely on."""

import pytest
from django.db import connection

from tests.requirements import require
from tests.server import serve_demo


def pytest_runtest_setup(item):
    if item.get_closest_marker("postgresql"):
        require("PostgreSQL", present=connection.vendor == "postgresql")


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The demo as a visitor runs it: a program of its own, with a database of its own."""
    with serve_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running
