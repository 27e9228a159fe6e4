"""Database servers, in each of which an attack has a database and a user of its own."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

from tests.server import HOST, free_port

OWN_NAME = f"stack_apikeys_faults_{os.getpid()}"
"""The name of the database, and of the user to whom it belongs."""


class Database(Protocol):
    """A database of our own, in a server that others use too."""

    url: str
    """For ``DATABASE_URL``."""

    def sessions(self) -> int:
        """How many connections there are to the database."""

    def end_sessions(self) -> None:
        """End every connection to the database."""

    def close(self) -> None:
        """End every connection, and accept no further ones."""

    def open(self) -> None:
        """Accept connections again."""

    def slow_down_inserts(self, table: str, seconds: float) -> None:
        """Let each INSERT into the table begin with a pause."""

    def pausing(self) -> int:
        """How many INSERTs are in that pause now."""


class Postgresql:
    """A database in a PostgreSQL server that lets its superuser in without a password."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"postgres://{OWN_NAME}@{HOST}:{port}/{OWN_NAME}"

    def create(self) -> None:
        self._execute(
            f"CREATE ROLE {OWN_NAME} LOGIN", f"CREATE DATABASE {OWN_NAME} OWNER {OWN_NAME}"
        )

    def drop(self) -> None:
        self._execute(
            f"DROP DATABASE IF EXISTS {OWN_NAME} WITH (FORCE)", f"DROP ROLE IF EXISTS {OWN_NAME}"
        )

    def sessions(self) -> int:
        return self._execute(f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{OWN_NAME}'")

    def end_sessions(self) -> None:
        self._execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{OWN_NAME}' AND usename = '{OWN_NAME}'"
        )

    def close(self) -> None:
        self._execute(f"ALTER ROLE {OWN_NAME} NOLOGIN")
        self.end_sessions()

    def open(self) -> None:
        self._execute(f"ALTER ROLE {OWN_NAME} LOGIN")

    def slow_down_inserts(self, table: str, seconds: float) -> None:
        self._execute(
            "CREATE OR REPLACE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN PERFORM pg_sleep({seconds}); RETURN NEW; END $$",
            f"CREATE OR REPLACE TRIGGER pause BEFORE INSERT ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION pause()",
            database=OWN_NAME,
        )

    def pausing(self) -> int:
        return self._execute(
            "SELECT count(*) FROM pg_stat_activity "
            f"WHERE datname = '{OWN_NAME}' AND wait_event = 'PgSleep'"
        )

    def _execute(self, *statements: str, database: str = "postgres") -> Any:
        """Execute the statements; return the first value of what the last one returns."""
        import psycopg

        with psycopg.connect(
            host=HOST, port=self.port, user="postgres", dbname=database, autocommit=True
        ) as connection:
            for statement in statements:
                cursor = connection.execute(statement)
            return cursor.fetchone()[0] if cursor.rowcount > 0 and cursor.description else None


class MariaDb:
    """A database in a MariaDB server that lets root in without a password."""

    url = f"mysql://{OWN_NAME}@{HOST}:3306/{OWN_NAME}"

    def create(self) -> None:
        self._execute(
            f"CREATE DATABASE {OWN_NAME} CHARACTER SET utf8mb4",
            *(f"CREATE USER {user}" for user in self._users),
            *(f"GRANT ALL ON {OWN_NAME}.* TO {user}" for user in self._users),
        )

    def drop(self) -> None:
        self._execute(
            f"DROP DATABASE IF EXISTS {OWN_NAME}",
            *(f"DROP USER IF EXISTS {user}" for user in self._users),
        )

    def sessions(self) -> int:
        return self._execute(
            f"SELECT count(*) FROM information_schema.processlist WHERE user = '{OWN_NAME}'"
        )

    def end_sessions(self) -> None:
        self._execute(f"KILL CONNECTION USER {OWN_NAME}")

    def close(self) -> None:
        self._execute(*(f"ALTER USER {user} ACCOUNT LOCK" for user in self._users))
        self.end_sessions()

    def open(self) -> None:
        self._execute(*(f"ALTER USER {user} ACCOUNT UNLOCK" for user in self._users))

    def slow_down_inserts(self, table: str, seconds: float) -> None:
        self._execute(
            f"CREATE OR REPLACE TRIGGER {OWN_NAME}.pause_{table} BEFORE INSERT ON {OWN_NAME}.{table} "
            f"FOR EACH ROW DO SLEEP({seconds})"
        )

    def pausing(self) -> int:
        return self._execute(
            "SELECT count(*) FROM information_schema.processlist "
            f"WHERE db = '{OWN_NAME}' AND state = 'User sleep'"
        )

    @property
    def _users(self) -> list[str]:
        return [f"'{OWN_NAME}'@'{host}'" for host in ("localhost", HOST)]

    def _execute(self, *statements: str) -> Any:
        """Execute the statements; return the first value of what the last one returns."""
        import MySQLdb

        connection: Any = MySQLdb.connect(host=HOST, user="root")
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)
            row = cursor.fetchone() if cursor.description else None
        connection.close()
        return row and row[0]


class Cluster(Postgresql):
    """A PostgreSQL server of our own, which is stopped as by a crash and started again."""

    def __init__(self, port: int, programs: Path, folder: Path) -> None:
        super().__init__(port)
        self._programs = programs
        self._data = folder / "data"
        self._log = folder / "postgresql.log"

    def create(self) -> None:
        self._run("initdb", "--username=postgres", "--auth=trust", "--no-sync", self._data)
        self.open()
        super().create()

    def drop(self) -> None:
        self.close()

    def close(self) -> None:
        self._run("pg_ctl", "stop", "--mode=immediate", "--pgdata", self._data)

    def open(self) -> None:
        options = f"-p {self.port} -h {HOST} -k {self._data} -c fsync=on"
        self._run(
            *("pg_ctl", "start", "--wait", "--timeout=300", "--pgdata", self._data),
            *("--log", self._log, "--options", options),
        )

    def _run(self, program: str, *arguments: object) -> None:
        subprocess.run(
            [self._programs / program, *map(str, arguments)],
            user="postgres" if os.geteuid() == 0 else None,  # PostgreSQL does not run as root
            stdout=subprocess.DEVNULL,
            cwd="/",
            check=True,
        )


@contextmanager
def postgresql() -> Iterator[Database]:
    yield from _own(Postgresql(5432))


@contextmanager
def mariadb() -> Iterator[Database]:
    yield from _own(MariaDb())


@contextmanager
def cluster() -> Iterator[Database]:
    programs = programs_of_postgresql()
    assert programs is not None
    with tempfile.TemporaryDirectory() as folder, free_port() as port:
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        yield from _own(Cluster(port, programs, Path(folder)))


DATABASES = {"postgresql": postgresql, "mariadb": mariadb, "cluster": cluster}


def why_not(name: str) -> str | None:
    """Why there is no such database here, or None where there is."""
    if name == "cluster":
        return None if programs_of_postgresql() else "initdb is not here"
    database = {"postgresql": Postgresql(5432), "mariadb": MariaDb()}[name]
    try:
        database._execute("SELECT 1")
    except Exception as error:  # noqa: BLE001  # no driver, or whatever the driver raises
        return f"{type(error).__name__}: {error}".strip()
    return None


def _own(database: Any) -> Iterator[Any]:
    try:
        database.create()
        yield database
    finally:
        database.drop()


def programs_of_postgresql() -> Path | None:
    """The folder with ``initdb``. Debian does not put it into the PATH."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    path = found[-1] if found else shutil.which("initdb")
    return Path(path).parent if path else None
