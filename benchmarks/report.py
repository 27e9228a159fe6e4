"""The tables of the results, as Markdown."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from benchmarks.contenders import CONTENDERS
from benchmarks.figures import NAMED, OURS, Figures, Outcome
from benchmarks.listening import MESSAGES_PER_SECOND
from benchmarks.targets import Target, creation_targets, targets


def write(outcome: Outcome) -> str:
    """Return all tables."""
    figures = Figures(outcome)
    parts = ["# All figures of the benchmark", _about(figures)]
    if figures.values("way"):
        parts += _in_process(figures)
    if figures.values("way", "http"):
        parts += ["## Over HTTP", _http(figures)]
    parts += ["## Targets", _targets(targets(figures))]
    if any(result["measure"] == "storage" for result in figures.results):
        parts += ["## Storage", _storage(figures)]
    return "\n\n".join(parts) + "\n"


def _in_process(figures: Figures) -> list[str]:
    return [
        "## A request with a key",
        _explanation(figures),
        _requests(figures),
        "## Keys that are refused",
        _refusals(figures),
        "## Growth",
        _growth(figures),
        "## Creating keys",
        _creation(figures),
        "## Lists",
        _lists(figures),
        "## Rates and usage",
        _counting(figures),
        *_pages(figures),
        *_listening(figures),
    ]


def write_creation(outcome: Outcome) -> str:
    """Return the tables of a run that measured only how keys are created."""
    figures = Figures(outcome)
    return "\n\n".join([_about(figures), _creation(figures), _targets(creation_targets(figures))])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:,.{digits}f}"


def _title(name: str) -> str:
    return f"**{NAMED[name].title}**" if name in OURS else NAMED[name].title


def _about(figures: Figures) -> str:
    about = figures.about
    machine = about["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        f"Measured on {about['date']} by `python -m benchmarks` on {machine['cores']} cores "
        f"({machine['processor']}, {machine['system']}).\n\n{versions}.\n\n"
        f"Over HTTP: {about['http']}."
    )


def _explanation(figures: Figures) -> str:
    ways = figures.values("way")
    result = figures.find("request", contender="ours", way=ways[0], keys=figures.size)
    open_view = _number(result and result["open"]["quiet"], 0)
    return (
        f"The time of a request in the process, as a multiple of the time of the same view without "
        f"authentication ({open_view} µs), with {figures.size:,} keys in the table. Each figure is "
        "the 10th percentile of all turns, to exclude other load on the machine. *Share* is the "
        "throughput over HTTP as a fraction of that view's. *Owner*: whether the view receives the "
        "owner of the key as an object."
    )


def _requests(figures: Figures) -> str:
    ways = figures.values("way")
    served = figures.values("way", "http")
    head = ["", "queries", "owner", *(f"× {way}" for way in ways)]
    head += [*(f"share, {way}" for way in served), *(["MB a worker"] if served else [])]
    return _table(
        head, (_request(figures, name, ways, served) for name in figures.ranking(ways[0]))
    )


def _request(figures: Figures, name: str, ways: list[str], served: list[str]) -> Iterator[str]:
    result = figures.find("request", contender=name, kind="good", keys=figures.size) or {}
    yield _title(name)
    yield str(result["queries"])
    yield "yes" if CONTENDERS[name].loads_owner else "no"
    for way in ways:
        yield _number(figures.ratio(name, way))
    loads = [figures.http(name, way) or {} for way in served]
    for load in loads:
        yield _number(load.get("share"))
    if loads:
        yield _number(loads[0].get("megabytes"), 0)


def _http(figures: Figures) -> str:
    rows = []
    for way in figures.values("way", "http"):
        for name in figures.ranking_over_http(way):
            load = figures.http(name, way) or {}
            rows.append(
                [
                    f"{_title(name)}, {way}",
                    _number(load["requests_per_second"], 0),
                    _spread(load["share"], load["share_quartiles"]),
                    _number(load["p50_ms"]),
                    _spread(load["p99_ms"], load["p99_ms_quartiles"]),
                ]
            )
    turns = figures.values("turns", "http")[0]
    return (
        f"Medians of {turns} turns in random order, with a valid key; in parentheses the middle half "
        "of the turns. *Share* is the throughput as a fraction of that of the view without "
        "authentication in the same turn.\n\n"
    ) + _table(["", "requests a second", "share", "median, ms", "99th percentile, ms"], rows)


def _spread(value: float, quartiles: Sequence[float]) -> str:
    first, third = quartiles
    return f"{_number(value)} ({_number(first)}–{_number(third)})"


def _refusals(figures: Figures) -> str:
    ways = [way for way in figures.values("way") if figures.ratio("ours", way, kind="mistyped")]
    if not ways:
        return ""
    kinds = ("mistyped", "unknown")
    head = ["", *(f"{kind}, × {way}" for way in ways for kind in kinds), "queries, mistyped"]
    rows = []
    for name in figures.ranking(ways[0]):
        result = figures.find("request", contender=name, kind="mistyped") or {}
        ratios = [_number(figures.ratio(name, way, kind=kind)) for way in ways for kind in kinds]
        rows.append([_title(name), *ratios, str(result["queries"])])
    return _table(head, rows)


def _growth(figures: Figures) -> str:
    sizes = sorted(figures.values("keys"))
    kinds = [kind for kind in figures.values("kind") if kind.startswith("of ")]
    ways = [way for way in figures.values("way") if figures.ratio("ours", way, keys=sizes[0])]
    head = ["microseconds", *(f"{size:,} in total" for size in sizes)]
    head += [f"{int(kind[3:]):,} of the owner's" for kind in kinds]
    rows = []
    for way in ways:
        for name in figures.ranking(way):
            costs = [figures.cost(name, way, keys=size) for size in sizes]
            costs += [figures.cost(name, way, kind=kind) for kind in kinds]
            rows.append([f"{_title(name)}, {way}", *(_number(cost, 0) for cost in costs)])
    return _table(head, rows)


def _creation(figures: Figures) -> str:
    ways = figures.values("way", "create")
    names = {
        "create": "one by one",
        "create_in_one_transaction": "one by one, in one transaction",
        "create_at_once": "at once, for one owner",
        "create_by_bulk_create": "the same by Django's `bulk_create`",
        "import_for_all": "at once, one for each owner",
    }
    rows = []
    for measure, what in names.items():
        for name in CONTENDERS:
            results = [figures.find(measure, contender=name, way=way) for way in ways]
            if results[0]:
                rates = [_rate(result) if result else "" for result in results]
                queries = str(results[0]["queries"]) if measure == "create" else ""
                rows.append([f"{_title(name)}, {what}", queries, *rates])
    return _table(["", "queries", *(f"keys a second, {way}" for way in ways)], rows)


def _rate(result: dict[str, Any]) -> str:
    return _number(1e6 / result["time"]["quiet"], 0)


def _lists(figures: Figures) -> str:
    names = {
        "list_page": "a page of 100 out of {keys:,}",
        "list_by_api": "all {keys:,}, by the HTTP API",
        "serialize": "all {keys:,}, only the serialization",
    }
    rows = []
    for way in figures.values("way", "serialize"):
        for measure, name in names.items():
            result = figures.find(measure, way=way)
            if result:
                rows.append([f"{way}, {name.format_map(result)}", _milliseconds(result["time"])])
        result = figures.find("serialize", way=way)
        if result:
            rows.append([f"{way}, the same by a ModelSerializer", _milliseconds(result["plain"])])
    return _table(["", "milliseconds"], rows)


def _counting(figures: Figures) -> str:
    rows = []
    for way in figures.values("way"):
        without = figures.cost("ours", way)
        for name in ("ours-usage", "ours-rates"):
            if cost := figures.cost(name, way):
                result = figures.find("request", contender=name, way=way, keys=figures.size) or {}
                what = f"{_title(name)}, {way}"
                rows.append([what, _number(cost / without), str(result["round_trips"])])
    parts = [
        "The time of a request with a valid key, as a multiple of the same without rates and usage.",
        _table(["", "× without", "round trips to Redis"], rows),
        *(_counted(result) for result in figures.results if result["measure"] == "counting"),
    ]
    return "\n\n".join(parts)


def _counted(result: dict[str, Any]) -> str:
    return (
        "{way}: {requests:,} requests with {keys:,} keys, as if in {minutes} minutes, are written in "
        "{transactions} transactions of at most {statements} statements. To count one takes "
        "{count:.1f} µs, and to write all keys {write:.0f} ms."
    ).format_map({**result, "write": result["write"] / 1e3})


def _listening(figures: Figures) -> list[str]:
    result = figures.find("listening")
    if result is None:
        return []
    idle, busy = (result[name]["quiet"] / result["alone"]["quiet"] for name in ("idle", "busy"))
    text = (
        "{way}: the verification of a key that the process keeps takes {alone} µs without a thread "
        "that listens for changes, {idle} times that beside one that waits, and {busy} times that "
        "beside one that hears {messages} changes a second."
    ).format(
        way=result["way"],
        alone=_number(result["alone"]["quiet"], 0),
        idle=_number(idle),
        busy=_number(busy),
        messages=MESSAGES_PER_SECOND,
    )
    return ["## The thread that listens", text]


def _pages(figures: Figures) -> list[str]:
    rows = []
    for with_usage, without in figures.pages():
        queries = f"{with_usage['queries']} ({without['queries']})"
        milliseconds = f"{_milliseconds(with_usage['time'])} ({_milliseconds(without['time'])})"
        rows.append([f"`{with_usage['page']}`", queries, milliseconds])
    if not rows:
        return []
    about, _without = figures.pages()[0]
    return [
        "Settings pages on {way}, with {rows:,} hours of usage of {keys:,} keys of one owner; in "
        "parentheses the same page without usage.".format_map(about),
        _table(["page", "queries", "milliseconds"], rows),
    ]


def _milliseconds(time: dict[str, float]) -> str:
    return _number(time["quiet"] / 1e3)


def _targets(chosen: Iterable[Target]) -> str:
    rows = [
        [
            target.what,
            f"{'at least' if target.is_at_least else 'at most'} {target.limit:,g}",
            _number(target.reached, 0 if target.reached >= 1000 else 2),
            "yes" if target.is_met else "**no**",
        ]
        for target in chosen
    ]
    return _table(["", "target", "reached", "met"], rows)


def _storage(figures: Figures) -> str:
    result = figures.find("storage") or {}
    rows = [[name, _number(size, 0)] for name, size in result["bytes"].items()]
    rows.append(["total", _number(sum(result["bytes"].values()), 0)])
    return f"With {result['keys']:,} keys.\n\n" + _table(["", "bytes a key"], rows)
