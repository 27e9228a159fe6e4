"""Programs of a cluster, as processes of this one."""

import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path


def user_for(*names: str) -> str | None:
    """Return who runs a server that refuses to run as root: the first of these who exists.

    Returns None if we are not root, and run it ourselves.
    """
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in (*names, "nobody") if name in known)


def give(folder: Path, user: str | None) -> None:
    """Make the folder if it is not there, and let the user write into it."""
    folder.mkdir(exist_ok=True)
    if user is not None:
        shutil.chown(folder, user)


class Program:
    """A program that runs in the foreground, and can be stopped and started again."""

    def __init__(self, command: Sequence[object], *, user: str | None, log: Path) -> None:
        self._command = [*map(str, command)]
        self._user = user
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it. Whether it is ready is for the caller to find out."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                user=self._user,
                group=None if self._user is None else pwd.getpwnam(self._user).pw_gid,
                extra_groups=None if self._user is None else [],
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Send it the signal, and wait until it has ended. Does nothing if it does not run."""
        if self._process is not None:
            self.signal(how)
            self._process.wait()
            self._process = None

    def signal(self, which: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(which)

    def require_alive(self) -> None:
        """Raise RuntimeError, with what it has printed, if it has ended by itself."""
        if self._process is None or self._process.poll() is not None:
            said = self._log.read_text(errors="replace")
            raise RuntimeError(f"The server has ended. It has said:\n{said}")
