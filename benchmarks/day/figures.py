"""Figures of a day, from what was counted and sampled."""

from collections.abc import Iterator
from statistics import linear_regression, mean
from typing import Any

from benchmarks.day.tally import Tally

Outcome = dict[str, Any]

MEMORY_MINUTES = 20
"""The minutes at the end of the run in which the memory should not grow."""


class Figures:
    """The results of a run."""

    def __init__(self, outcome: Outcome) -> None:
        self.about = outcome["about"]
        self.options = outcome["options"]
        self.filled_in: float = outcome["filled_in"]
        self.minutes = [Tally.from_json(each) for each in outcome["minutes"]]
        self.changes = {what: Tally.from_json(each) for what, each in outcome["changes"].items()}
        self.tries = Tally.from_json(outcome["tries"])
        self.samples: list[dict[str, Any]] = outcome["samples"]
        self.before: dict[str, Any] = outcome["before"]
        self.after: dict[str, Any] = outcome["after"]
        self.usage: dict[str, Any] = outcome["usage"]
        self.log: str = outcome["log"]
        self.used = sum(self.minutes, start=Tally())
        self.requests = self.used.number + self.tries.number
        self.changed = sum(each.number for each in self.changes.values())
        self.seconds = self.samples[-1]["moment"] - self.samples[0]["moment"]

    def number(self, *prefixes: str) -> int:
        """Return the number of requests with keys whose outcome begins with one of these."""
        outcomes = self.used.outcomes + self.tries.outcomes
        return sum(number for name, number in outcomes.items() if name.startswith(prefixes))

    def spent(self, kind: str, name: str, first: int = 0, last: int = -1) -> float:
        """Return by how much a total has grown between two samples."""
        difference: float = self.samples[last][kind][name] - self.samples[first][kind][name]
        return difference

    def per_request(self, kind: str, name: str) -> float:
        """Return the same for a request with a key; the other requests are few."""
        return self.spent(kind, name) / self.requests

    def written(self) -> dict[str, dict[str, float]]:
        """Return the rows that were inserted and updated during the day, by table."""
        before, after = self.before["tables"], self.after["tables"]
        differences = {
            table: {name: total - before.get(table, {}).get(name, 0) for name, total in row.items()}
            for table, row in after.items()
        }
        return {table: row for table, row in sorted(differences.items()) if any(row.values())}

    def megabytes(self, sample: dict[str, Any]) -> float:
        """Return the mean size of a process of the site, with its share of shared memory."""
        return mean(share for _resident, share in sample["megabytes"])

    def resident(self, sample: dict[str, Any]) -> float:
        """Return the same with all of the shared memory."""
        return mean(resident for resident, _share in sample["megabytes"])

    def growth(self) -> float:
        """Return by how many kilobytes a process grows in a minute at the end of the run."""
        since = self.samples[-1]["moment"] - MEMORY_MINUTES * 60
        last = [sample for sample in self.samples if sample["moment"] >= since]
        moments = [sample["moment"] / 60 for sample in last]
        return linear_regression(moments, [self.megabytes(each) * 1e3 for each in last]).slope

    def wrong(self) -> Iterator[str]:
        """Yield what is not as it should be."""
        for name, number in (self.used.outcomes + self.tries.outcomes).items():
            if name.startswith("wrong"):
                yield f"{number:,} × {name}"
        expected = {"accepted": self.number("accepted"), "refused": self.number(*COUNTED)}
        for name, number in expected.items():
            for stored in (name, f"{name} by hour"):
                if self.usage[stored] != number:
                    yield f"{number:,} requests {name}, {self.usage[stored]:,} stored as {stored}"
        revoked, created, rotated = (
            self.changes[what].number for what in ("revoke", "create", "rotate")
        )
        changes = {"total": created + rotated, "successors": rotated, "revoked": revoked}
        for name, number in changes.items():
            stored = self.after["keys"][name] - self.before["keys"][name]
            if stored != number:
                yield f"{number:,} keys more are expected, {stored:,} are stored: {name}"
        if deadlocks := self.spent("database", "deadlocks"):
            yield f"{deadlocks} deadlocks"
        if self.log:
            yield f"The site has printed:\n{self.log}"


COUNTED = ("refused: ", "limited")
"""The outcomes that ``stack_apikeys.usage`` counts as refused."""
