"""Real servers for tests: programs of their own, each at a free port of this machine."""

import fcntl
import os
import random
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from tempfile import gettempdir
from typing import Any

import requests

from tests import ROOT

HOST = "127.0.0.1"
PATIENCE = 300
"""Seconds to wait for a server on a busy machine. Nothing depends on how long it really takes."""


@dataclass(frozen=True)
class Server:
    """A server that runs, where it is, and the file with all that it has printed."""

    port: int
    log: Path

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port}"

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        with requests.Session() as session:
            session.trust_env = False  # no proxy stands between this machine and itself
            return session.request(method, self.base_url + path, timeout=PATIENCE, **options)


@dataclass(frozen=True)
class Demo(Server):
    """The demo, and what ``manage.py demo --env`` says of it."""

    environment: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.environment[name]

    def emails_to(self, address: str) -> list[EmailMessage]:
        """The e-mails that the demo has sent to this address, oldest first."""
        files = sorted(self.mail_folder.glob("*.log"), key=lambda file: file.stat().st_mtime_ns)
        # Django separates the e-mails in a file by a line of hyphens.
        texts = [text for file in files for text in file.read_bytes().split(b"-" * 79 + b"\n")[:-1]]
        emails = [message_from_bytes(text, policy=policy.default) for text in texts]
        return [email for email in emails if email["To"] == address]

    @property
    def mail_folder(self) -> Path:
        """Where the demo leaves its e-mails, a file each."""
        return self.log.parent / "mail"

    @property
    def server_access(self) -> dict[str, str]:
        """The headers of a backend that may do everything."""
        return {
            "x-stack-access-type": "server",
            "x-stack-project-id": self["STACK_PROJECT_ID"],
            "x-stack-secret-server-key": self["STACK_SECRET_SERVER_KEY"],
        }

    def owner(self, kind: str) -> str:
        """The id of the first user, or of the team."""
        return self[{"user": "USER1_ID", "team": "TEAM_ID"}[kind]]

    def create_key(self, kind: str, *, expires_at_millis: int | None = None) -> dict[str, Any]:
        """A new key of the first user or of the team, with its value."""
        response = self.request(
            "POST",
            f"/api/v1/{kind}-api-keys",
            headers=self.server_access,
            json={
                f"{kind}_id": self.owner(kind),
                "description": "For a test",
                "expires_at_millis": expires_at_millis,
            },
        )
        response.raise_for_status()
        return response.json()


@contextmanager
def serve_demo(folder: Path) -> Iterator[Demo]:
    """``manage.py demo``, with a new database in ``folder``, until the block ends."""
    with free_port() as port:
        yield from _serve_demo(folder, port)


def _serve_demo(folder: Path, port: int) -> Iterator[Demo]:
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}",
        "DEBUG": "True",
        "EMAIL_FOLDER": str(folder / "mail"),
        "DJANGO_SETTINGS_MODULE": "tests.demo_settings",
    }
    command = ["-W", "error", "manage.py", "demo"]
    address = f"{HOST}:{port}"
    variables = subprocess.run(
        [sys.executable, *command, "--env", address],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    demo = Demo(
        port=port,
        log=folder / "demo.log",
        environment=dict(line.split("=", 1) for line in shlex.split(variables)),
    )
    arguments = [sys.executable, *command, address]
    with _running(arguments, demo, folder=ROOT, environment=environment):
        yield demo


@contextmanager
def serve_sample(
    command: Sequence[str],
    demo: Demo,
    *,
    folder: Path,
    log: Path,
    program: str = sys.executable,
) -> Iterator[Server]:
    """An application that talks to the demo, until the block ends.

    ``command`` is for ``program``, run in ``folder``; ``{port}`` in it becomes the port to listen
    at.
    """
    environment = os.environ | demo.environment | {"NO_PROXY": HOST}
    with free_port() as port:
        server = Server(port=port, log=log)
        arguments = [program, *(argument.format(port=port) for argument in command)]
        with _running(arguments, server, folder=folder, environment=environment):
            yield server


@contextmanager
def free_port() -> Iterator[int]:
    """A port that nobody listens at, and that no other run of these tests takes meanwhile.

    It lies below those that the system gives to whoever asks for any.
    """
    while True:
        port = random.SystemRandom().randrange(20_000, 32_000)
        with Path(gettempdir(), f"stack_apikeys-tests-port-{port}").open("w") as reservation:
            try:
                fcntl.flock(reservation, fcntl.LOCK_EX | fcntl.LOCK_NB)
                socket.create_server((HOST, port)).close()
            except OSError:
                continue
            yield port
            return


def wait_until(state: Callable[[], object]) -> None:
    """Wait for a state that comes, however long it takes. Raises TimeoutError if it never does."""
    deadline = time.monotonic() + PATIENCE
    while not state():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.005)


@contextmanager
def _running(
    command: Sequence[str], server: Server, *, folder: Path, environment: Mapping[str, str]
) -> Iterator[None]:
    with server.log.open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_until_it_answers(process, server)
        yield
    finally:
        _stop(process)


def _wait_until_it_answers(process: subprocess.Popen[bytes], server: Server) -> None:
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection((HOST, server.port), timeout=1):
            return
        time.sleep(0.05)
    said = server.log.read_text(errors="replace")
    raise RuntimeError(f"The server does not answer. It has said:\n{said}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    # As a person at the terminal does, so that the server ends in order.
    process.send_signal(signal.SIGINT)
    try:
        process.wait(timeout=60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
