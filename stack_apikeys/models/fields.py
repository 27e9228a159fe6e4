"""The model fields for points in time and for lists."""

from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from stack_apikeys import timestamps
from stack_apikeys.networks import clean_networks
from stack_apikeys.rates import UNLIMITED, clean_rates
from stack_apikeys.scopes import clean_scopes
from stack_apikeys.validators import as_list

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


class ListFormField(forms.CharField):
    """A list as text, with commas or white space between its items."""

    def __init__(self, **kwargs: Any) -> None:
        names = ("required", "label", "initial", "help_text", "disabled", "widget")
        super().__init__(**{name: kwargs[name] for name in names if name in kwargs})

    def prepare_value(self, value: Any) -> Any:
        """Return the items as text."""
        return ", ".join(value) if isinstance(value, list | tuple) else value

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the text differs from the items it stands for."""
        return super().has_changed(self.prepare_value(initial), data)

    def clean(self, value: Any) -> list[str] | None:
        """Return the items, or None for no text. Raises ValidationError."""
        text = super().clean(value)
        items = text.replace(",", " ").split()
        # Commas alone are not an empty list, which would lift a restriction.
        return items or ([text] if text else None)


class RatesFormField(ListFormField):
    """Rates as text, such as ``20/second, 1000/hour``."""

    def prepare_value(self, value: Any) -> Any:
        """Return the rates as text."""
        return UNLIMITED if value == [] else super().prepare_value(value)

    def clean(self, value: Any) -> list[str] | None:
        """Return the rates, or None for no text. Raises ValidationError."""
        rates = super().clean(value)
        return clean_rates(UNLIMITED if rates == [UNLIMITED] else rates)


class NetworksFormField(ListFormField):
    """Networks as text, such as ``192.0.2.0/24, 2001:db8::/32``."""

    def clean(self, value: Any) -> list[str] | None:
        """Return the networks, or None for no text. Raises ValidationError."""
        return clean_networks(super().clean(value))


class CheckedListField(_JSONField):
    """A list of texts, or None.

    Saves, updates and bulk operations raise a ValidationError, which names the field, for what
    `cleaned` does not accept.
    """

    cleaned: Callable[[Any], list[str] | None]
    form_class: type[ListFormField] = ListFormField

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Validate the value, unless it is an expression, and prepare it for the database."""
        if not hasattr(value, "as_sql"):
            value = self.clean_list(value)
        return super().get_db_prep_save(value, connection)

    def clean_list(self, value: object) -> list[str] | None:
        """Return the value as it is stored. Raises ValidationError."""
        if value is None:
            return None
        try:
            return type(self).cleaned(value)
        except ValidationError as error:
            raise ValidationError({self.name: error}) from None

    def formfield(self, **kwargs: Any) -> Any:
        """Return a `ListFormField`, whatever Django admin prefers for JSON."""
        return models.Field.formfield(self, **(kwargs | {"form_class": self.form_class}))

    def deconstruct(self) -> Any:
        """Describe the field as a JSONField, so that migrations do not import this class."""
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.JSONField", args, kwargs


class RatesField(CheckedListField):
    """The rates of a key: a list, or None for those of the settings."""

    cleaned = staticmethod(clean_rates)
    form_class = RatesFormField


class ScopesField(CheckedListField):
    """The scopes of a key: a list, or None for a key that was created without scopes."""

    cleaned = staticmethod(clean_scopes)


class NetworksField(CheckedListField):
    """The networks that a key can be used from: a list, or None for any."""

    cleaned = staticmethod(clean_networks)
    form_class = NetworksFormField


def clean_text(model: "type[models.Model] | models.Model", field: str, value: str) -> str:
    """Return the value as the field stores it. Raises ValidationError."""
    cleaned: str = cast("models.CharField[str, str]", model._meta.get_field(field)).clean(
        value, None
    )
    return cleaned


def clean_list(
    model: "type[models.Model] | models.Model", field: str, value: object
) -> list[str] | None:
    """Return the value as the field stores it. Raises ValidationError."""
    return cast(CheckedListField, model._meta.get_field(field)).clean_list(as_list(value))


def clean_expiry(expires_at: object) -> datetime | None:
    """Return the time as a key stores it. Raises ValidationError."""
    if expires_at is None:
        return None
    try:
        return timestamps.to_the_millisecond(timestamps.clean(expires_at))
    except ValidationError as error:
        raise ValidationError({"expires_at": error}) from None
