"""Whether a database can prepare statements, and whether a pooler such as PgBouncer loses them."""

from contextlib import closing
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

_NAME = "stack_apikeys_probe"

_ROUNDS = 5
"""The number of times that two connections are compared. Other clients may have taken a session in between."""


def can_prepare(connection: BaseDatabaseWrapper) -> bool:
    """Return whether this is a connection to PostgreSQL with psycopg 3."""
    driver: str = connection.Database.__name__  # type: ignore[attr-defined]
    return driver == "psycopg" and connection.vendor == "postgresql"


def loses_prepared_statements(alias: str) -> bool:
    """Return whether clients of this database share sessions, and a pooler does not help them.

    The database is one that `can_prepare` statements. Opens up to two connections. Raises
    `DatabaseError` if it cannot.
    """
    with (
        closing(connections.create_connection(alias)) as one,
        closing(connections.create_connection(alias)) as other,
    ):
        session = _session(one)
        if session == one.connection.info.backend_pid:
            return False  # there is no pooler in between: it would have another number
        if not _keeps_names(one):
            return False  # the pooler gives statements names of its own, so it knows of them
        sessions, others = {session}, set()
        for _round in range(_ROUNDS):
            others.add(_session(other))
            sessions.add(_session(one))
        return len(sessions) > 1 or not sessions.isdisjoint(others)


def _session(connection: BaseDatabaseWrapper) -> int:
    """Return the number of the session of PostgreSQL that a statement runs in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        [number] = cursor.fetchone()
    return int(number)


def _keeps_names(connection: BaseDatabaseWrapper) -> bool:
    """Return whether PostgreSQL knows a prepared statement by the name that the client gave it."""
    driver: Any = connection.connection
    with connection.wrap_database_errors, driver.transaction():
        driver.pgconn.prepare(_NAME.encode(), b"SELECT")
        names = "SELECT name FROM pg_prepared_statements WHERE name = %s"
        is_known = driver.execute(names, [_NAME]).fetchone() is not None
        if is_known:
            driver.execute(f"DEALLOCATE {_NAME}")
    return is_known
