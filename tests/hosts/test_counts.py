"""A host may store the usage of keys in another database."""

import pytest

from tests.hosts.test_organizations import run

pytestmark = pytest.mark.long


def test_a_host_that_stores_usage_in_another_database():
    suite = run(
        "pytest",
        "tests/hosts/counts/suite.py",
        "--ds=tests.hosts.counts.settings",
        "-p",
        "no:cacheprovider",
    )
    assert suite.returncode == 0, suite.stdout + suite.stderr
