"""Programs that use keys, one request after the other, as fast as the site answers."""

import time
from pathlib import Path

from benchmarks.day import http
from benchmarks.day.choice import COUNTED, ENDED, VALID, Choice, States, address_of
from benchmarks.day.plan import REFUSED
from benchmarks.day.tally import Clock, Minutes, Tally


def run(client: int, port: int, total: int, states_at: Path, clock: Clock) -> list[Tally]:
    """Send requests until the clock is over. Return what came back, by the minute."""
    choice = Choice(total, client)
    minutes = Minutes(clock)
    clock.wait()
    with States.open(states_at) as states:
        while not clock.is_over:
            if choice.random.random() < REFUSED:
                _send_what_is_refused(choice, port, minutes)
            else:
                _send_a_key(choice, port, states, minutes)
    return minutes.tallies


def _send_what_is_refused(choice: Choice, port: int, minutes: Minutes) -> None:
    value, kind = choice.refused()
    begin = time.perf_counter()
    status = http.use(port, value, address_of(choice.random.randrange(1 << 24)))
    seconds = time.perf_counter() - begin
    if status == 401:
        outcome = f"refused: {kind}" if kind in COUNTED else f"refused, not counted: {kind}"
    else:
        outcome = _wrong(status, kind)
    minutes.add(outcome, seconds)


def _send_a_key(choice: Choice, port: int, states: States, minutes: Minutes) -> None:
    number = choice.popular()
    value = choice.value(number)
    before = states[number]
    begin = time.perf_counter()
    status = http.use(port, value, address_of(number))
    seconds = time.perf_counter() - begin
    minutes.add(_outcome(status, before, states[number]), seconds)


def _outcome(status: int, before: int, after: int) -> str:
    if status == 200:
        return "wrong: accepted after its end" if before == ENDED else "accepted"
    if status == 429:
        return "limited"
    if status == 401 and after != VALID:
        return "refused: ended"
    return _wrong(status, "good key")


def _wrong(status: int, what: str) -> str:
    if status >= 500:
        return f"wrong: status {status}"
    return f"wrong: status {status} for a {what}" if status else "wrong: no answer"
