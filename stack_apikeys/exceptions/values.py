"""Why a value is not a usable key."""

from django.utils.translation import gettext_noop as _

from stack_apikeys.exceptions.base import KnownError


class ApiKeyNotValid(KnownError):
    """Base class of the reasons for which a value is not a usable key."""


class ApiKeyNotFound(ApiKeyNotValid):
    """The key does not exist, its secret is wrong, or its owner is inactive."""

    code = "API_KEY_NOT_FOUND"
    status = 404
    message_format = _("API key not found.")


class MalformedApiKey(ApiKeyNotFound):
    """The value does not have the form of a key. It is refused without a query."""


class MissingPepper(ApiKeyNotFound):
    """The pepper of the key is missing from the settings.

    Clients get the message of a key that is not found. ``str()`` returns one for developers.
    """

    def __str__(self) -> str:
        return (
            f"This key was created with pepper {self.params['pepper_id']}, which is missing from "
            "STACK_APIKEYS['PEPPERS']. Restore it, or the key cannot be verified."
        )


class OutsideNetworks(ApiKeyNotFound):
    """The key is not used from one of its networks, or the address of the client is not known.

    Clients get the message of a key that is not found. ``reason`` is ``"outside_networks"``.
    """

    reason = "outside_networks"


class ApiKeyRevoked(ApiKeyNotValid):
    """The secret is correct, but the key has been revoked."""

    code = "API_KEY_REVOKED"
    status = 401
    message_format = _("API key has been revoked.")


class ApiKeyExpired(ApiKeyNotValid):
    """The secret is correct, but the key has expired."""

    code = "API_KEY_EXPIRED"
    status = 401
    message_format = _("API key has expired.")


class WrongApiKeyType(ApiKeyNotValid):
    """The key is a user's and a team's is required, or the other way round."""

    code = "WRONG_API_KEY_TYPE"
    message_format = _(
        "This endpoint is for {expected_type} API keys, but a {actual_type} API key was provided."
    )
    has_details = True
