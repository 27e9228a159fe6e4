"""npm packages that tests use, installed into the folder whose ``package.json`` lists them."""

import fcntl
import subprocess
from pathlib import Path

from tests.requirements import require_program


def install_packages(folder: Path) -> Path:
    """Return ``folder``'s ``node_modules``, after installing what is missing or out of date."""
    npm = require_program("npm")
    require_program("node")
    installed = folder / "node_modules"
    installed.mkdir(exist_ok=True)
    with (installed / ".pytest-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several runs at a time, one installs
        if not _is_up_to_date(folder):
            command = [npm, "install", "--no-progress", "--loglevel=error"]
            done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr
    return installed


def _is_up_to_date(folder: Path) -> bool:
    # npm writes this file last.
    listing = folder / "node_modules" / ".package-lock.json"
    projects = [folder / "package.json", *folder.glob("*/package.json")]
    newest = max(project.stat().st_mtime for project in projects)
    return listing.exists() and listing.stat().st_mtime > newest
