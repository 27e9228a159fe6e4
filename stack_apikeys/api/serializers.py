"""Requests of the key endpoints, and the key object of section 6.1 of the wire contract."""

from collections.abc import Callable, Sequence
from datetime import datetime
from ipaddress import ip_address
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from rest_framework import serializers

from stack_apikeys import timestamps
from stack_apikeys.conf import conf
from stack_apikeys.keys import Kind
from stack_apikeys.models import ApiKey, TeamApiKey, UserApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.networks import MOST_NETWORKS, clean_networks
from stack_apikeys.rates import clean_rates
from stack_apikeys.scopes import MOST_SCOPES, clean_scopes, in_force
from stack_apikeys.wire.fields import (
    REQUIRED,
    BooleanField,
    DurationField,
    IdField,
    MillisField,
    StringField,
    TeamIdField,
    TrueField,
    UserIdField,
    ValueField,
    shorten,
)
from stack_apikeys.wire.validation import RequestPart


class ApiKeyIdParams(RequestPart):
    """The key in the path."""

    api_key_id = IdField(lambda: UserApiKey)


class UserQuery(RequestPart):
    """The user in the query. Lists need it; it is ignored if the path has a key."""

    user_id = UserIdField(required=False)


class TeamQuery(RequestPart):
    """The team in the query, which is ignored."""

    team_id = TeamIdField(required=False)


class TeamListQuery(RequestPart):
    """The team in the query of a list, which is required as in the reference implementation."""

    team_id = TeamIdField()


class ListField(serializers.Field[Any, Any, Any, Any]):
    """A list of texts that a key stores."""

    default_error_messages = REQUIRED
    clean_list: Callable[[Any], list[str] | None]
    message: str

    def to_internal_value(self, data: object) -> list[str] | None:
        """Raise ValidationError for what the key does not store."""
        try:
            return type(self).clean_list(data)
        except ValidationError:
            raise serializers.ValidationError(self.message) from None


class RatesField(ListField):
    """The rates of a key."""

    clean_list = staticmethod(clean_rates)
    message = (
        'must be a list of rates such as "20/second", at most one for each period, or "unlimited"'
    )


class ScopesField(ListField):
    """The scopes of a key."""

    clean_list = staticmethod(clean_scopes)
    message = f'must be a list of at most {MOST_SCOPES} scopes such as "reports:read"'

    def to_internal_value(self, data: object) -> list[str] | None:
        """Raise ValidationError for scopes that the project does not name, too."""
        scopes = super().to_internal_value(data)
        if unknown := [scope for scope in scopes or () if scope not in conf.SCOPES]:
            raise serializers.ValidationError(
                f"contains unknown scopes: {shorten(', '.join(unknown))}"
            )
        return scopes


class NetworksField(ListField):
    """The networks that a key can be used from."""

    clean_list = staticmethod(clean_networks)
    message = (
        f'must be a list of 1 to {MOST_NETWORKS} networks such as "192.0.2.0/24" or "2001:db8::/32"'
    )


class AddressField(StringField):
    """An IPv4 or IPv6 address."""

    def to_internal_value(self, data: object) -> str:
        """Raise ValidationError for any other text."""
        text = super().to_internal_value(data)
        try:
            ip_address(text)
        except ValueError:
            raise serializers.ValidationError("must be an IPv4 or IPv6 address") from None
        return text


class CreateBody(RequestPart):
    """The fields of a new key. If the expiration date is missing or null, it never expires."""

    description = StringField(allow_blank=True, max_length=255)
    expires_at_millis = MillisField(required=False, allow_null=True)
    is_public = BooleanField(required=False)
    scopes = ScopesField(required=False, allow_null=True)
    networks = NetworksField(required=False, allow_null=True)


class CreateUserKeyBody(CreateBody):
    """The fields of a new key for a user."""

    user_id = UserIdField()


class CreateTeamKeyBody(CreateBody):
    """The fields of a new key for a team."""

    team_id = TeamIdField()


class UpdateBody(RequestPart):
    """The fields of a key that can be changed."""

    description = StringField(required=False, allow_blank=True, max_length=255)
    networks = NetworksField(required=False, allow_null=True)
    revoked = TrueField(required=False)
    scopes = ScopesField(required=False)


class BackendBody(RequestPart):
    """The fields of a key that only server and admin access can give. Null: the settings' rates."""

    rates = RatesField(required=False, allow_null=True)


class RotateOwnBody(RequestPart):
    """How long a key that is rotated stays valid."""

    overlap_millis = DurationField()


class RotateBody(RotateOwnBody):
    """The same, and when the successor expires. Null: never. Missing: after the same time."""

    expires_at_millis = MillisField(required=False, allow_null=True)


class BackendCreateUserKeyBody(BackendBody, CreateUserKeyBody):
    """The fields of a new key for a user."""


class BackendCreateTeamKeyBody(BackendBody, CreateTeamKeyBody):
    """The fields of a new key for a team."""


class BackendUpdateBody(BackendBody, UpdateBody):
    """The fields of a key that can be changed."""


class CheckBody(RequestPart):
    """The value of the key to check, and the address of the client that has sent it.

    Without an address, that of the backend counts. An empty one means that it is not known.
    """

    api_key = ValueField()
    address = AddressField(required=False, allow_null=True, allow_blank=True)


_COLUMNS = (
    "id",
    "description",
    "is_public",
    "created_at",
    "expires_at",
    "manually_revoked_at",
    "last_four",
    "rotated_from_id",
    "scopes",
    "networks",
    "rates",
)
"""The columns of a key object, in the order of the arguments of `_key_object`."""


def serialize_api_key(api_key: ApiKey, *, value: str | None = None) -> dict[str, object]:
    """Return the key object. Pass ``value`` only in the response to the key's creation."""
    columns = [getattr(api_key, name) for name in _COLUMNS]
    key_object = _key_object(api_key.KIND, api_key.owner_id, *columns)
    if value is not None:
        key_object["value"] = value
    return key_object


def serialize_api_keys(
    api_keys: ApiKeyQuerySet[UserApiKey] | ApiKeyQuerySet[TeamApiKey],
) -> list[dict[str, object]]:
    """Return the key objects of these keys, with one query.

    An owner may have very many keys, so only the necessary columns are read, and no model instances
    are created.
    """
    kind = api_keys.model.KIND
    return [_key_object(kind, *row) for row in api_keys.values_list(f"{kind}_id", *_COLUMNS)]


def _key_object(  # noqa: PLR0917  # one for each column
    kind: Kind,
    owner_id: object,
    id: UUID,
    description: str,
    is_public: bool,
    created_at: datetime,
    expires_at: datetime | None,
    manually_revoked_at: datetime | None,
    last_four: str,
    rotated_from_id: UUID | None,
    scopes: Sequence[str] | None,
    networks: Sequence[str] | None,
    rates: Sequence[str] | None,
) -> dict[str, object]:
    # As in the reference implementation, optional fields are omitted instead of null.
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
    if rotated_from_id is not None:
        fields["rotated_from"] = str(rotated_from_id)
    if scopes is not None:
        fields["scopes"] = in_force(scopes)
    if networks is not None:
        fields["networks"] = networks
    if rates is not None:
        fields["rates"] = rates
    fields["value"] = {"last_four": last_four}
    return fields
