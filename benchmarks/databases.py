"""The databases, and their Django settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit


class Database(Protocol):
    """A database system, with a new database for each contender."""

    name: str
    ways: Mapping[str, Mapping[str, Any]]
    """Kinds of connections by name, each with additional settings. Measurements with a single kind
    use the first."""
    process_id: int | None
    """The process of a server that is the benchmark's own."""

    def create(self, contender: str) -> None:
        """Create the contender's database again."""

    def drop(self, contender: str) -> None:
        """Drop it."""

    def settings(self, contender: str) -> dict[str, Any]:
        """Return its settings in ``DATABASES``."""


@dataclass
class Sqlite:
    folder: Path
    name: str = "SQLite"
    ways: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"SQLite": {}})
    process_id: None = None

    def create(self, contender: str) -> None:
        self.drop(contender)

    def drop(self, contender: str) -> None:
        self._path(contender).unlink(missing_ok=True)

    def settings(self, contender: str) -> dict[str, Any]:
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(self._path(contender)),
            "CONN_MAX_AGE": None,
        }

    def _path(self, contender: str) -> Path:
        return self.folder / f"{contender}.sqlite3"


@dataclass
class Postgresql:
    """Databases on the server at this URL. The database in the URL is not changed."""

    url: str
    name: str = "PostgreSQL"
    ways: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: {
            "PostgreSQL": {"CONN_MAX_AGE": None},
            "PostgreSQL, pool": {"OPTIONS": {"pool": True}},
            "PostgreSQL, prepared": {
                "CONN_MAX_AGE": None,
                "OPTIONS": {"server_side_binding": True, "prepare_threshold": 5},
            },
        }
    )
    process_id: int | None = None

    @property
    def answers(self) -> bool:
        """Whether psycopg is installed and the server can be reached."""
        try:
            import psycopg

            with psycopg.connect(self.url, connect_timeout=3):
                return True
        except (ImportError, OSError, psycopg.Error):
            return False

    def create(self, contender: str) -> None:
        self.drop(contender)
        self._execute(f"CREATE DATABASE {self._database(contender)}")

    def drop(self, contender: str) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {self._database(contender)} WITH (FORCE)")

    def settings(self, contender: str) -> dict[str, Any]:
        server = urlsplit(self.url)
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": self._database(contender),
            "USER": server.username or "",
            "PASSWORD": server.password or "",
            "HOST": server.hostname or "",
            "PORT": server.port or "",
        }

    def _database(self, contender: str) -> str:
        return f"benchmark_{contender.replace('-', '_')}"

    def _execute(self, statement: str) -> Any:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


@dataclass
class Mariadb(Postgresql):
    """Databases on the MariaDB or MySQL server at this URL."""

    name: str = "MariaDB"
    ways: Mapping[str, Mapping[str, Any]] = field(
        default_factory=lambda: {"MariaDB": {"CONN_MAX_AGE": None}}
    )

    @property
    def answers(self) -> bool:
        """Whether mysqlclient is installed and the server can be reached."""
        try:
            return bool(self.version)
        except (ImportError, OSError):
            return False

    @property
    def version(self) -> str:
        """The server's version. Raises OSError if it cannot be reached."""
        return str(self._execute("SELECT VERSION()"))

    def drop(self, contender: str) -> None:
        self._execute(f"DROP DATABASE IF EXISTS {self._database(contender)}")

    def settings(self, contender: str) -> dict[str, Any]:
        return {**super().settings(contender), "ENGINE": "django.db.backends.mysql"}

    def _execute(self, statement: str) -> Any:
        import MySQLdb

        server = urlsplit(self.url)
        try:
            connection = MySQLdb.connect(
                host=server.hostname or "",
                port=server.port or 3306,
                user=server.username or "",
                password=server.password or "",
            )
        except MySQLdb.OperationalError as error:
            raise OSError(*error.args) from error
        try:
            cursor = connection.cursor()
            cursor.execute(statement)
            row = cursor.fetchone()
            return row and row[0]
        finally:
            connection.close()


def ways(databases: Sequence[Database]) -> list[str]:
    """Return the names of all kinds of connections."""
    return [way for database in databases for way in database.ways]
