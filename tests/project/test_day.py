"""The day of a big site, in a few seconds: all requests are answered, and all are counted."""

import json
import subprocess
import sys

import pytest

from benchmarks.databases import Postgresql
from benchmarks.day.plan import EACH_MINUTE
from tests import ROOT
from tests.faults.redis_server import serve_redis
from tests.requirements import require, require_program

POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"


@pytest.mark.long
@pytest.mark.parametrize("cache_seconds", [0, 30])
def test_a_short_day_passes_and_every_request_is_counted(tmp_path, cache_seconds):
    require("PostgreSQL at port 5432", present=Postgresql(POSTGRESQL).answers)
    require_program("redis-server")
    results = tmp_path / "day.json"
    options = ["--keys=1000", "--minutes=0.1", "--workers=2", "--clients=2"]
    options += [f"--cache-seconds={cache_seconds}", f"--postgresql={POSTGRESQL}"]
    options += [f"--output={results}"]
    with serve_redis(tmp_path) as redis:
        day = subprocess.run(
            [sys.executable, "-m", "benchmarks.day", *options, f"--redis={redis.url}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    assert day.returncode == 0, day.stdout + day.stderr
    outcome = json.loads(results.read_text())
    outcomes = [each["outcomes"] for each in (*outcome["minutes"], outcome["tries"])]
    numbers = {
        name: sum(each.get(name, 0) for each in outcomes) for each in outcomes for name in each
    }
    accepted = numbers.pop("accepted")
    assert accepted
    assert not [name for name in numbers if name.startswith("wrong")]
    refused = sum(number for name, number in numbers.items() if "not counted" not in name)
    usage = outcome["usage"]
    assert usage["accepted"] == usage["accepted by hour"] == accepted
    assert usage["refused"] == usage["refused by hour"] == refused
    changes = sum(sum(each["outcomes"].values()) for each in outcome["changes"].values())
    assert 0 < changes <= sum(EACH_MINUTE.values()) / 10 + 1
    ended = sum(sum(outcome["changes"][what]["outcomes"].values()) for what in ("revoke", "rotate"))
    assert outcome["tries"]["outcomes"].get("refused: ended", 0) == 4 * ended
    assert "| requests with a key |" in day.stdout
