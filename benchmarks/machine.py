"""The date, the machine and the versions of a run."""

import importlib.metadata
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from benchmarks import cores, load
from benchmarks.contenders import CONTENDERS
from benchmarks.databases import Database, Mariadb, Postgresql
from benchmarks.processes import WORKERS


def describe(databases: Sequence[Database]) -> dict[str, Any]:
    """Return the conditions of the run."""
    date = datetime.now(tz=UTC).date().isoformat()
    packages = {"django", "gunicorn", "psycopg"} | {each.package for each in CONTENDERS.values()}
    return {
        "date": date,
        "machine": {
            "processor": _processor(),
            "cores": os.cpu_count(),
            "system": f"{platform.system()} {platform.release()}",
        },
        "versions": {
            "Python": platform.python_version(),
            **_databases(databases),
            **{name: version for name in sorted(packages) if (version := _version(name))},
        },
        "http": f"gunicorn, {WORKERS} synchronous workers; {load.tool()}, "
        f"{load.CONNECTIONS} connections; {_cores(databases)}; {date}",
    }


def _cores(databases: Sequence[Database]) -> str:
    if cores.split() is None:
        return "all on the same cores"
    if any(isinstance(each, Postgresql) and each.process_id is None for each in databases):
        return "the server on one core, the load generator on another, PostgreSQL on any"
    return "the server on one core, the load generator and PostgreSQL on another"


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":")[1].strip()
    return platform.processor() or platform.machine()


def _databases(databases: Sequence[Database]) -> dict[str, str]:
    import sqlite3

    versions = {}
    for database in databases:
        if isinstance(database, Mariadb):
            versions["MariaDB"] = database.version
        elif isinstance(database, Postgresql):
            import psycopg

            with psycopg.connect(database.url) as connection:
                versions["PostgreSQL"] = connection.info.parameter_status("server_version") or ""
        else:
            versions["SQLite"] = sqlite3.sqlite_version
    return versions
