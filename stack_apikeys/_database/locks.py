"""Row locks that last until the current transaction ends, on every database that Django supports.

All code takes locks in the same order, so that no two transactions wait for each other: first the
rows that grant a right (`TeamAdapter.lock_rights`), then a team or an API key, then a session, then
users. Django deletes rows in this order too: a row before the rows that it refers to.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import connections, models

ModelT = TypeVar("ModelT", bound=models.Model)

# SQLite accepts 999 parameters.
_ROWS_AT_A_TIME = 500

# The lock that the check of a foreign key takes: it only keeps a row from being deleted.
_SHARED = {"postgresql": "FOR KEY SHARE", "mysql": "LOCK IN SHARE MODE"}


def begin_writing(model: type[models.Model], using: str) -> None:
    """Lock the whole database on SQLite, which has no row locks. Do nothing on other databases.

    Call it before the transaction's first query: SQLite fails a transaction that reads first and
    writes later, if another one has written in between. ``model`` is any model in the database.
    """
    connection = connections[using]
    if connection.features.has_select_for_update:
        return
    quote = connection.ops.quote_name
    table, column = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    with connection.cursor() as cursor:
        # An UPDATE of no row takes the lock too. The names are the model's own, and quoted.
        cursor.execute(f"UPDATE {table} SET {column} = {column} WHERE 0 = 1")  # noqa: S608


def lock(rows: models.QuerySet[ModelT]) -> list[ModelT]:
    """Lock the rows of a queryset against changes and deletion; return them as they are now.

    Waits for other transactions that have locked one of the rows. Rows that such a transaction
    deletes are not returned. Must be called in a transaction.
    """
    using = rows.db
    begin_writing(rows.model, using)
    # PostgreSQL cannot lock the nullable side of a join.
    rows = rows.select_related(None).order_by("pk")
    no_key = connections[using].features.has_select_for_no_key_update
    return list(rows.select_for_update(no_key=no_key))


def lock_by_key(model: type[models.Model], primary_keys: Iterable[Any], using: str) -> set[Any]:
    """Lock the rows with these primary keys as `lock` does; return the keys without a row."""
    connection = connections[using]
    if not connection.features.has_select_for_update:
        return _lock_by_key(model, primary_keys, using, "")
    no_key = connection.features.has_select_for_no_key_update
    return _lock_by_key(model, primary_keys, using, connection.ops.for_update_sql(no_key=no_key))


def keep(model: type[models.Model], primary_keys: Iterable[Any], using: str) -> set[Any]:
    """Keep the rows with these primary keys from being deleted; return the keys without a row.

    Only transactions that delete one of the rows have to wait. Must be called in a transaction.
    """
    clause = _SHARED.get(connections[using].vendor, "")
    return _lock_by_key(model, primary_keys, using, clause)


def _lock_by_key(
    model: type[models.Model], primary_keys: Iterable[Any], using: str, clause: str
) -> set[Any]:
    begin_writing(model, using)
    to_python = model._meta.pk.to_python
    wanted = sorted({to_python(key) for key in primary_keys}, key=str)
    missing: set[Any] = set()
    for start in range(0, len(wanted), _ROWS_AT_A_TIME):
        some = wanted[start : start + _ROWS_AT_A_TIME]
        if _select(model, some, using, clause) < len(some):
            rows = model._base_manager.using(using).filter(pk__in=some)
            missing |= set(some) - set(rows.values_list("pk", flat=True))
    return missing


def _select(model: type[models.Model], primary_keys: list[Any], using: str, clause: str) -> int:
    """Select the rows with these primary keys, with a locking clause; return how many there are.

    The SQL does not come from a queryset, because each creation of a key in a transaction runs it,
    and compiling a queryset takes several times as long as the query.
    """
    connection = connections[using]
    quote, field = connection.ops.quote_name, model._meta.pk
    table, column = quote(model._meta.db_table), quote(str(field.column))
    marks = ", ".join(["%s"] * len(primary_keys))
    # The names are the model's own, and quoted.
    sql = f"SELECT {column} FROM {table} WHERE {column} IN ({marks}) ORDER BY {column} {clause}"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [field.get_db_prep_value(key, connection) for key in primary_keys])
        return len(cursor.fetchall())
