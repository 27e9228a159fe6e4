"""A statement that PostgreSQL prepares once for each connection, with psycopg 3.

PostgreSQL then parses and plans it once, instead of each time. The names of psycopg's own prepared
statements count up in each connection, so behind a pooler that hands the same session to one client
after the other, and does not know of prepared statements, one client would run what another has
prepared. The name of this statement is a digest of its SQL. In any session it means the same, or
nothing, and then the statement runs as if it was not prepared. It also does not depend on
``prepare_threshold``, which switches off psycopg's own.
"""

import hashlib
import logging
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any
from weakref import WeakKeyDictionary

from psycopg import ClientCursor, Connection, Cursor
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult

from stack_apikeys._once_a_minute import OnceAMinute

logger = logging.getLogger("stack_apikeys.verification")

_warnings = OnceAMinute()

_NOT_KEPT = {
    b"26000",  # there is no such statement: it was deallocated, or this is another session
    b"42P05",  # there is one already: this is another client's session
    b"0A000",  # a column has another type now: "cached plan must not change result type"
}

_MOST = 10
"""How often a connection prepares statements. If it loses them so often, they save no time."""


class _Statements:
    """What is known about the prepared statements of one connection: their names, by their SQL."""

    def __init__(self) -> None:
        self.names: dict[str, bytes] = {}
        self.prepared = 0
        self.are_kept = True


_connections: WeakKeyDictionary[Connection[Any], _Statements] = WeakKeyDictionary()


class PreparedCursor:
    """Prepares one statement, and is otherwise the cursor that it is made from.

    It is for `django.db.backends.utils.CursorWrapper`, which counts, logs and wraps the statement as
    any other, and translates errors.

    Nothing is prepared while a transaction is open: if the statement is not prepared any more, the
    error would end the transaction. One that Django has begun, but in which no statement ran yet, is
    not open in the database; the statement then runs outside of it.
    """

    def __init__(self, cursor: Cursor[Any], sql: str) -> None:
        """Args: the cursor, and the statement, with one parameter, ``%(id)s``."""
        self._cursor = cursor
        self._sql = sql
        self._pgconn = cursor.connection.pgconn
        self._params: Mapping[str, Any] | None = None
        self._result: PGresult | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    @property
    def _query(self) -> Any:
        """What Django logs: the SQL with the parameters in it."""
        if self._result is None:
            return self._cursor._query  # noqa: SLF001  # where Django looks for it
        composed = ClientCursor(self._cursor.connection).mogrify(self._sql, self._params)
        return SimpleNamespace(query=composed.encode())

    def execute(self, sql: str, params: Mapping[str, Any] | None = None) -> Any:
        """Execute the prepared statement, or any other SQL as the cursor does."""
        # Execute wrappers may change the SQL, for example add a comment with the id of a request.
        if params is not None and sql == self._sql:
            self._params = params
            self._result = self._execute_prepared(str(params["id"]).encode())
        if self._result is None:
            return self._cursor.execute(sql, params)
        return self

    def fetchone(self) -> Any:
        """Return the row, or None."""
        if self._result is None:
            return self._cursor.fetchone()
        if not self._result.ntuples:
            return None
        transformer = Transformer.from_context(self._cursor)
        transformer.set_pgresult(self._result)
        return transformer.load_row(0, tuple)

    def _execute_prepared(self, parameter: bytes) -> PGresult | None:
        """Return the result, or None if the statement has to run without having been prepared."""
        if self._pgconn.transaction_status != TransactionStatus.IDLE:
            return None
        statements = _connections.get(self._cursor.connection)
        if statements is None:
            statements = _connections[self._cursor.connection] = _Statements()
        while statements.are_kept:
            name = statements.names.get(self._sql) or self._prepare(statements)
            if name is not None:
                result = self._run(self._pgconn.send_query_prepared, name, [parameter])
                if result is not None:
                    return result
                del statements.names[self._sql]
        return None

    def _prepare(self, statements: _Statements) -> bytes | None:
        """Prepare the statement and return its name, or None if the connection does not keep it."""
        sql = (self._sql % {"id": "$1"}).encode()
        digest = hashlib.sha256(sql).hexdigest()[:16]
        name = f"stack_apikeys_{digest}_{statements.prepared}".encode()
        if statements.prepared < _MOST and self._run(self._pgconn.send_prepare, name, sql):
            statements.prepared += 1
            statements.names[self._sql] = name
            return name
        statements.are_kept = False
        if _warnings.is_due():
            logger.warning(
                "PREPARE_VERIFICATION has no effect on a connection, because prepared statements "
                "are not kept. Is it a connection to PgBouncer older than 1.21?"
            )
        return None

    def _run(self, send: Callable[..., None], *arguments: Any) -> PGresult | None:
        """Return the result of a command, or None if prepared statements are not kept."""
        connection = self._cursor.connection
        with connection.lock:
            send(*arguments)
            result: PGresult = connection.wait(execute(self._pgconn))[0]
        if result.status in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
            return result
        if result.error_field(DiagnosticField.SQLSTATE) in _NOT_KEPT:
            return None
        raise error_from_result(result, encoding=connection.info.encoding)
