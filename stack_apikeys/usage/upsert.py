"""Insert rows, or add their numbers to those that are stored, in one statement for many rows.

`QuerySet.bulk_create` can replace the stored values, but not add to them.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper

Rule = Literal["add", "earliest", "latest", "newest"]
"""How a new value and the stored one are merged. ``newest`` keeps the stored one if the new one is an
empty string, or if the stored row is newer."""

_PARAMETERS = 900
"""The number of parameters in one statement, for databases that do not state how many they take."""


def upsert(
    model: type[models.Model],
    rows: Sequence[Mapping[str, Any]],
    *,
    unique: Sequence[str],
    rules: Mapping[str, Rule],
    using: str,
    age: str = "",
) -> None:
    """Insert each row, or merge it into the stored row with the same values in ``unique``.

    All rows have the same fields. Those without a rule keep the stored value. ``age`` is the field
    that says which of two rows is newer.
    """
    if not rows:
        return
    connection = connections[using]
    fields: list[Any] = [model._meta.get_field(name) for name in rows[0]]
    size = (connection.features.max_query_params or 30 * _PARAMETERS) // len(fields)
    table, columns = _quote(connection, model._meta.db_table), _columns(connection, fields)
    on_conflict = _on_conflict(connection, model, unique, rules, age)
    with connection.cursor() as cursor:
        for start in range(0, len(rows), size):
            batch = [
                [field.get_db_prep_save(values[field.name], connection) for field in fields]
                for values in rows[start : start + size]
            ]
            source, parameters = _source(connection, fields, batch)
            cursor.execute(f"INSERT INTO {table} ({columns}) {source} {on_conflict}", parameters)


def _source(
    connection: BaseDatabaseWrapper, fields: Sequence[Any], batch: Sequence[Sequence[Any]]
) -> tuple[str, list[Any]]:
    """Return the SQL that selects the rows of the batch in this order, and its parameters."""
    if connection.vendor == "postgresql":
        # An array for each column. Of thousands of parameters, psycopg would spend more time on
        # reading the SQL than on anything else.
        arrays = ", ".join(f"%s::{field.db_type(connection)}[]" for field in fields)
        columns = [list(column) for column in zip(*batch, strict=True)]
        return f"SELECT * FROM UNNEST({arrays})", columns  # noqa: S608
    row = f"({', '.join(['%s'] * len(fields))})"
    return f"VALUES {', '.join([row] * len(batch))}", [value for row in batch for value in row]


def _on_conflict(
    connection: BaseDatabaseWrapper,
    model: type[models.Model],
    unique: Sequence[str],
    rules: Mapping[str, Rule],
    age: str,
) -> str:
    """Return the clause. The names in it are those of the models, and quoted."""
    is_mysql = connection.vendor == "mysql"
    table = _quote(connection, model._meta.db_table)

    def old_and_new(name: str) -> tuple[str, str]:
        column = _columns(connection, [model._meta.get_field(name)])
        if is_mysql:
            return column, f"VALUES({column})"
        return f"{table}.{column}", f"excluded.{column}"

    changes = []
    for name, rule in rules.items():
        old, new = old_and_new(name)
        if rule == "newest":
            before, now = old_and_new(age)
            value = f"CASE WHEN {new} = '' OR {now} < {before} THEN {old} ELSE {new} END"
        else:
            value = _merged(connection, rule, old, new)
        changes.append(f"{_columns(connection, [model._meta.get_field(name)])} = {value}")
    if is_mysql:
        return f"ON DUPLICATE KEY UPDATE {', '.join(changes)}"
    names = _columns(connection, [model._meta.get_field(name) for name in unique])
    return f"ON CONFLICT ({names}) DO UPDATE SET {', '.join(changes)}"


def _merged(connection: BaseDatabaseWrapper, rule: Rule, old: str, new: str) -> str:
    if rule == "add":
        return f"{old} + {new}"
    names = ("MIN", "MAX") if connection.vendor == "sqlite" else ("LEAST", "GREATEST")
    # Outside of PostgreSQL, these functions return NULL if one of their arguments is.
    return f"COALESCE({names[rule == 'latest']}({old}, {new}), {old}, {new})"


def _columns(connection: BaseDatabaseWrapper, fields: Iterable[Any]) -> str:
    return ", ".join(_quote(connection, field.column) for field in fields)


def _quote(connection: BaseDatabaseWrapper, name: str) -> str:
    return connection.ops.quote_name(name)
