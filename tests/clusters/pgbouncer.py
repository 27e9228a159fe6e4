"""PgBouncer before a PostgreSQL server of our own. It pools transactions."""

import json
import shutil
import signal
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.clusters import postgresql
from tests.clusters.postgresql import PostgresqlServer, run_server
from tests.clusters.servers import Program, user_for
from tests.faults.environment import environment
from tests.server import HOST, free_port, wait_until

POOL_SIZE = 4

CONFIGURATION = """
[databases]
* = {server}

[pgbouncer]
listen_addr = {host}
listen_port = {port}
unix_socket_dir =
{options}
"""

OPTIONS = """
auth_type = trust
auth_file = {users}
admin_users = postgres
pool_mode = transaction
max_client_conn = 500
default_pool_size = {pool_size}
"""


def missing() -> str | None:
    return postgresql.missing() or (None if shutil.which("pgbouncer") else "pgbouncer")


@dataclass(frozen=True)
class Pooled:
    """A PostgreSQL server, and the port at which PgBouncer pools connections to it."""

    server: PostgresqlServer
    port: int
    folder: Path

    @property
    def url(self) -> str:
        """For ``DATABASE_URL``."""
        options = "DISABLE_SERVER_SIDE_CURSORS=True"
        return f"postgres://postgres@{HOST}:{self.port}/postgres?{options}"

    @property
    def environment(self) -> Mapping[str, str]:
        """For the suite, which leaves out what needs a session of its own."""
        return {"DATABASE_URL": self.url, "DATABASE_IS_POOLED": "yes"}

    def databases(self, **options: Any) -> Mapping[str, str]:
        """Return the environment with ``default`` through PgBouncer, and ``direct`` around it."""
        through = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "postgres",
            "HOST": HOST,
            "PORT": str(self.port),
            "CONN_MAX_AGE": 60,
            "DISABLE_SERVER_SIDE_CURSORS": True,
            "OPTIONS": options,
        }
        direct = {**through, "PORT": str(self.server.port), "OPTIONS": {}}
        return {
            **environment(self.url, self.folder),
            "DJANGO_SETTINGS_MODULE": "tests.clusters.settings",
            "CLUSTER_DATABASES": json.dumps({"default": through, "direct": direct}),
        }

    def administer(self, command: str) -> list[tuple[Any, ...]]:
        """Run a command of PgBouncer's console, such as ``SHOW POOLS``."""
        with psycopg.ClientCursor(self._console()) as cursor:
            cursor.execute(command)  # type: ignore[arg-type]
            rows = cursor.fetchall() if cursor.description else []
            cursor.connection.close()
        return rows

    def _console(self) -> "psycopg.Connection[Any]":
        return psycopg.connect(
            host=HOST, port=self.port, user="postgres", dbname="pgbouncer", autocommit=True
        )


@contextmanager
def pool(folder: Path, *, server: str, options: str) -> Iterator[int]:
    """Run PgBouncer before a server until the block ends. Yields the port.

    The user whom it runs as must be allowed to look into the folder.
    """
    with free_port() as port:
        configuration = folder / "pgbouncer.ini"
        configuration.write_text(
            CONFIGURATION.format(server=server, host=HOST, port=port, options=options)
        )
        user, log = user_for("postgres"), folder / "pgbouncer.log"
        program = Program(["pgbouncer", configuration], user=user, log=log)

        def answers() -> bool:
            program.require_alive()
            with suppress(OSError), socket.create_connection((HOST, port)):
                return True
            return False

        try:
            program.start()
            wait_until(answers)
            yield port
        finally:
            program.stop(signal.SIGTERM)


@contextmanager
def run(folder: Path) -> Iterator[Pooled]:
    with run_server(folder) as server:
        users = folder / "users.txt"
        users.write_text('"postgres" ""\n')
        options = OPTIONS.format(users=users, pool_size=POOL_SIZE)
        with pool(folder, server=f"host={HOST} port={server.port}", options=options) as port:
            yield Pooled(server, port, folder)


def measure(cluster: Pooled, *, quick: bool) -> None:
    from tests.clusters import pgbouncer_figures  # needs Django

    pgbouncer_figures.measure(cluster, quick=quick)
