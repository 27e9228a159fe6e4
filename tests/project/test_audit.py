"""What CI makes of pip-audit's reports."""

import json
import subprocess
import sys

import pytest

from tests import ROOT

SCRIPT = ROOT / ".ci" / "audit.py"

SAFE = {"name": "safe", "version": "1.0", "vulns": []}
VULNERABLE = {"name": "old", "version": "0.1", "vulns": [{"id": "CVE-2020-1"}]}
UNKNOWN = {"name": "unknown", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("dependencies", "status", "said"),
    [
        ([SAFE], 0, "Audited 1 of 1 packages."),
        ([SAFE, UNKNOWN], 0, "does not answer for them: unknown."),
        ([SAFE, VULNERABLE], 1, "old 0.1: CVE-2020-1"),
        (None, 0, "Not audited"),
    ],
    ids=["safe", "not found", "vulnerable", "service out of reach"],
)
def test_only_a_known_vulnerability_fails_the_run(dependencies, status, said, tmp_path):
    report = tmp_path / "audit.json"
    report.write_text("" if dependencies is None else json.dumps({"dependencies": dependencies}))
    audit = subprocess.run(
        [sys.executable, SCRIPT, report], capture_output=True, text=True, check=False
    )
    assert audit.returncode == status
    assert said in audit.stdout
