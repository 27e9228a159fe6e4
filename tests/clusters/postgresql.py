"""PostgreSQL servers of our own: a primary, and replicas that stream from it."""

import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from tests.clusters.servers import Program, give, user_for
from tests.faults.databases import programs_of_postgresql
from tests.faults.environment import environment
from tests.server import HOST, free_port, wait_until

REPLICAS = 2


def missing() -> str | None:
    return None if programs_of_postgresql() else "initdb of PostgreSQL"


class PostgresqlServer:
    """One server, whose superuser ``postgres`` needs no password."""

    def __init__(self, folder: Path, port: int, name: str) -> None:
        self.port = port
        self.name = name
        self._user = user_for("postgres")
        self._data = folder / name
        give(folder, self._user)
        found = programs_of_postgresql()
        assert found is not None
        self._programs = found
        options = {"listen_addresses": HOST, "port": port, "unix_socket_directories": ""}
        # The name under which a replica is known to its primary.
        options |= {"cluster_name": name}
        arguments = [word for each in options.items() for word in ("-c", "{}={}".format(*each))]
        self._program = Program(
            [found / "postgres", "-D", self._data, *arguments],
            user=self._user,
            log=folder / f"{name}.log",
        )

    def create(self) -> None:
        """Create an empty cluster of databases."""
        self._run("initdb", "--username=postgres", "--auth=trust", "--no-sync", self._data)

    def create_from(self, primary: "PostgresqlServer") -> None:
        """Copy the primary, in order to stream from it."""
        self._run(
            *("pg_basebackup", "--write-recovery-conf", "--checkpoint=fast", "--no-sync"),
            *(f"--pgdata={self._data}", f"--host={HOST}", f"--port={primary.port}"),
            *("--username=postgres", "--create-slot", f"--slot={self.name}"),
        )

    def start(self) -> None:
        """Start it, and wait until it answers queries."""
        self._program.start()
        wait_until(self._answers)

    def stop(self) -> None:
        """End it at once, as by a crash. Does nothing if it does not run."""
        self._program.stop(signal.SIGQUIT)

    def configure(self, **settings: str) -> None:
        """Change settings that need no restart."""
        for name, value in settings.items():
            self.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        self.execute("SELECT pg_reload_conf()")
        wait_until(
            lambda: all(self.execute(f"SHOW {name}") == value for name, value in settings.items())
        )

    def execute(self, statement: str, *, database: str = "postgres") -> Any:
        """Execute a statement, and return the first value of what it returns."""
        with psycopg.connect(
            host=HOST, port=self.port, user="postgres", dbname=database, autocommit=True
        ) as connection:
            cursor = connection.execute(statement)
            row = cursor.fetchone() if cursor.description else None
        return row and row[0]

    def _answers(self) -> bool:
        self._program.require_alive()
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [self._programs / program, *map(str, arguments)],
            user=self._user,
            stdout=subprocess.DEVNULL,
            cwd="/",
            check=True,
        )


@dataclass(frozen=True)
class StreamingReplication:
    """A primary, and replicas that stream from it."""

    primary: PostgresqlServer
    replicas: list[PostgresqlServer]
    folder: Path

    @property
    def url(self) -> str:
        """Where the primary is, for ``DATABASE_URL``."""
        return f"postgres://postgres@{HOST}:{self.primary.port}/postgres"

    @property
    def environment(self) -> Mapping[str, str]:
        """Keys are verified by whichever replica libpq finds, or by the primary without any."""
        several = {"target_session_attrs": "prefer-standby", "connect_timeout": 3}
        return self.reading_from(*self.replicas, self.primary, options=several)

    def reading_from(
        self, *servers: PostgresqlServer, options: Mapping[str, Any] | None = None, **database: Any
    ) -> Mapping[str, str]:
        """Return the environment in which keys are verified by these servers."""
        default = {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "postgres",
            "HOST": HOST,
            "PORT": str(self.primary.port),
            "CONN_MAX_AGE": 60,
            "CONN_HEALTH_CHECKS": True,
        }
        replica = {
            **default,
            "HOST": ",".join([HOST] * len(servers)),
            "PORT": ",".join(str(server.port) for server in servers),
            "OPTIONS": options or {},
            **database,
        }
        return {
            **environment(self.url, self.folder),
            "DJANGO_SETTINGS_MODULE": "tests.clusters.settings",
            "CLUSTER_DATABASES": json.dumps({"default": default, "replica": replica}),
        }

    def waiting(self) -> int:
        """Return how many commits wait for replicas now."""
        waiting: int = self.primary.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
        )
        return waiting

    def catch_up(self) -> None:
        """Wait until every replica has replayed what the primary has written."""
        written = self.primary.execute("SELECT pg_current_wal_lsn()")
        for replica in self.replicas:
            replayed = f"SELECT pg_last_wal_replay_lsn() >= '{written}'"
            wait_until(lambda server=replica, asked=replayed: server.execute(asked))

    def synchronize(self, synchronous_commit: str, names: str = "") -> None:
        """Let the primary wait for the replicas with these names before it reports a commit."""
        self.primary.configure(
            synchronous_standby_names=names, synchronous_commit=synchronous_commit
        )


@contextmanager
def run_server(folder: Path, name: str = "postgresql") -> Iterator[PostgresqlServer]:
    """Run one server until the block ends."""
    with free_port() as port:
        server = PostgresqlServer(folder, port, name)
        server.create()
        try:
            server.start()
            yield server
        finally:
            server.stop()


@contextmanager
def run(folder: Path) -> Iterator[StreamingReplication]:
    with run_server(folder, "primary") as primary, ExitStack() as stack:
        replicas = []
        for number in range(1, REPLICAS + 1):
            port = stack.enter_context(free_port())
            replica = PostgresqlServer(folder, port, f"replica{number}")
            replica.create_from(primary)
            stack.callback(replica.stop)
            replica.start()
            replicas.append(replica)
        yield StreamingReplication(primary, replicas, folder)


def measure(cluster: StreamingReplication, *, quick: bool) -> None:
    from tests.clusters import postgresql_figures  # needs Django

    postgresql_figures.measure(cluster, quick=quick)
