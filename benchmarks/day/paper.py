"""What many more requests need, computed from the costs of a request."""

import math
from collections.abc import Iterator

from benchmarks.day.figures import Figures

REQUESTS = 1_000_000_000
"""The requests of a day."""

DAY = 24 * 60 * 60

PEAK = 3
"""How many times the average the busiest minute of the day has."""

BUSY = 0.6
"""The share of a processor that is used in that minute."""

PROCESSES = 2
"""The processes of the site for each of its cores: one may wait for the database."""


def paper(figures: Figures) -> Iterator[list[str]]:
    """Yield what is needed, and how much."""
    average = REQUESTS / DAY
    peak = average * PEAK
    yield ["requests a second, on average", f"{average:,.0f}"]
    yield [f"at the peak, {PEAK} times as many", f"{peak:,.0f}"]
    cores = {
        name: peak * figures.per_request("cpu", name) / BUSY
        for name in ("workers", "PostgreSQL", "Redis")
    }
    processes = math.ceil(cores["workers"]) * PROCESSES
    yield [f"cores for the site, {BUSY:.0%} busy at the peak", f"{math.ceil(cores['workers']):,}"]
    yield [f"processes of the site, {PROCESSES} for each core", f"{processes:,}"]
    memory = processes * figures.megabytes(figures.samples[-1]) / 1e3
    yield ["memory of these processes", f"{memory:,.0f} GB"]
    yield [f"cores for PostgreSQL, {BUSY:.0%} busy", f"{math.ceil(cores['PostgreSQL']):,}"]
    yield [f"cores for Redis, {BUSY:.0%} busy", f"{math.ceil(cores['Redis']):,}"]
    commands = peak * figures.per_request("redis", "commands")
    yield ["commands of Redis a second at the peak", f"{commands:,.0f}"]
    rows = sum(figures.per_request("database", name) for name in ("inserted", "updated"))
    yield ["rows written a second, on average", f"{average * rows:,.0f}"]
    log = figures.per_request("database", "wal_bytes")
    yield ["write-ahead log, on average", f"{average * log / 1e6:,.0f} MB a second"]
    yield ["write-ahead log in a day", f"{REQUESTS * log / 1e12:,.1f} TB"]
    keys = figures.options["keys"]
    hours = 24 * distinct(keys, REQUESTS / 24)
    days = distinct(keys, REQUESTS)
    yield ["keys used in an hour", f"{hours / 24:,.0f}"]
    yield ["keys used in a day", f"{days:,.0f}"]
    tables = figures.usage["tables"]
    sizes = {name: each["bytes"] / max(each["rows"], 1) for name, each in tables.items()}
    new = hours * sizes["hours of API keys"] + days * sizes["days of API keys"]
    yield ["new rows of usage in a day", f"{hours + days:,.0f}"]
    yield ["new rows of usage in a day, with indexes", f"{new / 1e9:,.0f} GB"]


def distinct(keys: int, requests: float) -> float:
    """Return how many of the keys so many requests use, if they are chosen by `choice.Choice`."""
    total, rank = 0.0, 1
    while rank <= keys:
        step = min(max(1, rank // 1000), keys + 1 - rank)
        # The probability of a rank hardly changes within a step.
        each = math.log1p(1 / (rank + step / 2)) / math.log(keys + 1)
        total += step * -math.expm1(-requests * each)
        rank += step
    return total
