"""What every test may rely on."""

from django.db import connection

from tests.requirements import require


def pytest_runtest_setup(item):
    if item.get_closest_marker("postgresql"):
        require("PostgreSQL", present=connection.vendor == "postgresql")
