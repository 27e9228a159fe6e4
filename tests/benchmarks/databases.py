"""The databases to measure on, and how Django connects to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit


class Database(Protocol):
    """A kind of database, with a new and empty one for each contender."""

    name: str
    ways: Mapping[str, Mapping[str, Any]]
    """Ways to connect, by name, with what each adds to Django's settings; the first is for what
    is measured in one way only."""

    def create(self, contender: str) -> None:
        """Make the contender's database anew."""

    def drop(self, contender: str) -> None:
        """Remove it."""

    def settings(self, contender: str) -> dict[str, Any]:
        """What Django wants to know of it."""


@dataclass
class Sqlite:
    folder: Path
    name: str = "SQLite"
    ways: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: {"SQLite": {}})

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
    """Databases in the server at this URL, whose database is left alone."""

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

    @property
    def answers(self) -> bool:
        """Whether psycopg is installed, and somebody is there."""
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

    def _execute(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


def ways(databases: Sequence[Database]) -> list[str]:
    """The names of all ways to connect."""
    return [way for database in databases for way in database.ways]
