"""Why a key cannot be created or changed."""

from typing import ClassVar

from django.utils.translation import gettext_noop as _

from stack_apikeys.exceptions.base import PlainError


class ApiKeysNotEnabled(PlainError):
    """Keys of this kind are not enabled in the settings."""

    code = "API_KEYS_NOT_ENABLED"
    message_format = _("{kind} API keys are not enabled for this project.")


class ApiKeyCreationNotAllowed(PlainError):
    """The policy does not allow the user to create this key."""

    code = "API_KEY_CREATION_NOT_ALLOWED"
    status = 403
    message_format = "{message}"


class TooManyApiKeys(PlainError):
    """The owner has ``MAX_VALID_KEYS_PER_OWNER`` valid keys."""

    code = "TOO_MANY_API_KEYS"
    message_format = _(
        "The limit of valid API keys ({limit}) has been reached. Revoke one that is no longer needed."
    )


class ApiKeyNotRotatable(PlainError):
    """The key to rotate has been revoked, or has expired."""

    code = "API_KEY_NOT_ROTATABLE"
    status = 409
    message_format = _("An API key that has been revoked or has expired cannot be rotated.")


class ApiKeyAlreadyRotated(ApiKeyNotRotatable):
    """The key to rotate has a successor already."""

    code = "API_KEY_ALREADY_ROTATED"
    message_format = _("The API key has already been rotated.")


class FieldNotAllowed(PlainError):
    """Base class of the errors about a field of a key that is valid, but not allowed here."""

    field: ClassVar[str]
    """The name of the field in the model."""


class ExpiryRequired(FieldNotAllowed):
    """The key would never expire, which ``ALLOW_KEYS_WITHOUT_EXPIRY`` does not allow."""

    code = "EXPIRY_REQUIRED"
    field = "expires_at"
    message_format = _("Choose when the key expires. A key that never expires is not allowed.")


class ExpiryTooLate(FieldNotAllowed):
    """The key would live longer than ``MAX_LIFETIME``."""

    code = "EXPIRY_TOO_LATE"
    field = "expires_at"
    message_format = _("The key must expire by {latest} UTC.")


class DescriptionNotUnique(FieldNotAllowed):
    """Another valid key of the owner has the description, and ``UNIQUE_DESCRIPTIONS`` is set."""

    code = "DESCRIPTION_NOT_UNIQUE"
    field = "description"
    message_format = _("Another valid key has this description. Choose a different one.")


class ScopesCannotBeAdded(PlainError):
    """The key does not have one of the scopes that it was to be narrowed to."""

    code = "SCOPES_CANNOT_BE_ADDED"
    message_format = _("The key does not have the scope {scope}. Scopes can only be taken away.")
