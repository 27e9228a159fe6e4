"""``python -m tests.benchmarks``: measure, and write what has come out."""

import argparse
import importlib.util
import json
import signal
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks import chart, machine, report
from tests.benchmarks.bench import Bench, Result
from tests.benchmarks.contenders import CONTENDERS
from tests.benchmarks.databases import Database, Postgresql, Sqlite
from tests.benchmarks.plan import FULL, QUICK, WITH_TEN_MILLION
from tests.benchmarks.progress import Progress

RESULTS = Path(__file__).parent / "results"

POSTGRESQL = "postgres://postgres@127.0.0.1:5432/postgres"


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    plans = parser.add_mutually_exclusive_group()
    plans.add_argument(
        "--quick", action="store_true", help="see within a minute that everything works"
    )
    plans.add_argument(
        "--ten-million", action="store_true", help="measure ourselves with ten million keys, too"
    )
    parser.add_argument("--only", nargs="+", choices=CONTENDERS, help="these contenders")
    parser.add_argument("--without-http", action="store_true")
    parser.add_argument("--without-sqlite", action="store_true")
    parser.add_argument(
        "--postgresql",
        metavar="URL",
        default=POSTGRESQL,
        help="a server in which databases may be made, or '' for none (%(default)s)",
    )
    parser.add_argument("--output", type=Path, default=RESULTS, metavar="FOLDER")
    parser.add_argument(
        "--only-write",
        action="store_true",
        help="measure nothing, only make tables and chart of the results in the folder anew",
    )
    options = parser.parse_args()
    if options.only_write:
        write(options.output)
        return

    # Whoever ends this ends the workers and servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("Ended."))
    options.output.mkdir(parents=True, exist_ok=True)
    plan = QUICK if options.quick else WITH_TEN_MILLION if options.ten_million else FULL
    contenders = [CONTENDERS[name] for name in options.only or CONTENDERS]
    missing = {each.package for each in contenders if not each.is_installed}
    with_http = not options.without_http
    if with_http and not importlib.util.find_spec("gunicorn"):
        with_http = False
        missing.add("gunicorn")
    if missing:
        print(f"Not installed, and left out: {', '.join(sorted(missing))}")
    progress = Progress()
    with tempfile.TemporaryDirectory() as folder:
        databases: list[Database] = []
        if not options.without_sqlite:
            databases.append(Sqlite(Path(folder)))
        server = Postgresql(options.postgresql)
        if options.postgresql and server.answers:
            databases.append(server)
        elif options.postgresql:
            print(f"No PostgreSQL answers at {options.postgresql}, so it is left out.")
        about = machine.describe(databases)

        def keep(results: Sequence[Result]) -> None:
            outcome = {"about": about, "results": results}
            (options.output / "results.json").write_text(json.dumps(outcome, indent=1) + "\n")

        bench = Bench(
            plan,
            [each for each in contenders if each.is_installed],
            databases,
            with_http=with_http,
            tell=progress.tell,
            keep=keep,
        )
        keep(bench.run())
    progress.end()
    write(options.output)


def write(folder: Path) -> None:
    """Write the tables and the chart of the folder's ``results.json``."""
    outcome = json.loads((folder / "results.json").read_text())
    (folder / "results.md").write_text(report.write(outcome))
    (folder / "chart.svg").write_text(chart.draw(outcome))
    print(f"See {folder / 'results.md'}")


if __name__ == "__main__":
    main()
