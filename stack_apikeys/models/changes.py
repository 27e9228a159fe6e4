"""What is common to all changes: a signal for code that keeps copies of rows, and a mark."""

from collections.abc import Callable, Collection
from typing import Any, TypeVar, cast

from django.db.models import Model
from django.dispatch import Signal

ChangeT = TypeVar("ChangeT", bound=Callable[..., Any])

rows_changed = Signal()
"""Sent inside the transaction that changes rows, after each change made through a model of keys.

The sender is the model. ``primary_keys`` are those of the changed rows, or None if they are not
known, as after ``QuerySet.update()``. ``using`` is the alias of the database.
"""


def send_rows_changed(
    model: type[Model], primary_keys: Collection[Any] | None, *, using: str
) -> None:
    """Send `rows_changed` for these rows of the model."""
    rows_changed.send(sender=model, primary_keys=primary_keys, using=using)


def alters_data(method: ChangeT) -> ChangeT:
    """Mark a method that changes rows, so that templates do not call it."""
    cast(Any, method).alters_data = True
    return method
