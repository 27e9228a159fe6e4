"""The performance targets of this package."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from benchmarks.contenders import CONTENDERS, PREPARED
from benchmarks.figures import OURS, Figures

FEW_QUERIES = 1


class Target(NamedTuple):
    """A figure with a maximum or a minimum."""

    what: str
    reached: float
    limit: float
    is_at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.reached >= self.limit if self.is_at_least else self.reached <= self.limit


def targets(figures: Figures) -> Iterator[Target]:
    """Yield all targets that were measured."""
    yield from _requests(figures)
    yield from _http(figures)
    yield from _growth(figures)
    yield from creation_targets(figures)
    yield from _lists(figures)
    yield from _counting(figures)


def _counting(figures: Figures) -> Iterator[Target]:
    for way in ("SQLite", "PostgreSQL"):
        if limited := figures.find("request", contender="ours-rates", way=way, kind="good"):
            yield Target(f"{way}: round trips to Redis for rates", limited["round_trips"], 1)
        if counted := figures.find("counting", way=way):
            transactions = counted["transactions"] / counted["minutes"]
            yield Target(f"{way}: transactions of usage, a minute", transactions, 1)
    for with_usage, without in figures.pages():
        name = with_usage["page"]
        if name.startswith("list"):
            more = with_usage["queries"] - without["queries"]
            yield Target(f"`{name}`: queries more with usage", more, 3)
        milliseconds = with_usage["time"]["quiet"] / 1e3
        yield Target(f"`{name}`: with {with_usage['rows']:,} hours, ms", milliseconds, 60)


def _requests(figures: Figures) -> Iterator[Target]:
    limits = {"SQLite": 2.0, "PostgreSQL": 4.2, "PostgreSQL, prepared": 3.3}
    for way, limit in limits.items():
        if ratio := figures.ratio("ours", way):
            yield Target(f"{way}: a valid key, × the open view", ratio, limit)
            peer = figures.best_peer(way)
            if peer:
                yield Target(
                    f"{way}: a valid key, × the fastest other package",
                    ratio / figures.ratio(peer, way),
                    0.8,
                )
        if kept := figures.ratio("ours-cached", way):
            yield Target(f"{way}: cached, × the open view", kept, 1.35)
        if counted := figures.cost("ours-usage", way):
            without = figures.cost("ours", way)
            yield Target(f"{way}: usage counted, × not counted", counted / without, 1.03)
    for way in ("SQLite", "PostgreSQL"):
        if mistyped := figures.ratio("ours", way, kind="mistyped"):
            yield Target(f"{way}: a mistyped key, × the open view", mistyped, 1.3)
            unknown = figures.cost("ours", way, kind="unknown")
            yield Target(
                f"{way}: an unknown key, × a valid one", unknown / figures.cost("ours", way), 1.15
            )


def _http(figures: Figures) -> Iterator[Target]:
    if good := figures.http("ours", "SQLite"):
        yield Target("SQLite: share over HTTP", good["share"], 0.75, is_at_least=True)
        yield Target("SQLite: 99th percentile, × the open view's", good["p99_ratio"], 1.5)
    for way in ("PostgreSQL", "PostgreSQL, prepared"):
        for name in ("ours", PREPARED.name):
            if good := figures.http(name, way):
                yield from _beside_peers(figures, good)
    for way in ("SQLite", "PostgreSQL"):
        if kept := figures.http("ours-cached", way):
            yield Target(f"{way}: share, cached", kept["share"], 0.86, is_at_least=True)
        if mistyped := figures.http("ours", way, kind="mistyped"):
            yield Target(f"{way}: share, mistyped", mistyped["share"], 0.88, is_at_least=True)


def _beside_peers(figures: Figures, ours: dict[str, Any]) -> Iterator[Target]:
    """Compare a result over HTTP with the best other package that loads the owner, and without."""
    way = ours["way"]
    what = way if ours["contender"] == "ours" else f"{way}, PREPARE_VERIFICATION"
    best: dict[bool, dict[str, Any]] = {}
    for name in figures.ranking_over_http(way):
        if name not in OURS and (peer := figures.http(name, way)):
            best.setdefault(CONTENDERS[name].loads_owner, peer)
    for loads_owner, limit, of in (
        (True, 1.15, "of the best other package that loads the owner"),
        (False, 1, "of the one that loads none"),
    ):
        if peer := best.get(loads_owner):
            share = ours["share"] / peer["share"]
            yield Target(f"{what}: share over HTTP, × that {of}", share, limit, is_at_least=True)
            p99 = ours["p99_ms"] / peer["p99_ms"]
            yield Target(f"{what}: 99th percentile over HTTP, × that {of}", p99, 1)


def _growth(figures: Figures) -> Iterator[Target]:
    if not (sizes := sorted(figures.values("keys"))):
        return
    largest = min(sizes[-1], 1_000_000)
    for way in ("SQLite", "PostgreSQL"):
        if one := figures.ratio("ours", way, keys=sizes[0]):
            many = figures.ratio("ours", way, keys=largest)
            yield Target(f"{way}: with {largest:,} keys, × with {sizes[0]:,}", many / one, 1.1)
        kinds = [kind for kind in figures.values("kind") if kind.startswith("of ")]
        match [figures.ratio("ours", way, kind=kind) for kind in kinds]:
            case [float(few), float(crowd)]:
                what = f"{way}: one {kinds[1]} of an owner, × one {kinds[0]}"
                yield Target(what, crowd / few, 1.05)


def creation_targets(figures: Figures) -> Iterator[Target]:
    """Yield the targets for creating keys."""
    for way in figures.values("way", "create"):
        ours = figures.find("create", contender="ours", way=way)
        knox = figures.find("create", contender="knox", way=way)
        if ours and knox:
            rate = knox["time"]["quiet"] / ours["time"]["quiet"]
            yield Target(f"{way}: keys created, × knox's rate", rate, 1.0, is_at_least=True)
        by_django = figures.find("create_by_bulk_create", contender="ours", way=way)
        for measure, what in (
            ("create_at_once", "keys created at once"),
            ("import_for_all", "keys created at once for many owners"),
        ):
            result = figures.find(measure, contender="ours", way=way)
            if result and by_django:
                rate = by_django["time"]["quiet"] / result["time"]["quiet"]
                name = f"{way}: {what}, × the rate of `bulk_create`"
                yield Target(name, rate, 3.0, is_at_least=True)


def _lists(figures: Figures) -> Iterator[Target]:
    for way in ("SQLite", "PostgreSQL"):
        for measure, what, limit in (
            ("list_page", "a page of 100 out of {keys:,} keys, ms", 3.5),
            ("list_by_api", "a list of {keys:,} keys, ms", 160),
        ):
            if result := figures.find(measure, contender="ours", way=way):
                milliseconds = result["time"]["quiet"] / 1e3
                yield Target(f"{way}: {what.format_map(result)}", milliseconds, limit)
        if result := figures.find("serialize", contender="ours", way=way):
            ratio = result["time"]["quiet"] / result["plain"]["quiet"]
            yield Target(f"{way}: serialization, × a ModelSerializer", ratio, 0.5)
