"""What the processes and the database have used and done so far, once a minute."""

import os
import time
from pathlib import Path
from typing import Any, NamedTuple

import redis
from django.db import connection

from benchmarks.day.database import rows

TICKS = os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    """Totals since the beginning of each process, and the sizes at this moment."""

    moment: float
    """Seconds since the run has begun."""
    cpu: dict[str, float]
    """Seconds of the processor, by program."""
    megabytes: list[tuple[float, float]]
    """The resident and the proportional size of each process of the site."""
    database: dict[str, float]
    redis: dict[str, float]


DATABASE = """
    SELECT xact_commit AS commits, xact_rollback AS rollbacks, blks_hit, blks_read,
        tup_inserted AS inserted, tup_updated AS updated, tup_deleted AS deleted, deadlocks,
        temp_bytes, pg_database_size(datid) AS bytes, wal_bytes, wal_records, wal_fpi
    FROM pg_stat_database, pg_stat_wal WHERE datname = current_database()
"""


class Sampler:
    """Takes samples of the site with this process, its database and Redis."""

    def __init__(self, redis_url: str, site: int) -> None:
        connection.ensure_connection()
        self._site = site
        self._postmaster = _parent(connection.connection.info.backend_pid)
        self._redis = redis.Redis.from_url(redis_url)
        self._begin = time.monotonic()

    def take(self) -> Sample:
        workers = children_of(self._site)
        info: Any = self._redis.info()
        return Sample(
            moment=time.monotonic() - self._begin,
            cpu={
                "workers": sum(map(_cpu, workers)),
                "PostgreSQL": _cpu_of_family(self._postmaster),
                "Redis": info["used_cpu_sys"] + info["used_cpu_user"],
                "load": sum(_cpu(pid) for pid in children_of(os.getpid()) if pid != self._site),
            },
            megabytes=[_megabytes(pid) for pid in workers],
            database=rows(DATABASE)[0],
            redis={
                "commands": info["total_commands_processed"],
                "megabytes": info["used_memory"] / 1e6,
                "keys": self._redis.dbsize(),
            },
        )


def children_of(pid: int) -> list[int]:
    """Return the ids of the processes that this one has started and that run."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(child) for child in listed.split()]


def _stat(pid: int) -> list[str]:
    # The name of the program, in parentheses, may contain spaces.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _parent(pid: int) -> int:
    return int(_stat(pid)[1])


def _cpu(pid: int) -> float:
    """Return the seconds of the processor that a process has used, 0 if it has ended."""
    try:
        return sum(map(int, _stat(pid)[11:13])) / TICKS
    except OSError:
        return 0.0


def _cpu_of_family(pid: int) -> float:
    """Return the same for a process and all that it has started, running and ended."""
    return sum(map(int, _stat(pid)[11:15])) / TICKS + sum(map(_cpu, children_of(pid)))


def _megabytes(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    sizes = {line.split(":")[0]: line.split()[1] for line in lines[1:]}
    return int(sizes["Rss"]) / 1e3, int(sizes["Pss"]) / 1e3
