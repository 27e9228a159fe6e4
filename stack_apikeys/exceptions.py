"""The app's exceptions, one class for each error code.

Codes, statuses, messages and details are those of the HTTP API. The response to a `KnownError` is
JSON with its code, that to a `PlainError` is its message. No exception contains the value of a key.
"""

from functools import partial
from typing import ClassVar

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_noop as _


class StackApiKeysError(Exception):
    """Base class of the app's exceptions. Keyword arguments are formatted into the message."""

    code: ClassVar[str]
    status: ClassVar[int] = 400
    message_format: ClassVar[str]
    has_details: ClassVar[bool] = False
    """Whether the HTTP API sends ``params`` as the details of the error."""

    def __init__(self, **params: str) -> None:
        self.params = params
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, tuple[()]]:
        # By default, exceptions are pickled with positional arguments only.
        return partial(type(self), **self.params), ()

    @property
    def message(self) -> str:
        """The message in English, as the HTTP API sends it."""
        return self.message_format.format(**self.params)

    @property
    def translated_message(self) -> str:
        """The message in the active language."""
        return gettext(self.message_format).format(**self.params)

    @property
    def reason(self) -> str:
        """Why, for logs and for `api_key_rejected`: the code, unless the caller must not learn it."""
        return self.code

    @property
    def details(self) -> dict[str, object] | None:
        """The details that the HTTP API sends with the code and the message, or None."""
        return dict(self.params) if self.has_details else None


class KnownError(StackApiKeysError):
    """An error whose code the official SDKs recognize."""


class PlainError(StackApiKeysError):
    """An error that the HTTP API sends as plain text, without a code."""


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


class ApiKeyRequired(PlainError):
    """The request has no key, and the view requires one."""

    code = "API_KEY_REQUIRED"
    status = 401
    message_format = _("An API key is required.")


class ConflictingApiKeys(PlainError):
    """The request has two different keys."""

    code = "CONFLICTING_API_KEYS"
    status = 401
    message_format = _("The request contains two different API keys.")


class ApiKeyFormNotAccepted(PlainError):
    """The key was sent with an authentication scheme that is not accepted, such as ``Digest``."""

    code = "API_KEY_FORM_NOT_ACCEPTED"
    status = 401
    message_format = _('The API key was sent in a form that is not accepted. Send "{form}".')


class PublicApiKeyNotAccepted(PlainError):
    """The key is public, and the view accepts only secret keys."""

    code = "PUBLIC_API_KEY_NOT_ACCEPTED"
    status = 401
    message_format = _(
        "This endpoint does not accept public API keys. Send a secret API key, which starts with "
        "sk_, or set accept_public_keys = True on the view."
    )


class ApiKeyNotAllowed(PlainError):
    """The view does not accept requests with a key."""

    code = "API_KEY_NOT_ALLOWED"
    status = 403
    message_format = _("This is not allowed with an API key.")


class UserApiKeyRequired(PlainError):
    """The view accepts only the keys of users."""

    code = "USER_API_KEY_REQUIRED"
    status = 403
    message_format = _("A user API key is required.")


class TeamApiKeyRequired(PlainError):
    """The view accepts only the keys of teams."""

    code = "TEAM_API_KEY_REQUIRED"
    status = 403
    message_format = _("A team API key is required.")


class PublicApiKeyRequired(PlainError):
    """The view accepts only public keys."""

    code = "PUBLIC_API_KEY_REQUIRED"
    status = 403
    message_format = _("A public API key is required.")


class SecretApiKeyRequired(PlainError):
    """The view accepts only secret keys."""

    code = "SECRET_API_KEY_REQUIRED"
    status = 403
    message_format = _("A secret API key is required.")


class HttpsRequired(PlainError):
    """A secret was sent over plain HTTP, where others can read it."""

    code = "HTTPS_REQUIRED"
    status = 403
    message_format = _(
        "Keys are only accepted over HTTPS. Revoke any key that was sent over plain HTTP."
    )
    hint = _(
        "For developers: send test requests with secure=True, or set "
        "STACK_APIKEYS['REQUIRE_HTTPS'] = False to accept plain HTTP."
    )

    @property
    def message(self) -> str:
        """The message, with a hint for developers whose tests send plain HTTP."""
        return f"{super().message} {self.hint}"

    @property
    def translated_message(self) -> str:
        """The message and the hint in the active language."""
        return f"{super().translated_message} {gettext(self.hint)}"


class ApiKeysNotEnabled(PlainError):
    """Keys of this kind are not enabled in the settings."""

    code = "API_KEYS_NOT_ENABLED"
    message_format = _("{kind} API keys are not enabled for this project.")


class NotOwnApiKeys(PlainError):
    """A user requested the keys of another user."""

    code = "NOT_OWN_API_KEYS"
    status = 403
    message_format = _("Client can only manage their own api keys")


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


class ApiKeyCreationNotAllowed(PlainError):
    """The policy does not allow the user to create this key."""

    code = "API_KEY_CREATION_NOT_ALLOWED"
    status = 403
    message_format = "{message}"


class InsufficientScope(PlainError):
    """The key does not have all scopes that the view requires, which are ``scope``."""

    code = "insufficient_scope"
    status = 403
    message_format = _("This requires an API key with the scope {scope}.")


class ScopesCannotBeAdded(PlainError):
    """The key does not have one of the scopes that it was to be narrowed to."""

    code = "SCOPES_CANNOT_BE_ADDED"
    message_format = _("The key does not have the scope {scope}. Scopes can only be taken away.")


class ReauthenticationRequired(PlainError):
    """The user signed in more than ``REAUTHENTICATE_AFTER_SECONDS`` ago."""

    code = "REAUTHENTICATION_REQUIRED"
    status = 403
    message_format = _("You signed in a while ago. Sign in again to do this.")


class UserNotFound(KnownError):
    """The user does not exist."""

    code = "USER_NOT_FOUND"
    status = 404
    message_format = _("User not found.")


class TeamNotFound(KnownError):
    """The team does not exist."""

    code = "TEAM_NOT_FOUND"
    status = 404
    message_format = _("Team {team_id} not found.")
    has_details = True


class TeamMembershipAlreadyExists(KnownError):
    """The user is already a member of the team."""

    code = "TEAM_MEMBERSHIP_ALREADY_EXISTS"
    status = 409
    message_format = _("Team membership already exists.")


class TeamMembershipNotFound(KnownError):
    """The user is not a member of the team."""

    code = "TEAM_MEMBERSHIP_NOT_FOUND"
    status = 404
    message_format = _("User {user_id} is not found in team {team_id}.")
    has_details = True


class PermissionNotFound(KnownError):
    """The permission or role does not exist."""

    code = "PERMISSION_NOT_FOUND"
    status = 404
    message_format = _(
        'Permission "{permission_id}" not found. Make sure you created it on the dashboard.'
    )
    has_details = True


class TeamPermissionNotFound(KnownError):
    """The user does not have the permission in the team."""

    code = "TEAM_PERMISSION_NOT_FOUND"
    status = 401
    message_format = _("User {user_id} does not have permission {permission_id} in team {team_id}.")
    has_details = True


class UserAuthenticationRequired(KnownError):
    """The endpoint requires a signed-in user."""

    code = "USER_AUTHENTICATION_REQUIRED"
    status = 401
    message_format = "User authentication required for this endpoint."


class LimitError(PlainError):
    """Base class of the errors of rate limits. The argument ``wait`` is a number as a string."""

    @property
    def wait(self) -> int:
        """The number of seconds to wait before the next request, for ``Retry-After``."""
        return int(self.params["wait"])


class RateLimited(LimitError):
    """The rate limit is exceeded."""

    code = "RATE_LIMITED"
    status = 429
    message_format = "Too many requests. Try again in {wait} seconds."

    @property
    def translated_message(self) -> str:
        """The message in the active language, with long waits in minutes."""
        if self.wait <= 90:
            return ngettext(
                "Too many attempts. Try again in %(number)d second.",
                "Too many attempts. Try again in %(number)d seconds.",
                self.wait,
            ) % {"number": self.wait}
        minutes = -(-self.wait // 60)
        return ngettext(
            "Too many attempts. Try again in %(number)d minute.",
            "Too many attempts. Try again in %(number)d minutes.",
            minutes,
        ) % {"number": minutes}


class ApiKeyRateLimited(RateLimited):
    """The key has been used too often, or too many keys from the same address were refused."""

    code = "rate_limited"


class LimitUnavailable(LimitError):
    """The cache is unavailable, and ``ON_CACHE_FAILURE`` is set to refuse requests."""

    code = "LIMIT_UNAVAILABLE"
    status = 503
    message_format = _("This is not available at the moment. Try again in a few seconds.")
