"""What can go wrong with keys and with access to them: one class a code.

Codes, statuses, messages and details are the wire contract's. A `KnownError` reaches the wire as
JSON with its code, a `PlainError` as a bare sentence. No exception ever holds a key's value.
"""

from functools import partial
from typing import ClassVar

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

DOCUMENTATION = (
    "\n\nFor more information, see the docs on REST API authentication: "
    "https://docs.stack-auth.com/rest-api/overview#authentication"
)


class StackApiKeysError(Exception):
    """Base of all that this app raises on purpose.

    Keyword arguments fill the placeholders of the message.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 400
    message_format: ClassVar[str]

    def __init__(self, **params: str) -> None:
        self.params = params
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, tuple[()]]:
        # Exceptions are pickled on their way out of a worker, and know only of positions.
        return partial(type(self), **self.params), ()

    @property
    def message(self) -> str:
        """The message in English, as the wire has it."""
        return self.message_format.format(**self.params)

    @property
    def translated_message(self) -> str:
        """The message in the active language, for a person."""
        return gettext(self.message_format).format(**self.params)

    @property
    def details(self) -> dict[str, object] | None:
        """What the wire's error body says beside code and message, if anything."""
        return None


class KnownError(StackApiKeysError):
    """An error that the official SDKs know by its code."""


class PlainError(StackApiKeysError):
    """An error that the wire tells in a bare sentence, without a code."""


# Verification of a key ------------------------------------------------------------------------


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


# The life of a key ----------------------------------------------------------------------------


class ApiKeysNotEnabled(PlainError):
    """Keys of this kind are switched off."""

    code = "API_KEYS_NOT_ENABLED"
    message_format = _("{kind} API keys are not enabled for this project.")


class NotOwnApiKeys(PlainError):
    """A person asked for somebody else's keys."""

    code = "NOT_OWN_API_KEYS"
    status = 403
    message_format = _("Client can only manage their own api keys")


class TooManyApiKeys(PlainError):
    """The owner has as many valid keys as ``MAX_VALID_KEYS_PER_OWNER`` allows."""

    code = "TOO_MANY_API_KEYS"
    message_format = _(
        "There may be at most {limit} valid API keys here. Revoke one that is no longer needed."
    )


class UserNotFound(KnownError):
    """No such user."""

    code = "USER_NOT_FOUND"
    status = 404
    message_format = _("User not found.")


class TeamNotFound(KnownError):
    """No such team."""

    code = "TEAM_NOT_FOUND"
    status = 404
    message_format = _("Team {team_id} not found.")

    @property
    def details(self) -> dict[str, object]:
        """The id that was asked for."""
        return dict(self.params)


# Teams ----------------------------------------------------------------------------------------


class TeamMembershipAlreadyExists(KnownError):
    """The user is a member of the team already."""

    code = "TEAM_MEMBERSHIP_ALREADY_EXISTS"
    status = 409
    message_format = _("Team membership already exists.")


class TeamMembershipNotFound(KnownError):
    """The user is not a member of the team."""

    code = "TEAM_MEMBERSHIP_NOT_FOUND"
    status = 404
    message_format = _("User {user_id} is not found in team {team_id}.")

    @property
    def details(self) -> dict[str, object]:
        """Both ids."""
        return dict(self.params)


class PermissionNotFound(KnownError):
    """No such permission or role."""

    code = "PERMISSION_NOT_FOUND"
    status = 404
    message_format = _(
        'Permission "{permission_id}" not found. Make sure you created it on the dashboard.'
    )

    @property
    def details(self) -> dict[str, object]:
        """The id that was asked for."""
        return dict(self.params)


class TeamPermissionNotFound(KnownError):
    """The user was not granted the permission in the team."""

    code = "TEAM_PERMISSION_NOT_FOUND"
    status = 401
    message_format = _("User {user_id} does not have permission {permission_id} in team {team_id}.")

    @property
    def details(self) -> dict[str, object]:
        """All three ids."""
        return dict(self.params)


# A request to the HTTP API --------------------------------------------------------------------


class BodyParsingError(KnownError):
    """The body is not what its content type says, or of a type that we do not read."""

    code = "BODY_PARSING_ERROR"
    message_format = "{message}"

    @property
    def details(self) -> dict[str, object]:
        """The message; without details the official SDK crashes on this code."""
        return dict(self.params)


class SchemaError(KnownError):
    """Fields of a request are missing, mistyped or unknown; the message names each."""

    code = "SCHEMA_ERROR"
    message_format = "{message}"

    @property
    def details(self) -> dict[str, object]:
        """The message again."""
        return dict(self.params)


class ProjectKeyWithoutAccessType(KnownError):
    """A project key came, but not the access type that it is for."""

    code = "PROJECT_KEY_WITHOUT_ACCESS_TYPE"
    message_format = (
        "Either an API key or an admin access token was provided, but the x-stack-access-type "
        "header is missing. Set it to 'client', 'server', or 'admin' as appropriate."
    )


class InvalidAccessType(KnownError):
    """The access type is not one of the three."""

    code = "INVALID_ACCESS_TYPE"
    message_format = (
        "The x-stack-access-type header must be 'client', 'server', or 'admin', "
        "but was '{access_type}'."
    )

    @property
    def details(self) -> dict[str, object]:
        """The type that came; without details the official SDK crashes on this code."""
        return {"accessType": self.params["access_type"]}


class AccessTypeWithoutProjectId(KnownError):
    """The access type came, but not the project that it is for."""

    code = "ACCESS_TYPE_WITHOUT_PROJECT_ID"
    message_format = (
        "The x-stack-access-type header was '{request_type}', but the x-stack-project-id header "
        "was not provided." + DOCUMENTATION
    )

    @property
    def details(self) -> dict[str, object]:
        """The access type."""
        return dict(self.params)


class AccessTypeRequired(KnownError):
    """The request says nothing of who is asking."""

    code = "ACCESS_TYPE_REQUIRED"
    message_format = (
        "You must specify an access level for this Stack project. Make sure project API keys are "
        "provided (eg. x-stack-publishable-client-key) and you set the x-stack-access-type header "
        "to 'client', 'server', or 'admin'." + DOCUMENTATION
    )


class InsufficientAccessType(KnownError):
    """The endpoint is for backends, a client asked."""

    code = "INSUFFICIENT_ACCESS_TYPE"
    status = 401
    message_format = (
        "The x-stack-access-type header must be 'server' or 'admin', but was '{access_type}'."
    )

    @property
    def details(self) -> dict[str, object]:
        """The access type that came and those that would do."""
        return {
            "actual_access_type": self.params["access_type"],
            "allowed_access_types": ["server", "admin"],
        }


class ProjectError(KnownError):
    """Base of the errors whose details name the project."""

    @property
    def details(self) -> dict[str, object]:
        """The project's id."""
        return {"project_id": self.params["project_id"]}


class CurrentProjectNotFound(ProjectError):
    """The project id is not ours."""

    code = "CURRENT_PROJECT_NOT_FOUND"
    message_format = (
        "The current project with ID {project_id} was not found. Please check the value of the "
        "x-stack-project-id header."
    )


class InvalidPublishableClientKey(ProjectError):
    """The publishable client key is not one of ours."""

    code = "INVALID_PUBLISHABLE_CLIENT_KEY"
    status = 401
    message_format = (
        'The publishable key is not valid for the project "{project_id}". '
        "Does the project and/or the key exist?"
    )


class PublishableClientKeyRequired(ProjectError):
    """The project demands a publishable client key and none came."""

    code = "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT"
    status = 401
    message_format = (
        "Publishable client keys are required for this project. Create one in Project Keys, or "
        "disable this requirement there to allow keyless client access."
    )


class ServerAuthenticationRequired(KnownError):
    """Server access without its key."""

    code = "SERVER_AUTHENTICATION_REQUIRED"
    status = 401
    message_format = "The secret server key must be provided."


class InvalidSecretServerKey(ProjectError):
    """The secret server key is not one of ours."""

    code = "INVALID_SECRET_SERVER_KEY"
    status = 401
    message_format = (
        'The secret server key is not valid for the project "{project_id}". '
        "Does the project and/or the key exist?"
    )


class AdminAuthenticationRequired(KnownError):
    """Admin access without its key."""

    code = "ADMIN_AUTHENTICATION_REQUIRED"
    status = 401
    message_format = "The super secret admin key must be provided."


class InvalidSuperSecretAdminKey(ProjectError):
    """The super secret admin key is not one of ours."""

    code = "INVALID_SUPER_SECRET_ADMIN_KEY"
    status = 401
    message_format = (
        'The super secret admin key is not valid for the project "{project_id}". '
        "Does the project and/or the key exist?"
    )


class UnparsableAccessToken(KnownError):
    """The access token is none of ours."""

    code = "UNPARSABLE_ACCESS_TOKEN"
    status = 401
    message_format = "Access token is not parsable."


class CannotGetOwnUserWithoutUser(KnownError):
    """``me`` in a request that nobody is signed in to."""

    code = "CANNOT_GET_OWN_USER_WITHOUT_USER"
    message_format = (
        "You have specified 'me' as a userId, but did not provide authentication for a user."
    )


class UserAuthenticationRequired(KnownError):
    """The endpoint needs a signed-in person."""

    code = "USER_AUTHENTICATION_REQUIRED"
    status = 401
    message_format = "User authentication required for this endpoint."


class CsrfFailed(PlainError):
    """A page's session came without the page's CSRF token."""

    code = "CSRF_FAILED"
    status = 403
    message_format = "{reason}"
