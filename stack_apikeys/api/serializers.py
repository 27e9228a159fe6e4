"""The requests' fields, with the messages of section 8.3, and the key object of section 6.1.

The reference validates with a library whose messages are part of the wire; it also casts what
a form-encoded body can only send as text, so we do.
"""

import json
import math
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import models
from rest_framework import serializers

from stack_apikeys import timestamps
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import CannotGetOwnUserWithoutUser, SchemaError
from stack_apikeys.keys import Kind
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.querysets import ApiKeyQuerySet

REQUIRED: dict[str, Any] = {"required": "must be defined", "null": "cannot be null"}
TOO_LONG: dict[str, Any] = {"max_length": "must be at most {max_length} characters"}


LONGEST_SHOWN = 200
"""How many characters of a wrong value, or of the names of unknown fields, an error repeats."""


def _mistyped(expected: str, value: object, *, cast_from: object = None) -> str:
    """What the reference says of a value of the wrong type."""
    shown = "NaN" if cast_from is not None else _shown(value)
    cast = f" (cast from the value `{_shown(cast_from)}`)" if cast_from is not None else ""
    return f"must be a `{expected}` type, but the final value was: `{shown}`{cast}."


def _shown(value: object) -> str:
    """The value as the reference shows it, cut where it is long.

    Encoded piece by piece: of nested lists, a few kilobytes would become megabytes of indentation.
    """
    shown = ""
    for piece in json.JSONEncoder(indent=2, ensure_ascii=False).iterencode(value):
        shown += piece
        if len(shown) > LONGEST_SHOWN:
            break
    return _cut(shown)


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


def _text(data: object) -> str:
    if isinstance(data, bool | int | float):
        data = json.dumps(data)
    if not isinstance(data, str):
        raise serializers.ValidationError(_mistyped("string", data))
    if "\x00" in data or any("\ud800" <= character <= "\udfff" for character in data):
        raise serializers.ValidationError("must not contain null or surrogate characters")
    return data


class StringField(serializers.CharField):
    """A string, kept as it is; a number or a boolean becomes its text."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(trim_whitespace=False, error_messages=REQUIRED | TOO_LONG, **kwargs)

    def to_internal_value(self, data: object) -> str:
        """Refuse objects and lists, and what no database can store."""
        return _text(data)


class ValueField(serializers.Field[Any, Any, Any, Any]):
    """A key's value, or what somebody took for one; no error repeats it."""

    default_error_messages = REQUIRED

    def to_internal_value(self, data: object) -> str:
        """Refuse what is no string."""
        if not isinstance(data, str):
            raise serializers.ValidationError("must be a `string` type")
        return data


class MillisField(serializers.Field[Any, Any, Any, Any]):
    """A moment in milliseconds since 1970, as a datetime.

    0 means never, as it does in the reference.
    """

    default_error_messages = REQUIRED

    def to_internal_value(self, data: object) -> object:
        """Refuse all that is no number, and moments that no database can store."""
        number = data
        if isinstance(data, str):
            try:
                number = float(data)
            except ValueError:
                number = math.nan
            if not math.isfinite(number):
                raise serializers.ValidationError(_mistyped("number", number, cast_from=data))
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise serializers.ValidationError(_mistyped("number", number))
        if number == 0:
            return None
        try:
            return timestamps.from_millis(int(number))
        except (ValueError, OverflowError):
            raise serializers.ValidationError(
                f"must be between {timestamps.to_millis(timestamps.EARLIEST)} "
                f"and {timestamps.to_millis(timestamps.LATEST)}"
            ) from None


class BooleanField(serializers.Field[Any, Any, Any, Any]):
    """A boolean, or the text of one."""

    default_error_messages = REQUIRED

    def to_internal_value(self, data: object) -> bool:
        """Refuse all else."""
        if isinstance(data, str) and data.lower() in ("true", "false"):
            return data.lower() == "true"
        if not isinstance(data, bool):
            raise serializers.ValidationError(_mistyped("boolean", data))
        return data


class TrueField(BooleanField):
    """Nothing but true: what was revoked stays revoked."""

    def to_internal_value(self, data: object) -> bool:
        """Refuse false too."""
        if not super().to_internal_value(data):
            raise serializers.ValidationError("must be one of the following values: true")
        return True


class IdField(serializers.Field[Any, Any, Any, Any]):
    """The primary key of a user, a team or a key, in the form that its model has."""

    default_error_messages = REQUIRED

    def __init__(self, model: Callable[[], type[models.Model]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.model = model

    def to_internal_value(self, data: object) -> Any:
        """Refuse what cannot be such a key."""
        text = _text(data)
        field = self.model()._meta.pk
        is_uuid = isinstance(field, models.UUIDField)
        try:
            primary_key = field.to_python(text)
        except DjangoValidationError:
            primary_key = None
        # Python reads UUIDs in braces, as URNs and without hyphens; nobody else does.
        if primary_key is None or (is_uuid and str(primary_key) != text.lower()):
            raise serializers.ValidationError(f"must be a valid {'UUID' if is_uuid else 'id'}")
        return primary_key


class UserIdField(IdField):
    """The primary key of a user, or ``me``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(get_user_model, **kwargs)

    def to_internal_value(self, data: object) -> Any:
        """Take ``me`` for whoever is signed in; raise `CannotGetOwnUserWithoutUser` for nobody."""
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


class RequestPart(serializers.Serializer[Any]):
    """One part of a request: its ``params`` in the path, its ``query`` or its ``body``."""

    def problems(self, name: str) -> tuple[list[str], list[str]]:
        """What is wrong with the fields, and with what else is there, each in a sentence."""
        data = self.initial_data
        if data is None:
            return [f"{name} must be defined"], []
        if not isinstance(data, dict):
            return [f"{name} {_mistyped('object', data)}"], []
        self.is_valid()
        mistakes = [
            f"{name}.{field} {message}"
            for field, messages in self.errors.items()
            for message in messages
        ]
        unknown = _cut(", ".join(str(field) for field in data if field not in self.fields))
        return mistakes, [f"{name} contains unknown properties: {unknown}"] if unknown else []


def validate(request_line: str, parts: Iterable[tuple[str, RequestPart]]) -> dict[str, Any]:
    """The validated fields of all parts; raises `SchemaError` with every problem in one message."""
    mistakes: list[str] = []
    unknown: list[str] = []
    fields: dict[str, Any] = {}
    for name, part in parts:
        part_mistakes, part_unknown = part.problems(name)
        mistakes += part_mistakes
        unknown += part_unknown
        if not part_mistakes:
            fields |= part.validated_data
    if problems := mistakes + unknown:
        raise schema_error(request_line, problems)
    return fields


def schema_error(request_line: str, problems: Iterable[str]) -> SchemaError:
    """The error that lists these problems, each a sentence."""
    lines = "".join(f"\n  - {problem}" for problem in problems)
    message = f"Request validation failed on {request_line}:{lines}"
    # What it repeats may hold lone surrogates, which no answer could be encoded with.
    return SchemaError(message=message.encode(errors="backslashreplace").decode())


class ApiKeyIdParams(RequestPart):
    """The path of a single key."""

    api_key_id = IdField(lambda: UserApiKey)


class UserQuery(RequestPart):
    """Whose keys; asked for by lists, allowed and ignored where the path names the key."""

    user_id = UserIdField(required=False)


class TeamQuery(RequestPart):
    """The same for teams."""

    team_id = TeamIdField(required=False)


class TeamListQuery(RequestPart):
    """Whose keys; for teams the reference's schema itself demands it."""

    team_id = TeamIdField()


class CreateBody(RequestPart):
    """A new key, but for its owner."""

    description = StringField(allow_blank=True, max_length=255)
    expires_at_millis = MillisField(allow_null=True)
    is_public = BooleanField(required=False)


class CreateUserKeyBody(CreateBody):
    """A new key of a user."""

    user_id = UserIdField()


class CreateTeamKeyBody(CreateBody):
    """A new key of a team."""

    team_id = TeamIdField()


class UpdateBody(RequestPart):
    """What may change of a key."""

    description = StringField(required=False, allow_blank=True, max_length=255)
    revoked = TrueField(required=False)


class CheckBody(RequestPart):
    """A key to check."""

    api_key = ValueField()


KEY_COLUMNS = (
    "id",
    "description",
    "is_public",
    "created_at",
    "expires_at",
    "manually_revoked_at",
    "last_four",
)
"""What the wire tells of a key beside its owner, as `_key_object` takes it."""


def serialize_api_key(
    api_key: UserApiKey | TeamApiKey, *, value: str | None = None
) -> dict[str, object]:
    """The key object of the wire; with the whole ``value`` in the answer to its creation only."""
    columns = [getattr(api_key, name) for name in KEY_COLUMNS]
    key_object = _key_object(api_key.KIND, api_key.owner_id, *columns)
    if value is not None:
        key_object["value"] = value
    return key_object


def serialize_api_keys(
    api_keys: ApiKeyQuerySet[UserApiKey] | ApiKeyQuerySet[TeamApiKey],
) -> list[dict[str, object]]:
    """The key objects of all these keys, for one query.

    A list has every key that its owner ever had, so they are made of the columns that they need,
    without a row's model in between.
    """
    kind = api_keys.model.KIND
    return [_key_object(kind, *row) for row in api_keys.values_list(f"{kind}_id", *KEY_COLUMNS)]


def _key_object(  # noqa: PLR0917  # as a row has them
    kind: Kind,
    owner_id: object,
    id: UUID,
    description: str,
    is_public: bool,
    created_at: datetime,
    expires_at: datetime | None,
    manually_revoked_at: datetime | None,
    last_four: str,
) -> dict[str, object]:
    """What is unset is left out, as in the reference."""
    fields: dict[str, object] = {
        "id": str(id),
        "type": kind,
        f"{kind}_id": str(owner_id),
        "description": description,
        "is_public": is_public,
        "created_at_millis": timestamps.to_millis(created_at),
    }
    if expires_at is not None:
        fields["expires_at_millis"] = timestamps.to_millis(expires_at)
    if manually_revoked_at is not None:
        fields["manually_revoked_at_millis"] = timestamps.to_millis(manually_revoked_at)
    fields["value"] = {"last_four": last_four}
    return fields
