"""Messages by LISTEN and NOTIFY of PostgreSQL."""

import copy
from collections import deque
from collections.abc import Iterable
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper

from stack_apikeys.verification.invalidation.listener import is_readable

CHANNEL = "stack_apikeys"
"""The channel, of which every database has its own."""

_ANSWER_SECONDS = 5


def notify(message: str, *, using: str) -> None:
    """Send the message when the current transaction is committed, or now outside of one."""
    with connections[using].cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, message])


class PostgresqlSubscription:
    """A connection of its own that listens in the database ``alias``.

    Raises an exception if no message arrives, as behind a PgBouncer that pools transactions.
    """

    def __init__(self, alias: str) -> None:
        self._received: deque[str] = deque()
        self._connection = _new_connection(alias)
        try:
            self._connection.ensure_connection()
            self._connection.set_autocommit(True)
            self._raw: Any = self._connection.connection
            if self._is_psycopg3:
                self._raw.add_notify_handler(lambda notify: self._received.append(notify.payload))
            self._execute(f'LISTEN "{CHANNEL}"')
            self._require_messages(alias)
        except BaseException:
            self.close()
            raise

    def ping(self) -> Iterable[str]:
        """Wait for an answer of the server, and return the messages that came before it."""
        self._execute("SELECT 1")
        return self._take()

    def receive(self) -> Iterable[str]:
        """Return all messages that have arrived. Waits for nothing, and so is faster than a query."""
        if self._is_psycopg3:
            self._raw.pgconn.consume_input()
            while notify := self._raw.pgconn.notifies():
                self._received.append(notify.extra.decode())
        else:
            self._raw.poll()
            self._receive_from_psycopg2()
        return self._take()

    def fileno(self) -> int:
        """Return the file descriptor from which the messages are read."""
        number: int = self._raw.fileno()
        return number

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _require_messages(self, alias: str) -> None:
        """Send a message from another connection, which must arrive without a query."""
        other = _new_connection(alias)
        try:
            with other.cursor() as cursor:
                cursor.execute(f'NOTIFY "{CHANNEL}"')
        finally:
            other.close()
        if not is_readable(self.fileno(), timeout=_ANSWER_SECONDS):
            raise ConnectionError(
                f"The database {alias!r} does not deliver notifications, as behind a PgBouncer that "
                "pools transactions. Name an alias that goes around it in INVALIDATION."
            )

    def _take(self) -> Iterable[str]:
        messages = [*filter(None, self._received)]  # without those of `_require_messages`
        self._received.clear()
        return messages

    def _execute(self, sql: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(sql)
        if not self._is_psycopg3:
            self._receive_from_psycopg2()

    def _receive_from_psycopg2(self) -> None:
        self._received.extend(notify.payload for notify in self._raw.notifies)
        self._raw.notifies.clear()

    @property
    def _is_psycopg3(self) -> bool:
        return hasattr(self._raw, "add_notify_handler")


def _new_connection(alias: str) -> BaseDatabaseWrapper:
    """Return a connection that belongs to no pool, and notices when the network is down."""
    wrapper = connections[alias]
    settings: dict[str, Any] = copy.deepcopy(wrapper.settings_dict)
    options = settings["OPTIONS"]
    options.pop("pool", None)
    options.setdefault("connect_timeout", _ANSWER_SECONDS)
    options.setdefault("tcp_user_timeout", _ANSWER_SECONDS * 1000)
    return type(wrapper)(settings, alias)
