"""Hosts record who did what, in columns that refer to a user; a team's key comes from no user."""

import pytest

from tests.hosts.test_organizations import run

pytestmark = pytest.mark.long


@pytest.mark.parametrize("primary_key", ["integer", "uuid", "char"])
def test_a_host_that_records_who_did_what(primary_key):
    suite = run(
        "pytest",
        "tests/hosts/records/suite.py",
        "tests/hosts/records/admin_suite.py",
        "--ds=tests.hosts.records.settings",
        "--confcutdir=tests/hosts/records",  # the main suite's fixtures are about other models
        "--nomigrations",  # each kind of primary key would need its own
        "-p",
        "no:cacheprovider",
        RECORDS_PRIMARY_KEY=primary_key,
    )
    assert suite.returncode == 0, suite.stdout + suite.stderr
