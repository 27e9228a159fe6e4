"""``python -m benchmarks.day``: simulate the day of a big site."""

import argparse
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks import machine
from benchmarks.databases import Postgresql
from benchmarks.day import report
from benchmarks.day.figures import Figures
from benchmarks.day.tally import Clock, Tally, added

ROOT = Path(__file__).resolve().parents[2]

PAGE = ROOT / "docs" / "explanation" / "figures-of-a-day.md"
"""The page of the documentation with the tables."""

OPTIONS = ("keys", "minutes", "workers", "clients", "cache_seconds")

MEMORY = "SELECT current_setting('shared_buffers') AS shared_buffers"

MOST_LOGGED = 100_000
"""The number of characters of the site's output that are kept."""

RESULTS = ROOT / "build" / "benchmarks" / "day.json"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.day", description=__doc__)
    parser.add_argument("--keys", type=int, default=10_000_000, help="%(default)s")
    parser.add_argument("--minutes", type=float, default=30, help="%(default)s")
    parser.add_argument("--workers", type=int, default=4, help="%(default)s")
    parser.add_argument(
        "--clients", type=int, default=8, help="programs that send requests (%(default)s)"
    )
    parser.add_argument(
        "--cache-seconds", type=int, default=0, help="VERIFICATION_CACHE_SECONDS (%(default)s)"
    )
    parser.add_argument(
        "--postgresql",
        metavar="URL",
        default="postgres://postgres@127.0.0.1:5432/postgres",
        help="a server on which databases can be created (%(default)s)",
    )
    parser.add_argument(
        "--redis", metavar="URL", default="redis://127.0.0.1:6379/0", help="%(default)s"
    )
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FILE")
    parser.add_argument(
        "--only-write", action="store_true", help="only write the tables of this file again"
    )
    parser.add_argument(
        "--publish", action="store_true", help="write the tables into the documentation, too"
    )
    options = parser.parse_args()
    # Terminating this process also ends the others, and drops the database.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))
    if not options.only_write:
        options.output.parent.mkdir(parents=True, exist_ok=True)
        outcome = simulate(options)
        options.output.write_text(json.dumps(outcome, indent=1) + "\n")
    outcome = json.loads(options.output.read_text())
    figures = Figures(outcome)
    tables = report.write(figures)
    print(tables)
    if options.publish:
        PAGE.write_text(tables)
    if wrong := [*figures.wrong()]:
        sys.exit("\n".join(["Not as it should be:", *wrong]))


def simulate(options: argparse.Namespace) -> dict[str, Any]:
    """Return all that was counted and sampled."""
    server = Postgresql(options.postgresql)
    name = f"day_{os.getpid()}"
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "benchmarks.day.settings",
        "DAY_DATABASE": json.dumps(server.settings(name)),
        "DAY_REDIS": options.redis,
        "DAY_CACHE_SECONDS": str(options.cache_seconds),
    }
    server.create(name)
    try:
        with tempfile.TemporaryDirectory() as folder:
            return run(options, Path(folder), machine.describe([server]))
    finally:
        server.drop(name)


def run(options: argparse.Namespace, folder: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Let the day pass on a database that exists."""
    import django

    django.setup()
    from benchmarks.day import changes, clients, database, samples, site
    from benchmarks.day.choice import ENDED, Choice, States

    begin = time.monotonic()
    database.prepare(options.keys, tell)
    filled_in = time.monotonic() - begin
    states_at = folder / "states"
    states_at.write_bytes(bytes(options.keys))
    with States.open(states_at) as states:
        for numbers in Choice(options.keys, "states").ended.values():
            for number in numbers:
                states[number] = ENDED
    before = database.written()
    spawn = multiprocessing.get_context("spawn")
    with (
        site.serve(options.workers, folder / "log") as served,
        ProcessPoolExecutor(options.clients + 1, mp_context=spawn) as programs,
    ):
        clock = Clock(options.minutes)
        day = served.port, options.keys, states_at, clock
        used = [programs.submit(clients.run, client, *day) for client in range(options.clients)]
        changed = programs.submit(changes.run, *day, options.cache_seconds)
        taken = []
        sampler = samples.Sampler(options.redis, served.pid)
        for moment in clock.minutes():
            taken.append(sampler.take())
            tell(f"Minute {moment}")
        tallies = added([program.result() for program in used])
        changes_made, tries = changed.result()
    # The site has ended, and its processes have written what they had counted.
    return {
        "about": about | database.rows(MEMORY)[0],
        "options": {name: getattr(options, name) for name in OPTIONS},
        "filled_in": filled_in,
        "minutes": [tally.as_json() for tally in tallies],
        "changes": {
            what: sum(each, start=Tally()).as_json() for what, each in changes_made.items()
        },
        "tries": sum(tries, start=Tally()).as_json(),
        "samples": [sample._asdict() for sample in taken],
        "before": before,
        "after": database.written(),
        "usage": database.usage(),
        "log": (folder / "log").read_text(errors="replace")[:MOST_LOGGED],
    }


def tell(what: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {what}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
