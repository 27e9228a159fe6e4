"""``python -m benchmarks``: run the benchmarks and write the results."""

import argparse
import importlib.util
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from benchmarks import chart, machine, postgresql, report
from benchmarks.bench import Bench, Result
from benchmarks.contenders import CONTENDERS
from benchmarks.databases import Database, Mariadb, Postgresql, Sqlite
from benchmarks.figures import Outcome
from benchmarks.plan import FULL, QUICK, WITH_TEN_MILLION
from benchmarks.progress import Progress

ROOT = Path(__file__).resolve().parent.parent

RESULTS = ROOT / "build" / "benchmarks"
"""The default folder for the measurements, which are not committed."""

DOCS = ROOT / "docs"
"""The folder of the published tables and chart."""

MARIADB = "mysql://root@127.0.0.1:3306"
POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    plans = parser.add_mutually_exclusive_group()
    plans.add_argument(
        "--quick", action="store_true", help="check within two minutes that the benchmarks run"
    )
    plans.add_argument(
        "--ten-million", action="store_true", help="also measure this package with ten million keys"
    )
    plans.add_argument(
        "--creation",
        action="store_true",
        help="only measure how keys are created, by this package and knox, also on MariaDB",
    )
    parser.add_argument(
        "--only", nargs="+", choices=CONTENDERS, help="measure only these contenders"
    )
    http = parser.add_mutually_exclusive_group()
    http.add_argument("--without-http", action="store_true")
    http.add_argument(
        "--only-http",
        action="store_true",
        help="measure only requests over HTTP, and keep the other results in the folder",
    )
    parser.add_argument("--without-sqlite", action="store_true")
    parser.add_argument(
        "--postgresql",
        metavar="URL",
        help="a server on which databases can be created, or '' for none. By default one is "
        f"started, or, if PostgreSQL is not installed, {POSTGRESQL} is used",
    )
    parser.add_argument(
        "--mariadb",
        metavar="URL",
        default=MARIADB,
        help="a server on which databases can be created, for --creation (%(default)s)",
    )
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER")
    parser.add_argument(
        "--only-write",
        action="store_true",
        help="measure nothing, only write the tables and the chart again",
    )
    parser.add_argument(
        "--publish", action="store_true", help="write tables and chart into the documentation, too"
    )
    return parser.parse_args()


def main() -> None:
    """Run the command."""
    options = _parse()
    if options.only_write:
        write(options.output, publish=options.publish)
        return

    # Terminating this process also ends the workers and servers.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))
    options.output.mkdir(parents=True, exist_ok=True)
    plan = QUICK if options.quick else WITH_TEN_MILLION if options.ten_million else FULL
    compared = ("ours", "knox") if options.creation else CONTENDERS
    contenders = [CONTENDERS[name] for name in options.only or compared]
    missing = {each.package for each in contenders if not each.is_installed}
    with_http = not (options.without_http or options.creation)
    if with_http and not importlib.util.find_spec("gunicorn"):
        with_http = False
        missing.add("gunicorn")
    if missing:
        print(f"Not installed, skipped: {', '.join(sorted(missing))}")
    progress = Progress()
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        databases: list[Database] = []
        if not options.without_sqlite:
            databases.append(Sqlite(Path(folder)))
        if server := find_postgresql(options.postgresql, Path(folder), stack):
            databases.append(server)
        if options.creation and options.mariadb:
            if (mariadb := Mariadb(options.mariadb)).answers:
                databases.append(mariadb)
            else:
                print(f"Cannot connect to MariaDB at {options.mariadb}, skipped.")
        about = machine.describe(databases)

        kept = results_beside_http(options.output) if options.only_http else None

        def keep(results: Sequence[Result]) -> None:
            outcome = {"about": about, "results": results}
            if kept is not None:
                outcome = {
                    "about": {**kept["about"], "http": about["http"]},
                    "results": [*kept["results"], *results],
                }
            (options.output / "results.json").write_text(json.dumps(outcome, indent=1) + "\n")

        bench = Bench(
            plan,
            [each for each in contenders if each.is_installed],
            databases,
            with_http=with_http,
            tell=progress.tell,
            keep=keep,
        )
        if options.creation:
            keep(bench.run_creation())
        else:
            keep(bench.run_http() if options.only_http else bench.run())
    progress.end()
    if options.creation:
        print(report.write_creation(json.loads((options.output / "results.json").read_text())))
        return
    write(options.output, publish=options.publish)


def find_postgresql(url: str | None, folder: Path, stack: ExitStack) -> Postgresql | None:
    """Return the server at this URL, or by default one that runs until the stack ends, or None."""
    has_driver = importlib.util.find_spec("psycopg") is not None
    if url is None and has_driver and (programs := postgresql.programs()):
        return stack.enter_context(postgresql.run_server(programs, folder / "postgresql"))
    if url == "":
        return None
    server = Postgresql(url or POSTGRESQL)
    if not server.answers:
        print(f"Cannot connect to PostgreSQL at {server.url}, skipped.")
        return None
    return server


def results_beside_http(folder: Path) -> Outcome | None:
    """Return the outcome that is in the folder, without the requests over HTTP, or None."""
    try:
        outcome: Outcome = json.loads((folder / "results.json").read_text())
    except FileNotFoundError:
        return None
    outcome["results"] = [each for each in outcome["results"] if each["measure"] != "http"]
    return outcome


def write(folder: Path, *, publish: bool) -> None:
    """Write the tables and the chart of the folder's ``results.json``."""
    outcome = json.loads((folder / "results.json").read_text())
    files = {Path("explanation", "benchmark.md"): report.write(outcome)}
    if any(each["measure"] == "request" for each in outcome["results"]):
        files[Path("images", "chart.svg")] = chart.draw(outcome)
    for path, text in files.items():
        (folder / path.name).write_text(text)
        if publish:
            (DOCS / path).write_text(text)
    print(f"See {folder / 'benchmark.md'}")


if __name__ == "__main__":
    main()
