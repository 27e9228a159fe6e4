"""Why a value is not a usable key, or did not come as it should."""

from django.utils.translation import gettext_noop as _

from stack_apikeys.exceptions.base import KnownError, PlainError


class ApiKeyNotValid(KnownError):
    """Base of all reasons for which a value is not a usable key."""


class ApiKeyNotFound(ApiKeyNotValid):
    """No such key, or a wrong secret, or an owner who is switched off: nobody learns which."""

    code = "API_KEY_NOT_FOUND"
    status = 404
    message_format = _("API key not found.")


class MalformedApiKey(ApiKeyNotFound):
    """The value does not have the form of a key; found without a query."""


class MissingPepper(ApiKeyNotFound):
    """The key's digest was made with a pepper that the settings no longer hold.

    A caller on the wire sees a key that is not found; `str()` says what to do about it.
    """

    def __str__(self) -> str:
        return (
            f"STACK_APIKEYS['PEPPERS'] has no pepper {self.params['pepper_id']}, which this key was made "
            "with. Put it back, or the key can never be verified."
        )


class ApiKeyRevoked(ApiKeyNotValid):
    """The secret is right, the key was revoked."""

    code = "API_KEY_REVOKED"
    status = 401
    message_format = _("API key has been revoked.")


class ApiKeyExpired(ApiKeyNotValid):
    """The secret is right, the key's time is over."""

    code = "API_KEY_EXPIRED"
    status = 401
    message_format = _("API key has expired.")


class WrongApiKeyType(ApiKeyNotValid):
    """A user's key where a team's was asked for, or the other way round."""

    code = "WRONG_API_KEY_TYPE"
    message_format = _(
        "This endpoint is for {expected_type} API keys, but a {actual_type} API key was provided."
    )

    @property
    def details(self) -> dict[str, object]:
        """Both types."""
        return dict(self.params)


class ApiKeyRequired(PlainError):
    """The request carries no key, and nothing else would do."""

    code = "API_KEY_REQUIRED"
    status = 401
    message_format = _("An API key is required.")


class ConflictingApiKeys(PlainError):
    """Two headers of one request carry different keys."""

    code = "CONFLICTING_API_KEYS"
    status = 401
    message_format = _("The request carries two different API keys.")


class HttpsRequired(PlainError):
    """A secret came over plain HTTP, where anyone on the way could read it."""

    code = "HTTPS_REQUIRED"
    status = 403
    message_format = _(
        "Keys are only accepted over HTTPS. A key that was sent over plain HTTP should be revoked."
    )
