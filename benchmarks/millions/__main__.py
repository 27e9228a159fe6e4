"""``python -m benchmarks.millions``: fill the database in ``DATABASE_URL``, or measure pages."""

import argparse
import os
from statistics import median
from time import perf_counter
from typing import Any

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.millions.settings"

LONGEST = 0.1
"""Seconds above which a page is marked."""


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.millions", description=__doc__)
    parser.add_argument("step", choices=["fill", "measure", "explain"])
    parser.add_argument("--keys", type=int, default=10_000_000, help="user keys (%(default)s)")
    parser.add_argument("--team-keys", type=int, help="team keys (a tenth of these)")
    parser.add_argument("--times", type=int, default=9, help="requests for each (%(default)s)")
    parser.add_argument("--only", default="", help="pages whose title contains this")
    options = parser.parse_args()
    django.setup()
    totals = {"user": options.keys, "team": options.team_keys or options.keys // 10}
    if options.step == "fill":
        from benchmarks.millions.fill import fill

        fill(totals["user"], totals["team"])
        return

    from benchmarks.millions.pages import pages, statements_of

    group = ""
    for page in pages(totals):
        if options.only not in f"{page.group}: {page.title}":
            continue
        if page.group != group:
            group = page.group
            print(f"\n| {group} | ms | queries |\n|---|---:|---:|")
        statements = statements_of(page)  # the first request may take longer
        seconds = _median(page.get, options.times)
        mark = " **" if seconds > LONGEST else ""
        print(f"| {page.title} | {seconds * 1000:.0f}{mark} | {len(statements)} |", flush=True)
        if options.step == "explain":
            _explain(statements)


def _median(get: Any, times: int) -> float:
    taken: list[float] = []
    while len(taken) < times and sum(taken) < 5:
        begin = perf_counter()
        get()
        taken.append(perf_counter() - begin)
    return median(taken)


def _explain(statements: list[str]) -> None:
    from django.db import connection

    for statement in statements:
        print(f"    {statement[:1500]}")
        if statement.startswith("SELECT"):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, BUFFERS) " + statement.replace("%", "%%"), [])
                print(*(f"        {line}" for (line,) in cursor.fetchall()), sep="\n")


if __name__ == "__main__":
    main()
