"""A process that measures one contender.

It reads lines of JSON, ``[method, arguments]``, from standard input, and writes the result of each
call as a line of JSON to standard output.
"""

import json
import sys
from importlib import import_module
from io import BytesIO
from itertools import cycle
from time import perf_counter
from typing import Any
from unittest.mock import patch

import django
from django.core.wsgi import get_wsgi_application

from benchmarks.contenders import Contender


class Worker:
    """The methods that can be called. Times are in microseconds."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.application = get_wsgi_application()
        self.open = [_environ("/open")]
        self.guarded: list[dict[str, Any]] = []

    def migrate(self) -> None:
        """Create the tables."""
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("migrate", run_syncdb=True, verbosity=0)  # the apps without migrations

    def fill(self, number: int, samples: int) -> dict[str, list[str]]:
        """Create users with a key each until there are ``number``. Return values of each kind."""
        from benchmarks.rows import fill

        good = fill(self.contender, number, samples)
        return {
            "good": good,
            "mistyped": [self.contender.mistyped(value) for value in good],
            "unknown": [self.contender.unknown() for _value in good],
        }

    def fill_one_owner(self, number: int) -> list[str]:
        """Create a user with this number of keys. Return the value of one."""
        from benchmarks.rows import fill_one_owner

        return [fill_one_owner(self.contender, number)]

    def use(self, kind: str, values: list[str]) -> int:
        """Use these values in the next measurements. Return the number of queries of a request.

        Sends one request with each of them first, because it may take longer.
        """
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self.guarded = [_environ("/guarded", self.contender.header(value)) for value in values]
        for environ in self.guarded:
            self._request(environ)
        with CaptureQueriesContext(connection) as queries:
            status = self._request(self.guarded[0])
        if status.startswith("200") == (kind in {"mistyped", "unknown"}):
            raise RuntimeError(f"{self.contender.name} responds with {status} to a {kind} key.")
        return len(queries)

    def round_trips(self) -> int:
        """Return how often a request with a key waits for Redis."""
        from redis.connection import AbstractConnection

        send = AbstractConnection.send_packed_command
        with patch.object(
            AbstractConnection, "send_packed_command", autospec=True, side_effect=send
        ) as sent:
            self._request(self.guarded[0])
        return sent.call_count

    def time(self, number: int) -> tuple[float, float]:
        """Return the mean times of requests to the open view and of requests with keys."""
        return self._mean(self.open, number), self._mean(self.guarded, number)

    def call(self, name: str, *arguments: Any) -> Any:
        """Run a task of `benchmarks.tasks`, or of another module, as in ``"usage.page"``."""
        module, _, function = name.rpartition(".")
        tasks = import_module(f"benchmarks.{module or 'tasks'}")
        return getattr(tasks, function)(self.contender, *arguments)

    def _mean(self, environs: list[dict[str, Any]], number: int) -> float:
        chosen = [environ for environ, _ in zip(cycle(environs), range(number), strict=False)]
        begin = perf_counter()
        for environ in chosen:
            self._request(environ)
        return (perf_counter() - begin) / number * 1e6

    def _request(self, environ: dict[str, Any]) -> str:
        statuses: list[str] = []
        response = self.application(
            {**environ, "wsgi.input": BytesIO()}, lambda status, _headers: statuses.append(status)
        )
        for _chunk in response:
            pass
        response.close()
        return statuses[0]


def _environ(path: str, header: tuple[str, str] | None = None) -> dict[str, Any]:
    environ = {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": "",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "127.0.0.1",
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "benchmark",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    if header:
        name, value = header
        environ[f"HTTP_{name.upper().replace('-', '_')}"] = value
    return environ


def main() -> None:
    django.setup()
    from benchmarks.settings import contender

    worker = Worker(contender)
    for line in sys.stdin:
        order, arguments = json.loads(line)
        sys.stdout.write(json.dumps(getattr(worker, order)(*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
