"""What the site tells of its processes: which one answers, when, and when it hears of a change.

All moments are those of the monotonic clock, which processes of one machine share.
"""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from django.apps import AppConfig
from django.conf import settings
from django.http import HttpRequest, HttpResponse

HEADER = "X-Process"


class Origin(NamedTuple):
    """The id of a process, and the moment at which it sent an answer."""

    process: int
    moment: float

    @classmethod
    def parse(cls, text: str) -> "Origin":
        process, moment = text.split()
        return cls(int(process), float(moment))


class Hearing(NamedTuple):
    """A process has dropped what it kept of the rows that a message names."""

    process: int
    moment: float
    message: str


def name_process(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware that adds the `Origin` to each response."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        response[HEADER] = f"{os.getpid()} {time.monotonic()}"
        return response

    return middleware


class ObservedConfig(AppConfig):
    """Writes a line to the file ``FAULTS_HEARD`` for each `Hearing`."""

    name = "tests.faults.observed"

    def ready(self) -> None:
        from stack_apikeys.verification import invalidation

        hear = invalidation.hear

        def hear_and_write(message: str) -> None:
            hear(message)
            line = f"{os.getpid()} {time.monotonic()} {message}\n"
            with Path(settings.FAULTS_HEARD).open("ab", buffering=0) as file:
                file.write(line.encode())  # at once, so that lines of processes do not mix

        invalidation.hear = hear_and_write


def hearings(file: Path) -> list[Hearing]:
    """Return what the processes have written to the file."""
    found = []
    for line in file.read_text().splitlines():
        process, moment, message = line.split(maxsplit=2)
        found.append(Hearing(int(process), float(moment), message))
    return found
