"""The official SDK for Node.js: what it does in ``node/*.test.js`` against the demo.

Each of these files is run as a program of its own that knows of the demo only what
``manage.py demo --env`` prints.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tests.requirements import require_program

HERE = Path(__file__).with_name("node")

SUITES = sorted(path.name for path in HERE.glob("*.test.js"))


@pytest.fixture
def run_suite(npm_packages, demo):
    """Runs one of the suites, and returns the finished process."""
    node = require_program("node")
    environment = os.environ | demo.environment | {"STACK_API_URL": demo.base_url}

    def run(suite):
        # Caches of the SDK would keep the process alive for seconds after the last test.
        options = ["--import", "./loopback_only.js", "--test", "--test-force-exit"]
        command = [node, *options, "--test-reporter=spec", suite]
        return subprocess.run(
            command,
            cwd=HERE,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=120,
            check=False,
        )

    return run


@pytest.mark.parametrize("suite", SUITES)
def test_the_suite_passes(run_suite, suite):
    done = run_suite(suite)
    assert done.returncode == 0, done.stdout
