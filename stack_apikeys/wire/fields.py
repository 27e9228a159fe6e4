"""Serializer fields of requests, with the messages of section 8.3 of the wire contract.

The messages are those of the reference implementation. Like it, the fields convert text to numbers
and booleans, because a form-encoded body has nothing but text.
"""

import json
import math
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import models
from rest_framework import serializers

from stack_apikeys import timestamps
from stack_apikeys._database.primary_keys import UNSTORABLE, parse_primary_key, primary_key_field
from stack_apikeys.conf import conf
from stack_apikeys.scanning import redact
from stack_apikeys.secret import Secret
from stack_apikeys.wire.exceptions import CannotGetOwnUserWithoutUser

REQUIRED: dict[str, Any] = {"required": "must be defined", "null": "cannot be null"}

_TOO_LONG: dict[str, Any] = {"max_length": "must be at most {max_length} characters"}

LONGEST_MILLIS = 100 * 365 * 24 * 60 * 60 * 1000
"""Maximum number of milliseconds of a duration: a hundred years."""

_SHOWN_LENGTH = 200
"""Number of characters of an invalid value, or of unknown field names, that an error repeats."""

_READ_LENGTH = 2 * _SHOWN_LENGTH
"""Number of characters that are searched for secrets before the text is truncated."""


def mistyped(
    expected: str, value: object, context: Mapping[str, Any], *, cast_from: object = None
) -> str:
    """Return the message about a value of the wrong type.

    ``cast_from`` is the text that could not be converted to a number. The message does not repeat
    the value if the view receives secrets.
    """
    if context.get("takes_secrets"):
        return f"must be a `{expected}` type"
    shown = "NaN" if cast_from is not None else _shown(value)
    cast = f" (cast from the value `{_shown(cast_from)}`)" if cast_from is not None else ""
    return f"must be a `{expected}` type, but the final value was: `{shown}`{cast}."


def _shown(value: object) -> str:
    """Return the value as indented JSON, without secrets, truncated."""
    # Encoded in pieces, because indentation can turn kilobytes of nested lists into megabytes.
    shown = ""
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False, default=repr).iterencode(value):
        shown += piece[:_READ_LENGTH]
        if len(shown) > _READ_LENGTH:
            break
    return shorten(shown)


def shorten(text: str) -> str:
    """Return the text without secrets, truncated."""
    # More is searched than is shown, so that a key that is cut off is recognized as one.
    text = redact(text[:_READ_LENGTH])
    return text if len(text) <= _SHOWN_LENGTH else f"{text[:_SHOWN_LENGTH]}…"


def _text(data: object, context: Mapping[str, Any]) -> str:
    if isinstance(data, bool | int | float):
        data = json.dumps(data)
    if not isinstance(data, str):
        raise serializers.ValidationError(mistyped("string", data, context))
    if UNSTORABLE.search(data):
        raise serializers.ValidationError("must not contain null or surrogate characters")
    return data


class StringField(serializers.CharField):
    """A string, which is not stripped; numbers and booleans are converted to their JSON."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, error_messages=REQUIRED | _TOO_LONG, **kwargs)

    def to_internal_value(self, data: object) -> str:
        """Raise ValidationError for what is not text, too long or impossible to store."""
        text = _text(data, self.context)
        if self.max_length is not None and len(text) > self.max_length:
            # DRF checks this after conversion, which in a subclass may be slow for long text.
            self.fail("max_length", max_length=self.max_length)
        return text


class ValueField(serializers.Field[Any, Any, Any, Any]):
    """The value of a key, as the `Secret` that `read_body` made of it. No error repeats it."""

    default_error_messages = REQUIRED

    def to_internal_value(self, data: object) -> Secret:
        """Strip the value. Raises ValidationError if it is not a string."""
        if not isinstance(data, Secret):
            raise serializers.ValidationError("must be a `string` type")
        return Secret(data.reveal().strip())


class MillisField(serializers.Field[Any, Any, Any, Any]):
    """A datetime, from milliseconds since 1970. As in the reference implementation, 0 is None."""

    default_error_messages = REQUIRED

    def to_internal_value(self, data: object) -> datetime | None:
        """Raise ValidationError for what is not a number, and outside of what can be stored."""
        number = self._parse(data) if isinstance(data, str) else data
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise serializers.ValidationError(mistyped("number", number, self.context))
        if number == 0:
            return None
        try:
            return timestamps.from_millis(int(number))
        except (ValueError, OverflowError):
            raise serializers.ValidationError(
                f"must be between {timestamps.to_millis(timestamps.EARLIEST)} "
                f"and {timestamps.to_millis(timestamps.LATEST)}"
            ) from None

    def _parse(self, text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            raise serializers.ValidationError(
                mistyped("number", number, self.context, cast_from=text)
            )
        return number


class DurationField(serializers.Field[Any, Any, Any, Any]):
    """A duration, from a whole number of milliseconds."""

    default_error_messages = REQUIRED

    def to_internal_value(self, data: object) -> timedelta:
        """Raise ValidationError for what is not a number from 0 to `LONGEST_MILLIS`."""
        if isinstance(data, str) and data.isascii() and data.isdecimal():
            data = int(data[:_READ_LENGTH])
        if isinstance(data, bool) or not isinstance(data, int | float):
            raise serializers.ValidationError(mistyped("number", data, self.context))
        if not 0 <= data <= LONGEST_MILLIS or data != int(data):
            raise serializers.ValidationError(
                f"must be a whole number between 0 and {LONGEST_MILLIS}"
            )
        return timedelta(milliseconds=data)


class BooleanField(serializers.Field[Any, Any, Any, Any]):
    """A boolean, or ``"true"`` or ``"false"`` in any case."""

    default_error_messages = REQUIRED

    def to_internal_value(self, data: object) -> bool:
        """Raise ValidationError for any other value."""
        if isinstance(data, str) and data.lower() in ("true", "false"):
            return data.lower() == "true"
        if not isinstance(data, bool):
            raise serializers.ValidationError(mistyped("boolean", data, self.context))
        return data


class TrueField(BooleanField):
    """A boolean that must be true, such as ``revoked``, which cannot be undone."""

    def to_internal_value(self, data: object) -> bool:
        """Raise ValidationError for false."""
        if not super().to_internal_value(data):
            raise serializers.ValidationError("must be one of the following values: true")
        return True


class IdField(serializers.Field[Any, Any, Any, Any]):
    """The primary key of a model. ``model`` is a function that returns the model."""

    default_error_messages = REQUIRED

    def __init__(self, model: Callable[[], type[models.Model]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def to_internal_value(self, data: object) -> Any:
        """Raise ValidationError for what cannot be a primary key of the model."""
        text = _text(data, self.context)
        model = self.model()
        primary_key = parse_primary_key(model, text)
        is_uuid = isinstance(primary_key_field(model), models.UUIDField)
        # Python also accepts UUIDs in braces, as URNs and without hyphens.
        if primary_key is None or (is_uuid and str(primary_key) != text.lower()):
            raise serializers.ValidationError(f"must be a valid {'UUID' if is_uuid else 'id'}")
        return primary_key


class UserIdField(IdField):
    """The primary key of a user, or ``me``, which is the signed-in user's."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(get_user_model, **kwargs)

    def to_internal_value(self, data: object) -> Any:
        """Raise `CannotGetOwnUserWithoutUser` for ``me`` if no user is signed in."""
        if data != "me":
            return super().to_internal_value(data)
        user = self.context["user"]
        if not user.is_authenticated:
            raise CannotGetOwnUserWithoutUser
        return user.pk


class TeamIdField(IdField):
    """The primary key of a team."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(lambda: apps.get_model(conf.team_model), **kwargs)
