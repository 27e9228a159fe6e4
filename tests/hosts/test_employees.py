"""A host may have users in two tables, and read them from a replica."""

import pytest

from tests.hosts.test_organizations import run

pytestmark = pytest.mark.long


def test_a_host_with_users_in_two_tables_that_are_read_from_a_replica():
    suite = run(
        "pytest",
        "tests/hosts/employees/suite.py",
        "--ds=tests.hosts.employees.settings",
        "--confcutdir=tests/hosts/employees",  # the main suite's fixtures are about other models
        "-p",
        "no:cacheprovider",
    )
    assert suite.returncode == 0, suite.stdout + suite.stderr
