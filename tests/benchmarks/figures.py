"""Finds figures among the results."""

from typing import Any

from tests.benchmarks.contenders import CONTENDERS

Outcome = dict[str, Any]

OURS = ("ours", "ours-cached")


class Figures:
    """The results of a run, by what is asked for."""

    def __init__(self, outcome: Outcome) -> None:
        self.about: dict[str, Any] = outcome["about"]
        self.results: list[dict[str, Any]] = outcome["results"]

    def find(self, measure: str, **wanted: Any) -> dict[str, Any] | None:
        """The result of this measure with these properties, or None."""
        for result in self.results:
            if result["measure"] == measure and wanted.items() <= result.items():
                return result
        return None

    def values(self, name: str, measure: str = "request") -> list[Any]:
        """The different values of a property, in the order of the run."""
        return list(
            dict.fromkeys(each[name] for each in self.results if each["measure"] == measure)
        )

    @property
    def size(self) -> int:
        """The number of keys in the table for all that was measured with one number only."""
        return next(each["keys"] for each in self.results if each.get("kind") == "mistyped")

    def ratio(
        self, contender: str, way: str, *, kind: str = "good", keys: int | None = None
    ) -> Any:
        """What a request costs, in costs of the view without authentication, or None."""
        result = self.find(
            "request", contender=contender, way=way, kind=kind, keys=keys or self.size
        )
        return result and result["ratio"]["quiet"]

    def cost(self, contender: str, way: str, *, kind: str = "good", keys: int | None = None) -> Any:
        """What a request costs, in microseconds, or None."""
        result = self.find(
            "request", contender=contender, way=way, kind=kind, keys=keys or self.size
        )
        return result and result["guarded"]["quiet"]

    def http(self, contender: str, way: str, *, kind: str = "good") -> dict[str, Any] | None:
        """What was measured over HTTP, or None."""
        return self.find("http", contender=contender, way=way, kind=kind)

    def best_peer(self, way: str) -> str | None:
        """The contender with the cheapest request among those that are not ours."""
        peers = [name for name in CONTENDERS if name not in OURS and self.ratio(name, way)]
        return min(peers, key=lambda name: self.ratio(name, way), default=None)

    def ranking(self, way: str) -> list[str]:
        """The contenders by what their requests cost, the cheapest first."""
        known = [name for name in CONTENDERS if self.ratio(name, way)]
        return sorted(known, key=lambda name: self.ratio(name, way))
