"""A host may give our teams further columns."""

import pytest

from tests.hosts.test_organizations import run

pytestmark = pytest.mark.long


def test_a_host_whose_teams_are_ours_with_a_column_more():
    suite = run(
        "pytest",
        "tests/hosts/clubs/suite.py",
        "--ds=tests.hosts.clubs.settings",
        "--confcutdir=tests/hosts/clubs",  # the main suite's fixtures are about other models
        "-p",
        "no:cacheprovider",
    )
    assert suite.returncode == 0, suite.stdout + suite.stderr
