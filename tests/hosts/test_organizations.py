"""Hosts differ: in their users' ids, and in what they call a team."""

import os
import subprocess
import sys

import pytest

from tests import ROOT

pytestmark = pytest.mark.long


def run(*arguments, **environment):
    """Run a module of Python's in the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", *arguments],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_host_with_integer_ids_and_teams_of_its_own():
    suite = run(
        "pytest",
        "tests/hosts/organizations/suite.py",
        "tests/hosts/organizations/sdk_suite.py",
        "tests/hosts/organizations/spellings_suite.py",
        "--ds=tests.hosts.organizations.settings",
        "--confcutdir=tests/hosts/organizations",  # the main suite's fixtures are about other models
        "-p",
        "no:cacheprovider",
    )
    assert suite.returncode == 0, suite.stdout + suite.stderr


@pytest.mark.parametrize(
    "settings",
    [
        "example_project.settings",
        "tests.hosts.organizations.settings",
        "tests.hosts.clubs.settings",
        "tests.hosts.employees.settings",
    ],
)
def test_no_host_gets_migrations_of_its_own_making(settings):
    changes = run(
        "django",
        "makemigrations",
        "--check",
        "--dry-run",
        f"--settings={settings}",
        DATABASE_URL="sqlite://:memory:",
    )
    assert changes.returncode == 0, changes.stdout + changes.stderr
