"""A program that creates, rotates and revokes keys over the HTTP API, and tries the keys out."""

import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

from benchmarks.day import http
from benchmarks.day.choice import CHANGING, ENDED, VALID, Choice, States, address_of
from benchmarks.day.plan import EACH_MINUTE
from benchmarks.day.tally import Clock, Minutes, Tally

GRACE = 3
"""How many seconds after a change it is expected everywhere, if the processes keep keys: the time after
which a process that hears nothing uses nothing that it keeps."""

TRIES = 4
"""How often a key is used after a change, so that most of the site's processes are asked."""


class Changed(NamedTuple):
    """The changes, and the requests with the keys that were changed, by the minute."""

    changes: dict[str, list[Tally]]
    tries: list[Tally]


def run(port: int, total: int, states_at: Path, clock: Clock, cache_seconds: int) -> Changed:
    """Change keys until the clock is over, each time as far into a minute as in every other."""
    choice = Choice(total, "changes")
    what_to_do = [what for what, number in EACH_MINUTE.items() for _ in range(number)]
    choice.random.shuffle(what_to_do)
    with States.open(states_at) as states:
        program = Program(port, choice, states, clock, GRACE if cache_seconds else 0)
        for position, what in enumerate(cycle(what_to_do)):
            due = clock.begin + position * 60 / len(what_to_do)
            if due >= clock.end:
                break
            clock.wait(due)
            getattr(program, what)()
        while program.ended:
            clock.wait(program.ended[0][0])
            program.try_the_ended()
    return Changed(
        {what: minutes.tallies for what, minutes in program.changes.items()}, program.tries.tallies
    )


class Program:
    """Makes one change after the other."""

    def __init__(
        self, port: int, choice: Choice, states: States, clock: Clock, grace: float
    ) -> None:
        self.port = port
        self.choice = choice
        self.states = states
        self.grace = grace
        """How many seconds after a change it is expected everywhere."""
        self.ended: deque[tuple[float, int]] = deque()
        """The keys that are to be tried, with the time from which on."""
        self.changes = {what: Minutes(clock) for what in EACH_MINUTE}
        self.tries = Minutes(clock)

    def revoke(self) -> None:
        with self._ending() as number:
            self._change("revoke", "PATCH", f"/{self.choice.id(number)}", {"revoked": True})

    def rotate(self) -> None:
        with self._ending() as number:
            path = f"/{self.choice.id(number)}/rotate"
            created = self._change("rotate", "POST", path, {"overlap_millis": 0})
        self._try(created["value"], number, "accepted")

    def create(self) -> None:
        owner = self.choice.random.randrange(1, self.choice.owners) + 1
        body = {"user_id": str(owner), "description": "CI", "expires_at_millis": None}
        created = self._change("create", "POST", "", body)
        self._try(created["value"], owner, "accepted")

    @contextmanager
    def _ending(self) -> Iterator[int]:
        """Choose a key, whose state is unknown while the block ends it, and try it when it is known."""
        number = self.choice.any()
        while self.states[number] != VALID:
            number = self.choice.any()
        self.states[number] = CHANGING
        yield number
        self.ended.append((time.monotonic() + self.grace, number))
        self.try_the_ended()

    def try_the_ended(self) -> None:
        """Try the keys whose change is expected everywhere by now."""
        while self.ended and self.ended[0][0] <= time.monotonic():
            _due, number = self.ended.popleft()
            self.states[number] = ENDED
            self._try(self.choice.value(number), number, "refused: ended")

    def _change(self, what: str, method: str, path: str, body: object) -> dict[str, str]:
        begin = time.perf_counter()
        status, answer = http.change(self.port, method, path, body)
        if status != 200:
            raise RuntimeError(f"The site answers a request to {what} a key with {status}.")
        self.changes[what].add("done", time.perf_counter() - begin)
        return answer

    def _try(self, value: str, number: int, expected: str) -> None:
        for _ in range(TRIES):
            begin = time.perf_counter()
            status = http.use(self.port, value, address_of(number))
            outcome = {200: "accepted", 401: "refused: ended"}.get(status, f"status {status}")
            if outcome != expected:
                outcome = f"wrong: {outcome} after a change"
            self.tries.add(outcome, time.perf_counter() - begin)
