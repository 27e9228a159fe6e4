"""What a program that sends requests has counted, by the minute."""

import math
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

STARTING = 5
"""Seconds that the programs have to start."""

PRECISION = math.log(1.01)
"""Latencies within one percent are counted together."""


@dataclass
class Tally:
    """The requests of one minute."""

    outcomes: Counter[str] = field(default_factory=Counter)
    """The numbers of responses, by what they mean."""
    latencies: Counter[int] = field(default_factory=Counter)
    """The numbers of responses, by the logarithm of their latency."""

    def add(self, outcome: str, seconds: float) -> None:
        self.outcomes[outcome] += 1
        self.latencies[round(math.log(seconds) / PRECISION)] += 1

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.outcomes + other.outcomes, self.latencies + other.latencies)

    def as_json(self) -> dict[str, dict[Any, int]]:
        return {"outcomes": dict(self.outcomes), "latencies": dict(self.latencies)}

    @classmethod
    def from_json(cls, content: dict[str, dict[str, int]]) -> "Tally":
        latencies = {int(power): number for power, number in content["latencies"].items()}
        return cls(Counter(content["outcomes"]), Counter(latencies))

    @property
    def number(self) -> int:
        return self.latencies.total()

    def percentile(self, share: float) -> float:
        """Return the latency in milliseconds that this share of responses does not exceed."""
        passed = 0
        for power, number in sorted(self.latencies.items()):
            passed += number
            if passed >= share * self.number:
                return math.exp(power * PRECISION) * 1e3
        return 0.0


class Clock:
    """Divides the run into minutes. Its moments are the same in all processes."""

    def __init__(self, minutes: float) -> None:
        self.begin = time.monotonic() + STARTING
        self.end = self.begin + minutes * 60
        self._last = math.ceil(minutes) - 1

    @property
    def minute(self) -> int:
        """The number of this minute. What ends after the last one belongs to it."""
        return min(int((time.monotonic() - self.begin) / 60), self._last)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.end

    def wait(self, moment: float | None = None) -> None:
        """Wait for a moment, by default for the beginning."""
        time.sleep(max(0, (moment or self.begin) - time.monotonic()))

    def minutes(self) -> Iterator[float]:
        """Wait for the beginning, for each full minute and for the end; yield how long it has been."""
        for number in range(self._last + 1):
            self.wait(self.begin + number * 60)
            yield number
        self.wait(self.end)
        yield (self.end - self.begin) / 60


@dataclass
class Minutes:
    """The tallies of a run, in order."""

    clock: Clock
    tallies: list[Tally] = field(default_factory=list)

    def add(self, outcome: str, seconds: float) -> None:
        while len(self.tallies) <= self.clock.minute:
            self.tallies.append(Tally())
        self.tallies[-1].add(outcome, seconds)


def added(runs: list[list[Tally]]) -> list[Tally]:
    """Return the tallies of several programs together."""
    length = max(len(run) for run in runs)
    padded = [run + [Tally()] * (length - len(run)) for run in runs]
    return [sum(each, start=Tally()) for each in zip(*padded, strict=True)]
