"""The official SDKs, as npm has them, and a browser that reaches nothing but this machine."""

import fcntl
import subprocess
from pathlib import Path

import pytest

from tests.chromium import chromium
from tests.requirements import require_program

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def npm_packages():
    """The folder with the npm packages of the projects here, which are installed if need be."""
    npm = require_program("npm")
    require_program("node")
    installed = HERE / "node_modules"
    installed.mkdir(exist_ok=True)
    with (installed / ".pytest-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several runs at a time, one installs
        if not _is_up_to_date(installed):
            command = [npm, "install", "--no-progress", "--loglevel=error"]
            done = subprocess.run(command, cwd=HERE, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    return installed


@pytest.fixture(scope="session")
def browser():
    """One for all tests here.

    What is not this machine's own is not found. Routing would hide mistakes in CORS: while it is
    on, Playwright answers preflights itself.
    """
    with chromium(host_resolver_rules="MAP * ~NOTFOUND, EXCLUDE 127.0.0.1") as browser:
        yield browser


def _is_up_to_date(installed):
    # npm writes this file last.
    listing = installed / ".package-lock.json"
    projects = [HERE / "package.json", *HERE.glob("*/package.json")]
    newest = max(project.stat().st_mtime for project in projects)
    return listing.exists() and listing.stat().st_mtime > newest
