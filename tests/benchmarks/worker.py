"""A process with one contender, which does what it is told and says how long it took.

Each order is a line of JSON on its standard input, ``[method, arguments]``; each answer is another
on its standard output.
"""

import json
import sys
from io import BytesIO
from itertools import cycle
from time import perf_counter
from typing import Any

import django
from django.core.wsgi import get_wsgi_application

from tests.benchmarks.contenders import Contender


class Worker:
    """What can be asked of a contender. Times are in microseconds, unless a name says otherwise."""

    def __init__(self, contender: Contender) -> None:
        self.contender = contender
        self.application = get_wsgi_application()
        self.open = [_environ("/open")]
        self.guarded: list[dict[str, Any]] = []

    def migrate(self) -> None:
        """Make the tables."""
        from django.core.management import call_command

        call_command("migrate", verbosity=0)
        call_command("migrate", run_syncdb=True, verbosity=0)  # the apps without migrations

    def fill(self, number: int, samples: int) -> dict[str, list[str]]:
        """Let there be so many users with a key each; return some values of each kind."""
        from tests.benchmarks.rows import fill

        good = fill(self.contender, number, samples)
        return {
            "good": good,
            "mistyped": [self.contender.mistyped(value) for value in good],
            "unknown": [self.contender.unknown() for _value in good],
        }

    def fill_one_owner(self, number: int) -> list[str]:
        """Let there be a user with so many keys; return the value of one."""
        from tests.benchmarks.rows import fill_one_owner

        return [fill_one_owner(self.contender, number)]

    def use(self, kind: str, values: list[str]) -> int:
        """Use these values from now on; return how many queries a request with one costs.

        A request with each of them comes before: the first one may cost more.
        """
        from django.db import connection
        from django.test.utils import CaptureQueriesContext

        self.guarded = [_environ("/guarded", self.contender.header(value)) for value in values]
        for environ in self.guarded:
            self._request(environ)
        with CaptureQueriesContext(connection) as queries:
            status = self._request(self.guarded[0])
        if status.startswith("200") == (kind in {"mistyped", "unknown"}):
            raise RuntimeError(f"{self.contender.name} answers {status} to a {kind} key.")
        return len(queries)

    def time(self, number: int) -> tuple[float, float]:
        """The means of so many requests to the open view, and of as many with keys."""
        return self._mean(self.open, number), self._mean(self.guarded, number)

    def call(self, name: str, *arguments: Any) -> Any:
        """Time something that is no request; `tasks.py` has them."""
        from tests.benchmarks import tasks

        return getattr(tasks, name)(self.contender, *arguments)

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
    from tests.benchmarks.settings import contender

    worker = Worker(contender)
    for line in sys.stdin:
        order, arguments = json.loads(line)
        sys.stdout.write(json.dumps(getattr(worker, order)(*arguments)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
