"""The users and teams that the project's own code can see: those that the default manager returns."""

from typing import Any

from django.db.models import Model, QuerySet
from django.db.models.manager import BaseManager


def may_hide_rows(model: type[Model]) -> bool:
    """Return True if the default manager of ``model`` overrides ``get_queryset()``."""
    return type(model._default_manager).get_queryset is not BaseManager.get_queryset


def visible_rows(model: type[Model], using: str) -> QuerySet[Any] | None:
    """Return the rows that the default manager returns now, or None if that is all of them.

    Call it each time: what a manager returns may depend on the current tenant, for example.
    """
    if not may_hide_rows(model):
        return None
    rows = model._default_manager.db_manager(using).get_queryset()
    leaves_rows_out = rows.query.where or rows.query.is_sliced or rows.query.combinator
    return rows if leaves_rows_out else None


def is_hidden(row: Model) -> bool:
    """Return True if the default manager leaves this row out.

    Runs a query only if the manager leaves rows out at all.
    """
    rows = visible_rows(type(row), str(row._state.db))
    return rows is not None and not rows.filter(pk=row.pk).exists()
