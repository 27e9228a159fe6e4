"""Look up figures in the results."""

from typing import Any

from benchmarks.contenders import CONTENDERS, PREPARED, Contender

Outcome = dict[str, Any]

NAMED: dict[str, Contender] = {**CONTENDERS, PREPARED.name: PREPARED}
"""Whatever results can be of, by name."""

OURS = ("ours", "ours-prepared", "ours-cached", "ours-usage", "ours-rates")


class Figures:
    """The results of a run."""

    def __init__(self, outcome: Outcome) -> None:
        self.about: dict[str, Any] = outcome["about"]
        self.results: list[dict[str, Any]] = outcome["results"]

    def find(self, measure: str, **wanted: Any) -> dict[str, Any] | None:
        """Return the first result of this measure with these properties, or None."""
        for result in self.results:
            if result["measure"] == measure and wanted.items() <= result.items():
                return result
        return None

    def values(self, name: str, measure: str = "request") -> list[Any]:
        """Return the distinct values of a property, in order."""
        return list(
            dict.fromkeys(each[name] for each in self.results if each["measure"] == measure)
        )

    @property
    def size(self) -> int:
        """The number of keys in measurements with a single number."""
        return next(each["keys"] for each in self.results if each.get("kind") == "mistyped")

    def ratio(
        self, contender: str, way: str, *, kind: str = "good", keys: int | None = None
    ) -> Any:
        """Return the time of a request as a multiple of the open view's, or None."""
        result = self.find(
            "request", contender=contender, way=way, kind=kind, keys=keys or self.size
        )
        return result and result["ratio"]["quiet"]

    def cost(self, contender: str, way: str, *, kind: str = "good", keys: int | None = None) -> Any:
        """Return the time of a request in microseconds, or None."""
        result = self.find(
            "request", contender=contender, way=way, kind=kind, keys=keys or self.size
        )
        return result and result["guarded"]["quiet"]

    def http(self, contender: str, way: str, *, kind: str = "good") -> dict[str, Any] | None:
        """Return the result over HTTP, or None."""
        return self.find("http", contender=contender, way=way, kind=kind)

    def ranking_over_http(self, way: str) -> list[str]:
        """Return the contenders by their share of the open view's throughput, highest first."""
        loads = [each for each in self.results if each["measure"] == "http"]
        here = [each for each in loads if (each["way"], each["kind"]) == (way, "good")]
        return [each["contender"] for each in sorted(here, key=lambda each: -each["share"])]

    def pages(self) -> list[tuple[dict[str, Any], dict[str, Any]]]:
        """Return the results of each settings page: with usage, and without."""
        return [
            (result, self.find("page", contender="pages", page=result["page"]) or {})
            for result in self.results
            if result["measure"] == "page" and result["contender"] == "pages-usage"
        ]

    def best_peer(self, way: str) -> str | None:
        """Return the fastest of the other packages."""
        peers = [name for name in CONTENDERS if name not in OURS and self.ratio(name, way)]
        return min(peers, key=lambda name: self.ratio(name, way), default=None)

    def ranking(self, way: str) -> list[str]:
        """Return the contenders, fastest first."""
        known = [name for name in CONTENDERS if self.ratio(name, way)]
        return sorted(known, key=lambda name: self.ratio(name, way))
