"""Parses primary keys from URLs and request bodies, which may contain anything."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
"""Characters that not every database can store or query: null, and lone surrogates."""


def primary_key_field(model: type[models.Model]) -> "models.Field[Any, Any]":
    """Return the field of the model's primary key; if that is a relation, the field it refers to."""
    field: models.Field[Any, Any] = model._meta.pk
    while isinstance(field, models.ForeignKey):
        field = field.target_field
    return field


def parse_primary_key(model: type[models.Model], value: object) -> Any:
    """Return ``str(value)`` as a primary key of the model, or None if no row can have such a key.

    That includes integers outside the range of the field, for which databases or their drivers may
    raise errors.
    """
    text = str(value)
    if UNSTORABLE.search(text):
        return None
    field = primary_key_field(model)
    try:
        primary_key = field.to_python(text)
        if not isinstance(field, models.CharField):  # existing rows may violate later validators
            field.run_validators(primary_key)
    except (ValidationError, TypeError, ValueError, ArithmeticError):
        return None
    return primary_key
