"""A site under attack: gunicorn with several workers, and those who send it requests."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from email import message_from_binary_file, policy
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from example_project.models import User
from tests.factories import PASSWORD
from tests.faults.environment import PROJECT_ID, SECRETS
from tests.faults.observed import HEADER, Origin
from tests.server import HOST, PATIENCE, ROOT, free_port, wait_until

WORKERS = 4

SERVER_ACCESS = {
    "X-Stack-Access-Type": "server",
    "X-Stack-Project-Id": PROJECT_ID,
    "X-Stack-Secret-Server-Key": SECRETS["STACK_SECRET_SERVER_KEY"],
}
CLIENT_ACCESS = {
    "X-Stack-Access-Type": "client",
    "X-Stack-Project-Id": PROJECT_ID,
    "X-Stack-Publishable-Client-Key": SECRETS["STACK_PUBLISHABLE_CLIENT_KEY"],
}


@dataclass(frozen=True)
class Answer:
    """An answer that arrived whole."""

    status: int
    text: str
    origin: Origin | None = None
    """None where another framework has answered."""

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Site:
    """gunicorn with several workers, which serves the example project."""

    def __init__(self, port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
        self.port = port
        self.process = process
        self.folder = folder

    def ask(
        self, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
    ) -> Answer | None:
        """Send a request; return None where no whole answer came back."""
        content = body if body is None or isinstance(body, str) else json.dumps(body)
        kind = {} if body is None else {"Content-Type": "application/json"}
        connection = HTTPConnection(HOST, self.port, timeout=PATIENCE)
        try:
            connection.request(method, path, body=content, headers=kind | dict(headers or {}))
            response = connection.getresponse()
            origin = response.getheader(HEADER)
            return Answer(
                response.status, response.read().decode(), origin and Origin.parse(origin)
            )
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    def server(self, method: str, path: str, body: object = None) -> Answer | None:
        """Ask the API as a backend does."""
        return self.ask(method, f"/api/v1{path}", body, SERVER_ACCESS)

    def create_key(self, kind: str, owner_id: object) -> Answer | None:
        body = {f"{kind}_id": str(owner_id), "description": "", "expires_at_millis": None}
        return self.server("POST", f"/{kind}-api-keys", body)

    def revoke_key(self, kind: str, key_id: str) -> Answer | None:
        return self.server("PATCH", f"/{kind}-api-keys/{key_id}", {"revoked": True})

    def authenticate(self, kind: str, value: str) -> Answer | None:
        """Ask a view of the site that wants a key of this kind."""
        method, path = {
            "user": ("GET", "/api/protected"),
            "team": ("POST", "/api/team-protected"),
        }[kind]
        return self.ask(method, path, headers={"X-Stack-Api-Key": value})

    def sign_in(self, email: str, password: str) -> Answer | None:
        body = {"email": email, "password": password}
        return self.ask("POST", "/api/v1/auth/password/sign-in", body, CLIENT_ACCESS)

    def access(self, user: User) -> dict[str, str]:
        """Sign in, and return the headers with which the person uses the API."""
        answer = succeeded(self.sign_in(user.email, PASSWORD))
        return CLIENT_ACCESS | {"X-Stack-Access-Token": answer.json["access_token"]}

    @property
    def workers(self) -> set[int]:
        """The ids of the worker processes that run now."""
        pid = self.process.pid
        return {int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}

    def kill_a_worker(self, choice: random.Random) -> int:
        """End one of the workers at once, whatever it is doing, and wait for its successor.

        Returns the id of the process that was killed.
        """
        before = self.workers
        victim = choice.choice(sorted(before))
        os.kill(victim, signal.SIGKILL)
        wait_until(lambda: len(self.workers - {victim}) == WORKERS)
        return victim

    @property
    def log(self) -> str:
        """All that the site has printed."""
        return (self.folder / "site.log").read_text(errors="replace")

    @property
    def reports(self) -> list[str]:
        """The error reports that its admins got."""
        messages = []
        for file in self.folder.glob("reports/*"):
            with file.open("rb") as opened:
                mail = message_from_binary_file(opened, policy=policy.default)
            parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
            messages += [part.get_content() for part in parts]
        return messages


def succeeded(answer: Answer | None) -> Answer:
    """The answer, which must not be an error."""
    assert answer is not None
    assert answer.status < 300, answer
    return answer


@contextmanager
def serve(
    folder: Path,
    *,
    cache: str = "locmemcache://",
    workers: int = WORKERS,
    threads: int = 1,
    environment: Mapping[str, str] | None = None,
    **stack_apikeys: object,
) -> Iterator[Site]:
    """The site with these settings of the app, until the block ends."""
    settings = {"FAULTS_STACK_APIKEYS": json.dumps(stack_apikeys), "CACHE_URL": cache}
    settings |= environment or {}
    command = ["gunicorn", "example_project.wsgi:application", "--preload", "--no-control-socket"]
    command += [f"--bind={HOST}:{{port}}", f"--workers={workers}", f"--threads={threads}"]
    command += [f"--timeout={PATIENCE}"]
    with _run(folder, command, settings) as site:
        wait_until(lambda: len(site.workers) == workers)
        yield site


@contextmanager
def serve_asgi(
    folder: Path,
    *,
    workers: int = 1,
    environment: Mapping[str, str] | None = None,
    **stack_apikeys: object,
) -> Iterator[Site]:
    """The site as a part of an application of FastAPI, in uvicorn's processes."""
    settings = {"FAULTS_STACK_APIKEYS": json.dumps(stack_apikeys)}
    settings |= environment or {}
    command = ["uvicorn", "tests.faults.asgi:application", f"--host={HOST}", "--port={port}"]
    command += [f"--workers={workers}", "--no-access-log"]
    with _run(folder, command, settings) as site:
        yield site


@contextmanager
def _run(folder: Path, command: list[str], settings: Mapping[str, str]) -> Iterator[Site]:
    with free_port() as port, (folder / "site.log").open("ab") as log:
        arguments = [argument.format(port=port) for argument in command]
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments, "--log-level=warning"],
            cwd=ROOT,
            env=os.environ | settings,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        site = Site(port, process, folder)
        try:
            wait_until(lambda: process.poll() is not None or site.ask("GET", "/health"))
            if process.poll() is not None:
                raise RuntimeError(f"The server has ended. It has said:\n{site.log}")
            yield site
        finally:
            process.terminate()
            process.wait()


@contextmanager
def in_parallel(number: int, task: Callable[[int], object]) -> Iterator[None]:
    """Run the task in so many threads while the block runs, and wait for them at its end.

    Each gets its number. An exception of one is raised at the end.
    """
    errors: list[BaseException] = []

    def run(position: int) -> None:
        try:
            task(position)
        except BaseException as error:  # noqa: BLE001  # raised below
            errors.append(error)

    threads = [threading.Thread(target=run, args=[position]) for position in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()
    for error in errors:
        raise error
