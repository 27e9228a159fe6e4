"""A host may give our teams further columns."""

from tests.test_organizations import run


def test_a_host_whose_teams_are_ours_with_a_column_more():
    suite = run(
        "pytest",
        "tests/clubs/suite.py",
        "--ds=tests.clubs.settings",
        "--confcutdir=tests/clubs",  # the main suite's fixtures are about other models
        "-p",
        "no:cacheprovider",
    )
    assert suite.returncode == 0, suite.stdout + suite.stderr
