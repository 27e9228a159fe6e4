"""Requests over HTTP: the server on one core, the load generator and the database on another."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from benchmarks import load
from benchmarks.contenders import Contender
from benchmarks.cores import pin, pinned
from benchmarks.databases import Database
from benchmarks.plan import Plan
from benchmarks.processes import Server

WAYS = ("SQLite", "PostgreSQL", "PostgreSQL, prepared")
"""The kinds of connections that are measured. A pool makes no difference to processes that serve
one request after the other."""

Turn = tuple[load.Load, load.Load]
"""The load of the open view, and of the view with a key."""

InTurns = Callable[[Sequence[Any], Callable[[Any], Any], int], list[Any]]


@dataclass(frozen=True)
class Entrant:
    """The server of a contender, and the keys that it is asked with, by their kind."""

    server: Server
    way: str
    values: Mapping[str, Sequence[str]]


class Serving:
    """Measurements of servers that all run at once, and take turns in random order."""

    def __init__(self, plan: Plan, in_turns: InTurns) -> None:
        self.plan = plan
        self.in_turns = in_turns

    def measure(
        self,
        database: Database,
        contenders: Sequence[Contender],
        values: Mapping[str, Mapping[str, Sequence[str]]],
    ) -> list[dict[str, Any]]:
        """Return a result for each contender and each kind of connection."""
        others = [] if database.process_id is None else [database.process_id]
        with pinned(*others) as core, ExitStack() as stack:
            entrants = [
                Entrant(server, way, values[contender.name])
                for way in database.ways
                if way in WAYS
                for contender in contenders
                if contender.name != "ours-prepared" or way == "PostgreSQL"
                for server in [self._start(database, contender, way, core, stack)]
            ]
            for entrant in entrants:
                entrant.server.wait()
            results = []
            for kind in ("good", "mistyped", "unknown"):
                # Refused keys are only measured for this package.
                chosen = [
                    each
                    for each in entrants
                    if kind == "good" or each.server.contender.name == "ours"
                ]
                turns = self.in_turns(
                    chosen, lambda entrant, kind=kind: self._ask(entrant, kind), self._rounds(kind)
                )
                results += [
                    self._result(entrant, kind, loads)
                    for entrant, loads in zip(chosen, turns, strict=True)
                ]
        return results

    def _rounds(self, kind: str) -> int:
        return self.plan.http_rounds if kind == "good" else min(5, self.plan.http_rounds)

    def _start(
        self,
        database: Database,
        contender: Contender,
        way: str,
        core: set[int] | None,
        stack: ExitStack,
    ) -> Server:
        settings = {**database.settings(contender.name), **database.ways[way]}
        server = Server(contender, settings)
        stack.callback(server.stop)
        if core is not None:
            pin(server.process.pid, core)  # before it starts its workers
        return server

    def _ask(self, entrant: Entrant, kind: str) -> Turn:
        server, seconds = entrant.server, self.plan.http_seconds
        headers = dict([server.contender.header(entrant.values[kind][0])])
        expected = 200 if kind == "good" else 401
        if server.status("guarded", headers) != expected:
            raise RuntimeError(
                f"{server.contender.name} does not respond with {expected} to a {kind} key."
            )
        return (
            load.measure(server.url("open"), {}, seconds),
            load.measure(server.url("guarded"), headers, seconds),
        )

    def _result(self, entrant: Entrant, kind: str, turns: Sequence[Turn]) -> dict[str, Any]:
        shares = [
            guarded.requests_per_second / opened.requests_per_second for opened, guarded in turns
        ]
        return {
            "measure": "http",
            "contender": entrant.server.contender.name,
            "way": entrant.way,
            "keys": self.plan.size,
            "kind": kind,
            "turns": len(turns),
            "requests_per_second": _median(guarded.requests_per_second for _, guarded in turns),
            "open_requests_per_second": _median(opened.requests_per_second for opened, _ in turns),
            "share": statistics.median(shares),
            "share_quartiles": _quartiles(shares),
            "p50_ms": _median(guarded.p50_ms for _, guarded in turns),
            "p99_ms": _median(guarded.p99_ms for _, guarded in turns),
            "p99_ms_quartiles": _quartiles([guarded.p99_ms for _, guarded in turns]),
            "p99_ratio": _median(guarded.p99_ms / opened.p99_ms for opened, guarded in turns),
            "megabytes": entrant.server.megabytes_per_worker,
        }


def _median(figures: Any) -> float:
    return statistics.median(figures)


def _quartiles(figures: Sequence[float]) -> tuple[float, float]:
    """Return the bounds of the middle half."""
    if len(figures) == 1:
        return figures[0], figures[0]
    first, _median, third = statistics.quantiles(figures, n=4, method="inclusive")
    return first, third
