"""A real server holds what it promises while it is attacked. `python -m tests.faults` does more."""

import subprocess
import sys

import pytest

from tests import ROOT
from tests.faults.databases import DATABASES, why_not
from tests.requirements import require, require_program


@pytest.mark.long
@pytest.mark.parametrize("database", DATABASES)
def test_races_and_faults_break_nothing_on(database):
    reason = why_not(database)
    require(f"{database} ({reason})", present=reason is None)
    require_program("redis-server")
    attack = subprocess.run(
        [sys.executable, "-m", "tests.faults", "--brief", "--database", database],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert attack.returncode == 0, attack.stdout
    assert "figures are as they must be" in attack.stdout
