"""Start a cluster of database servers, run a command on it, or measure it.

up       runs the servers until you press Ctrl-C, and prints how to use them
run      runs a command with the environment that uses them, such as pytest
measure  prints what the cluster costs, and how late its servers see a change
"""

import argparse
import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import ROOT
from tests.clusters import CLUSTERS, module_of


def main() -> int:
    options = _options()
    module = module_of(options.cluster)
    missing = module.missing()
    if missing:
        print(f"needs {missing}, which is not here", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # end the servers then too
    with _folder(options) as folder, module.run(folder) as cluster:
        if options.action == "run":
            environment = os.environ | dict(cluster.environment)
            return subprocess.run(
                options.command, cwd=ROOT, env=environment, check=False
            ).returncode
        if options.action == "measure":
            os.environ |= dict(cluster.environment)
            module.measure(cluster, quick=options.quick)
        else:
            for name, value in cluster.environment.items():
                print(f"export {name}={shlex.quote(value)}")
            print("# The servers run until you press Ctrl-C.", flush=True)
            _wait_for_ctrl_c()
    return 0


def _options() -> argparse.Namespace:
    clusters = "\n".join(f"  {name:<10} {what}" for name, what in CLUSTERS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.clusters",
        description=__doc__,
        epilog=f"clusters:\n{clusters}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("cluster", choices=CLUSTERS)
    actions = parser.add_subparsers(dest="action", required=True)
    up = actions.add_parser("up", help="run the servers until Ctrl-C")
    up.add_argument("folder", type=Path, help="a new folder for their data and logs")
    run = actions.add_parser("run", help="run a command on the cluster")
    run.add_argument("command", nargs=argparse.REMAINDER)
    measure = actions.add_parser("measure", help="print figures")
    measure.add_argument("--quick", action="store_true", help="only see that it works")
    return parser.parse_args()


@contextmanager
def _folder(options: argparse.Namespace) -> Iterator[Path]:
    """The folder that was named, or one that is removed afterwards."""
    if options.action == "up":
        options.folder.mkdir(parents=True)
        yield options.folder.resolve()
        return
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


def _wait_for_ctrl_c() -> None:
    try:
        signal.pause()
    except KeyboardInterrupt:
        print()


if __name__ == "__main__":
    sys.exit(main())
