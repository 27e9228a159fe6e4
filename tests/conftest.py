"""What every test may rely on."""

import pytest
from django.core.cache import cache
from django.db import connection

from tests.server import serve_demo


def pytest_report_header():
    return f"database: {connection.vendor}"


def pytest_collection_modifyitems(config, items):
    left_out = [item for item in items if not _is_for_this_database(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if item not in left_out]
    # xdist gives each worker two tests to begin with: none begins with two long ones.
    for position, item in enumerate(filter(_is_long, [*items])):
        items.remove(item)
        items.insert(2 * position, item)


def _is_long(item):
    return item.get_closest_marker("long") is not None


def _is_for_this_database(item):
    """All tests run on SQLite, and elsewhere those that the database can make a difference to.

    `test_databases.py` runs them there.
    """
    if item.get_closest_marker("postgresql") and connection.vendor != "postgresql":
        return False
    if connection.vendor == "sqlite":
        return True
    return item.get_closest_marker("django_db") or {"db", "transactional_db"} & {*item.fixturenames}


@pytest.fixture(autouse=True)
def forget_what_was_counted():
    """Attempts of one test are no others' attempts."""
    cache.clear()


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The demo as a visitor runs it: a program of its own, with a database of its own."""
    with serve_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running
