"""The model fields for points in time and for rates."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from stack_apikeys import timestamps
from stack_apikeys.rates import UNLIMITED, clean_rates

if TYPE_CHECKING:
    _DateTimeField = models.DateTimeField[Any, Any]
    _JSONField = models.JSONField[Any, Any]
else:
    _DateTimeField = models.DateTimeField
    _JSONField = models.JSONField


class MomentField(_DateTimeField):
    """A DateTimeField that stores only what `timestamps.clean` accepts.

    Other values may exceed what a database or a time zone can represent. Saves, updates and bulk
    operations all raise the same ValidationError, which names the field.
    """

    default_validators = [timestamps.clean]  # type: ignore[list-item]  # its result is ignored

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Validate the value, unless it is an expression, and prepare it for the database."""
        if value is not None and not hasattr(value, "as_sql"):
            value = self.clean_moment(value)
        return super().get_db_prep_save(value, connection)

    def clean_moment(self, value: Any) -> datetime:
        """Return the value as a datetime that can be stored. Raises ValidationError."""
        try:
            return timestamps.clean(self.to_python(value) if isinstance(value, str) else value)
        except ValidationError as error:
            raise ValidationError({self.name: error}) from None

    def deconstruct(self) -> Any:
        """Describe the field as a DateTimeField, so that migrations do not import this class."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.DateTimeField", args, kwargs


class RatesFormField(forms.CharField):
    """Rates as text, such as ``20/second, 1000/hour``."""

    def __init__(self, **kwargs: Any) -> None:
        names = ("required", "label", "initial", "help_text", "disabled")
        super().__init__(**{name: kwargs[name] for name in names if name in kwargs})

    def prepare_value(self, value: Any) -> Any:
        """Return the rates as text."""
        if isinstance(value, list | tuple):
            return ", ".join(value) or UNLIMITED
        return value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text differs from the rates it stands for."""
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> list[str] | None:
        """Return the rates, or None for no text. Raises ValidationError."""
        text = super().clean(value)
        return clean_rates(text if text == UNLIMITED else text.replace(",", " ").split() or None)


class RatesField(_JSONField):
    """The rates of a key: a list, or None for those of the settings.

    Saves, updates and bulk operations raise a ValidationError, which names the field, for anything
    else.
    """

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Validate the value, unless it is an expression, and prepare it for the database."""
        if not hasattr(value, "as_sql"):
            value = self.clean_rates(value)
        return super().get_db_prep_save(value, connection)

    def clean_rates(self, rates: object) -> list[str] | None:
        """Return rates as they are stored. Raises ValidationError."""
        try:
            return clean_rates(rates)
        except ValidationError as error:
            raise ValidationError({self.name: error}) from None

    def formfield(self, **kwargs: Any) -> Any:
        """Return a `RatesFormField`, whatever Django admin prefers for JSON."""
        return models.Field.formfield(self, **(kwargs | {"form_class": RatesFormField}))

    def deconstruct(self) -> Any:
        """Describe the field as a JSONField, so that migrations do not import this class."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs
