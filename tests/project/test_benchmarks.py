"""The benchmarks run; what they measure is for those who ask."""

import json
import subprocess
import sys
from xml.etree import ElementTree

import pytest

from benchmarks.plan import QUICK
from tests import ROOT


@pytest.mark.long
def test_the_benchmarks_run_and_tell_what_has_come_out(tmp_path):
    options = ["--quick", "--postgresql=", f"--output={tmp_path}"]
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", *options],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads((tmp_path / "results.json").read_text())["results"]
    queries = {
        (result["contender"], result["kind"]): result["queries"]
        for result in results
        if result["measure"] == "request"
    }
    assert queries["ours", "good"] == queries["ours", "unknown"] == 1
    assert queries["ours-usage", "good"] == 1
    assert queries["ours", "mistyped"] == queries["ours-cached", "good"] == 0
    assert queries["authtoken", "good"] == 1
    round_trips = {
        result["round_trips"]
        for result in results
        if (result["measure"], result["contender"]) == ("request", "ours-rates")
    }
    assert round_trips <= {0, 1}  # none without Redis
    [counting] = [result for result in results if result["measure"] == "counting"]
    assert counting["requests"] == QUICK.counted
    assert counting["transactions"] <= QUICK.counted_minutes
    table = (tmp_path / "benchmark.md").read_text()
    assert "## Over HTTP" in table
    chart = "".join(ElementTree.parse(tmp_path / "chart.svg").getroot().itertext())
    for title in ("django-stack-apikeys", "DRF TokenAuthentication"):
        assert title in table
        assert title in chart


@pytest.mark.long
def test_requests_over_http_are_measured_alone(tmp_path):
    options = ["--quick", "--only-http", "--postgresql=", "--only", "ours", "authtoken"]
    command = [sys.executable, "-m", "benchmarks", *options, f"--output={tmp_path}"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    results = json.loads((tmp_path / "results.json").read_text())["results"]
    assert {result["measure"] for result in results} == {"http"}
    assert {result["contender"] for result in results} == {"ours", "authtoken"}
    assert "DRF TokenAuthentication, SQLite" in (tmp_path / "benchmark.md").read_text()
