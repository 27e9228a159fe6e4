"""Attack a real server with races and faults, and print what has come out.

Each figure is printed with what it must be. The exit status is 1 if one of them is not.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

from tests import ROOT
from tests.faults.databases import DATABASES, why_not
from tests.faults.environment import environment
from tests.faults.figures import Figure
from tests.faults.plan import BRIEF, LONG, QUICK, Plan

FAULTS = {
    "revocation": "keys are revoked while other processes verify them",
    "kept": "keys are revoked that every process keeps in memory",
    "rotation": "keys are rotated while other processes verify them, and several times at once",
    "crashes": "workers are killed while they write",
    "outages": "the database disconnects, stops and comes back",
    "mounted": "connections are cut under an application of another framework",
    "rights": "a right is withdrawn in the middle of a creation",
    "limits": "more keys at the same moment than caps and rates allow",
    "usage": "requests are counted by processes that end in order",
    "guesses": "wrong passwords at the same moment",
}

NEEDS_REDIS = {"limits", "guesses", "kept"}


def main() -> int:
    options = _options()
    chosen = options.database or list(DATABASES)
    if len(chosen) == 1:
        return _attack(chosen[0], options.only, options.plan)
    # A process has the settings of one database.
    statuses = []
    for name in chosen:
        plan = next(flag for flag, plan in PLANS.items() if plan is options.plan)
        command = [sys.executable, "-m", "tests.faults", "--database", name, "--only"]
        command += [*options.only, *([f"--{plan}"] if plan != "quick" else [])]
        statuses.append(subprocess.run(command, cwd=ROOT, check=False).returncode)
    return max(statuses)


PLANS = {"brief": BRIEF, "quick": QUICK, "long": LONG}


def _options() -> argparse.Namespace:
    faults = "\n".join(f"  {name:<11} {what}" for name, what in FAULTS.items())
    parser = argparse.ArgumentParser(
        prog="python -m tests.faults",
        description=__doc__,
        epilog=f"faults:\n{faults}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    plans = parser.add_mutually_exclusive_group()
    plans.add_argument(
        "--brief", dest="plan", action="store_const", const=BRIEF, help="a few of each"
    )
    plans.add_argument("--long", dest="plan", action="store_const", const=LONG, help="many of each")
    parser.add_argument("--only", nargs="+", choices=FAULTS, default=list(FAULTS), metavar="FAULT")
    parser.add_argument(
        "--database",
        nargs="+",
        choices=DATABASES,
        help=f"{', '.join(DATABASES)} (a PostgreSQL of its own, which is stopped and started); "
        "all that are here by default",
    )
    parser.set_defaults(plan=QUICK)
    return parser.parse_args()


def _attack(name: str, faults: list[str], plan: Plan) -> int:
    if name == "cluster":
        faults = [fault for fault in faults if fault == "outages"]
        if not faults:
            return 0
    reason = why_not(name)
    if reason:
        print(f"{name}: left out. {reason}")
        return 0
    missing = NEEDS_REDIS.intersection(faults) if not shutil.which("redis-server") else set()
    if missing:
        print(f"{', '.join(sorted(missing))}: left out. redis-server is not here.")
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory() as folder, DATABASES[name]() as database:
        os.environ |= environment(database.url, Path(folder))
        _prepare()
        from tests.faults.scene import Scene

        scene = Scene(database, Path(folder))
        for fault in faults:
            if fault in missing:
                continue
            print(f"{name}: {FAULTS[fault]}", flush=True)
            begin = time.monotonic()
            for figure in import_module(f"tests.faults.{fault}").attack(scene, plan):
                figures.append(figure)
                print(figure, flush=True)
            print(f"  {time.monotonic() - begin:.0f} s", flush=True)
        from django.db import connection

        connection.close()
    broken = sum(not figure.holds for figure in figures)
    print(f"{name}: {len(figures) - broken} of {len(figures)} figures are as they must be.")
    return int(broken > 0)


def _prepare() -> None:
    import django
    from django.core.management import call_command

    django.setup()
    call_command("migrate", verbosity=0)


if __name__ == "__main__":
    sys.exit(main())
