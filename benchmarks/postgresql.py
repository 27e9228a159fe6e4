"""A PostgreSQL server of the benchmark's own, with the settings of a new installation."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.databases import Postgresql
from benchmarks.processes import HOST

USER = "postgres"

INSTALLED = Path("/usr/lib/postgresql")
"""Where Debian has its versions, which are not on the path."""


def programs() -> Path | None:
    """Return the folder with ``initdb`` and ``postgres``, or None."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).parent
    folders = sorted(INSTALLED.glob("*/bin"), key=lambda folder: int(folder.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


@contextmanager
def run_server(programs: Path, folder: Path) -> Iterator[Postgresql]:
    """Run a server in a new folder, until the block ends."""
    folder.mkdir()
    user = USER if os.geteuid() == 0 else None  # it refuses to run as root
    if user is not None:
        shutil.chown(folder, user)
        folder.parent.chmod(0o755)
    data = folder / "data"
    command = [programs / "initdb", "--pgdata", data, "--username", USER, "--auth", "trust"]
    subprocess.run(command, user=user, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
    command = [programs / "postgres", "-D", data, "-p", str(port), "-k", folder]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "-h", HOST], user=user, cwd=folder, stderr=log)
    server = Postgresql(f"postgres://{USER}@{HOST}:{port}/postgres", process_id=process.pid)
    try:
        _wait(server, process)
        yield server
    finally:
        process.terminate()
        process.wait()


def _wait(server: Postgresql, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 300
    while not server.answers:
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("PostgreSQL does not start.")
        time.sleep(0.1)
