"""The tables of a day, as Markdown."""

from collections.abc import Iterable

from benchmarks.day.figures import MEMORY_MINUTES, Figures
from benchmarks.day.paper import paper
from benchmarks.day.plan import EACH_MINUTE


def write(figures: Figures) -> str:
    """Return all tables."""
    parts = [
        "# All figures of a day of a big site",
        _about(figures),
        "## Requests",
        _summary(figures),
        "## Changes to keys",
        _changes(figures),
        "## What a request costs",
        _costs(figures),
        "## Rows that were written",
        _writes(figures),
        "## Memory",
        _memory(figures),
        "## Minute by minute",
        _minutes(figures),
        "## A billion requests a day",
        table(["", ""], paper(figures)),
    ]
    return "\n\n".join(parts) + "\n"


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _about(figures: Figures) -> str:
    about, options = figures.about, figures.options
    hardware = about["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in about["versions"].items())
    return (
        f"[A day of a big site](a-day.md), measured on {about['date']} by "
        f"`python -m benchmarks.day` on {hardware['cores']} cores ({hardware['processor']}, "
        f"{hardware['system']}), which the clients used too.\n\n{versions}; `shared_buffers` "
        f"{about['shared_buffers']}.\n\n{options['keys']:,} keys of users, {options['workers']} "
        f"processes of gunicorn, {options['clients']} clients, {options['minutes']:g} min, "
        f"`VERIFICATION_CACHE_SECONDS` {options['cache_seconds']}. To fill the database took "
        f"{figures.filled_in / 60:.1f} minutes; then it had {figures.before['bytes'] / 1e9:.1f} GB."
    )


def _summary(figures: Figures) -> str:
    used = figures.used
    rows = [
        ["requests with a key", f"{figures.requests:,}"],
        ["a second", f"{figures.requests / figures.seconds:,.0f}"],
        *(
            [name, f"{number:,} ({number / figures.requests:.2%})"]
            for name, number in (
                ("accepted", figures.number("accepted")),
                ("refused", figures.number("refused")),
                ("over their rate", figures.number("limited")),
            )
        ),
        ["of a key after its revocation or rotation was answered", _tries(figures)],
        ["of these accepted", f"{figures.number('wrong: accepted'):,}"],
        ["server errors, and requests without an answer", f"{figures.number(*ERRORS):,}"],
        *(
            [f"latency, {name}", f"{used.percentile(share):,.1f} ms"]
            for name, share in (("median", 0.5), ("p99", 0.99), ("p99.9", 0.999))
        ),
        ["accepted requests that usage has counted", f"{figures.usage['accepted']:,}"],
        ["refused requests that usage has counted", f"{figures.usage['refused']:,}"],
    ]
    return table(["", ""], rows)


ERRORS = ("wrong: status 5", "wrong: no answer")


def _tries(figures: Figures) -> str:
    return f"{figures.number('refused: ended', 'wrong: accepted'):,}"


def _changes(figures: Figures) -> str:
    rows = [
        [
            f"to {what} a key",
            f"{number} a minute",
            f"{figures.changes[what].number:,}",
            f"{figures.changes[what].percentile(0.5):,.1f}",
            f"{figures.changes[what].percentile(0.99):,.1f}",
        ]
        for what, number in EACH_MINUTE.items()
    ]
    return table(["request", "planned", "done", "median, ms", "p99, ms"], rows)


def _costs(figures: Figures) -> str:
    def milliseconds(name: str) -> str:
        return f"{figures.per_request('cpu', name) * 1e3:.3f} ms"

    hits, reads = (figures.spent("database", name) for name in ("blks_hit", "blks_read"))
    rows = [
        ["processor, processes of the site", milliseconds("workers")],
        ["processor, PostgreSQL", milliseconds("PostgreSQL")],
        ["processor, Redis", milliseconds("Redis")],
        ["processor, programs that send the requests", milliseconds("load")],
        ["commands of Redis", f"{figures.per_request('redis', 'commands'):.2f}"],
        ["transactions of PostgreSQL", f"{figures.per_request('database', 'commits'):.3f}"],
        ["rows inserted", f"{figures.per_request('database', 'inserted'):.3f}"],
        ["rows updated", f"{figures.per_request('database', 'updated'):.3f}"],
        ["write-ahead log", f"{figures.per_request('database', 'wal_bytes'):,.0f} bytes"],
        ["blocks found in the memory of PostgreSQL", f"{hits / (hits + reads):.2%}"],
    ]
    return table(["for a request with a key", ""], rows)


def _writes(figures: Figures) -> str:
    rows = [
        [
            f"`{name}`",
            *(f"{row[column]:,.0f}" for column in ("inserted", "updated", "hot")),
        ]
        for name, row in figures.written().items()
    ]
    return table(["table", "rows inserted", "updated", "of these heap-only"], rows)


def _memory(figures: Figures) -> str:
    samples = figures.samples
    since = samples[-1]["moment"] - MEMORY_MINUTES * 60
    middle = next(sample for sample in samples if sample["moment"] >= since)
    rows = [
        [name, f"{figures.megabytes(sample):.1f}", f"{figures.resident(sample):.1f}"]
        for name, sample in (
            ("at the beginning", samples[0]),
            (f"{MEMORY_MINUTES} minutes before the end", middle),
            ("at the end", samples[-1]),
        )
    ]
    rows.append(
        [
            f"growth in the last {MEMORY_MINUTES} minutes, kB a minute",
            f"{figures.growth():+.0f}",
            "",
        ]
    )
    return table(["MB of a process of the site", "proportional", "resident"], rows)


def _minutes(figures: Figures) -> str:
    rows = []
    for number, tally in enumerate(figures.minutes):
        first, last = number, number + 1
        seconds = figures.samples[last]["moment"] - figures.samples[first]["moment"]

        def rate(name: str) -> float:
            return figures.spent("database", name, first, last) / seconds  # noqa: B023

        rows.append(
            [
                str(number + 1),
                f"{tally.number / seconds:,.0f}",
                *(f"{tally.percentile(share):,.1f}" for share in (0.5, 0.99, 0.999)),
                f"{rate('commits'):,.0f}",
                f"{rate('inserted') + rate('updated'):,.0f}",
                f"{rate('wal_bytes') / 1e6:.2f}",
                f"{figures.megabytes(figures.samples[last]):.1f}",
            ]
        )
    head = ["minute", "requests/s", "median, ms", "p99, ms", "p99.9, ms", "transactions/s"]
    return table([*head, "rows written/s", "log, MB/s", "MB a process"], rows)
