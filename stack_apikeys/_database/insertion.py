"""The INSERT of ``save()``, whose SQL is composed once.

Django's compiler takes longer to compose an INSERT than the database takes to execute it, and the SQL
is always the same for the same columns. So `insert_row` keeps what the compiler has composed. It runs
the SQL with Django's own cursor, so that the query is counted, logged and wrapped like any other.
"""

import functools
from collections.abc import Sequence
from typing import Any

from django.core.signals import setting_changed
from django.db import connections
from django.db.models import Field, Model
from django.db.models.sql import InsertQuery
from django.db.models.sql.compiler import SQLInsertCompiler
from django.dispatch import receiver


def insert_row(
    instance: Model, model: type[Model], fields: Sequence["Field[Any, Any]"], *, using: str
) -> bool:
    """Insert a row with these fields of the instance; return False if the ORM must insert it.

    That is if a value is an expression, if a field has SQL of its own, or if the database backend
    overrides how an INSERT is executed. Columns that are null are left out of the statement.
    """
    connection = connections[using]
    parameters: dict[str, Any] = {}
    for field in fields:
        value = field.pre_save(instance, add=True)
        if value is None:
            if field.has_db_default():
                parameters[field.attname] = None
        elif hasattr(value, "resolve_expression"):
            return False
        else:
            parameters[field.attname] = field.get_db_prep_save(value, connection)
    sql = _compile(model, model._meta.db_table, tuple(parameters), using)
    if sql is None:
        return False
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
    return True


@functools.cache
def _compile(
    model: type[Model],
    table: str,  # noqa: ARG001  # of the model, and a part of the cache's key
    names: tuple[str, ...],
    using: str,
) -> str | None:
    """Return the SQL that inserts these fields, or None if the ORM must insert the row."""
    by_name = {field.attname: field for field in model._meta.local_concrete_fields}
    fields = [by_name[name] for name in names]
    query = InsertQuery(model)
    query.insert_values(fields, [model()])
    compiler = query.get_compiler(using=using)
    if (
        not isinstance(compiler, SQLInsertCompiler)
        or type(compiler).execute_sql is not SQLInsertCompiler.execute_sql
        or any(
            hasattr(field, name)
            for field in fields
            for name in ("get_placeholder", "get_placeholder_sql")
        )
    ):
        return None
    statements = compiler.as_sql()
    sql = str(statements[0][0])
    if len(statements) > 1 or sql.count("%") != sql.count("%s") or sql.count("%s") != len(names):
        return None
    # Named, because SQLite's backend searches the SQL for positional parameters each time.
    return sql % tuple(f"%({name})s" for name in names)


@receiver(setting_changed)
def _forget_statements(*, setting: str, **_kwargs: Any) -> None:
    if setting == "DATABASES":
        _compile.cache_clear()
