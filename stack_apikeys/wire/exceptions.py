"""Errors in a request to the HTTP API, and in its access headers."""

from stack_apikeys.exceptions import KnownError, PlainError

DOCUMENTATION = (
    "\n\nFor more information, see the docs on REST API authentication: "
    "https://docs.stack-auth.com/rest-api/overview#authentication"
)


class BodyParsingError(KnownError):
    """The body does not match its content type, or the API does not accept the type."""

    code = "BODY_PARSING_ERROR"
    message_format = "{message}"
    has_details = True


class SchemaError(KnownError):
    """Fields are missing, invalid or unknown. The message lists them all."""

    code = "SCHEMA_ERROR"
    message_format = "{message}"
    has_details = True


class ProjectKeyWithoutAccessType(KnownError):
    """The request has a project key but no access type."""

    code = "PROJECT_KEY_WITHOUT_ACCESS_TYPE"
    message_format = (
        "Either an API key or an admin access token was provided, but the x-stack-access-type "
        "header is missing. Set it to 'client', 'server', or 'admin' as appropriate."
    )


class InvalidAccessType(KnownError):
    """The access type is not ``client``, ``server`` or ``admin``."""

    code = "INVALID_ACCESS_TYPE"
    message_format = (
        "The x-stack-access-type header must be 'client', 'server', or 'admin', "
        "but was '{access_type}'."
    )

    @property
    def details(self) -> dict[str, object]:
        """The access type that was sent. Without details, the official SDK crashes on this code."""
        return {"accessType": self.params["access_type"]}


class AccessTypeWithoutProjectId(KnownError):
    """The request has an access type but no project id."""

    code = "ACCESS_TYPE_WITHOUT_PROJECT_ID"
    message_format = (
        "The x-stack-access-type header was '{request_type}', but the x-stack-project-id header "
        "was not provided." + DOCUMENTATION
    )
    has_details = True


class AccessTypeRequired(KnownError):
    """The endpoint requires an access type, and the request has none."""

    code = "ACCESS_TYPE_REQUIRED"
    message_format = (
        "You must specify an access level for this Stack project. Make sure project API keys are "
        "provided (eg. x-stack-publishable-client-key) and you set the x-stack-access-type header "
        "to 'client', 'server', or 'admin'." + DOCUMENTATION
    )


class InsufficientAccessType(KnownError):
    """The endpoint requires server or admin access, and the request has client access."""

    code = "INSUFFICIENT_ACCESS_TYPE"
    status = 401
    message_format = (
        "The x-stack-access-type header must be 'server' or 'admin', but was '{access_type}'."
    )

    @property
    def details(self) -> dict[str, object]:
        """The access type that was sent, and those that are allowed."""
        return {
            "actual_access_type": self.params["access_type"],
            "allowed_access_types": ["server", "admin"],
        }


class ProjectError(KnownError):
    """Base class of the errors whose details name the project."""

    has_details = True


class CurrentProjectNotFound(ProjectError):
    """The project id is not the value of ``PROJECT_ID``."""

    code = "CURRENT_PROJECT_NOT_FOUND"
    message_format = (
        "The current project with ID {project_id} was not found. Please check the value of the "
        "x-stack-project-id header."
    )


class InvalidPublishableClientKey(ProjectError):
    """The publishable client key is not in ``PUBLISHABLE_CLIENT_KEYS``."""

    code = "INVALID_PUBLISHABLE_CLIENT_KEY"
    status = 401
    message_format = (
        'The publishable key is not valid for the project "{project_id}". '
        "Does the project and/or the key exist?"
    )


class PublishableClientKeyRequired(ProjectError):
    """The project requires a publishable client key, and the request has none."""

    code = "PUBLISHABLE_CLIENT_KEY_REQUIRED_FOR_PROJECT"
    status = 401
    message_format = (
        "Publishable client keys are required for this project. Create one in Project Keys, or "
        "disable this requirement there to allow keyless client access."
    )


class ServerAuthenticationRequired(KnownError):
    """The request has server access but no secret server key."""

    code = "SERVER_AUTHENTICATION_REQUIRED"
    status = 401
    message_format = "The secret server key must be provided."


class InvalidSecretServerKey(ProjectError):
    """The secret server key is not in ``SECRET_SERVER_KEYS``."""

    code = "INVALID_SECRET_SERVER_KEY"
    status = 401
    message_format = (
        'The secret server key is not valid for the project "{project_id}". '
        "Does the project and/or the key exist?"
    )


class AdminAuthenticationRequired(KnownError):
    """The request has admin access but no super secret admin key."""

    code = "ADMIN_AUTHENTICATION_REQUIRED"
    status = 401
    message_format = "The super secret admin key must be provided."


class InvalidSuperSecretAdminKey(ProjectError):
    """The super secret admin key is not in ``SUPER_SECRET_ADMIN_KEYS``."""

    code = "INVALID_SUPER_SECRET_ADMIN_KEY"
    status = 401
    message_format = (
        'The super secret admin key is not valid for the project "{project_id}". '
        "Does the project and/or the key exist?"
    )


class UnparsableAccessToken(KnownError):
    """The access token was not issued by this project."""

    code = "UNPARSABLE_ACCESS_TOKEN"
    status = 401
    message_format = "Access token is not parsable."


class CannotGetOwnUserWithoutUser(KnownError):
    """The request has ``me`` as a user id, and no user is signed in."""

    code = "CANNOT_GET_OWN_USER_WITHOUT_USER"
    message_format = (
        "You have specified 'me' as a userId, but did not provide authentication for a user."
    )


class ApiKeyCannotManageKeys(PlainError):
    """The request has client access and an API key. Only a signed-in user may manage keys."""

    code = "API_KEY_CANNOT_MANAGE_KEYS"
    status = 403
    message_format = (
        "An API key cannot manage API keys. Sign in, and send the request without the key."
    )


class ServerKeyInBrowser(PlainError):
    """A browser sent a secret server key or a super secret admin key."""

    code = "SERVER_KEY_IN_BROWSER"
    status = 403
    message_format = (
        "Server and admin keys are not accepted from browsers, because everybody who opens the "
        "page can read them. Call this endpoint from a backend and replace the key. If the page "
        "is only for people who may have the key, set "
        "STACK_APIKEYS['ALLOW_SERVER_KEYS_IN_BROWSERS'] to True."
    )


class CsrfFailed(PlainError):
    """The request is authenticated by a session, and the CSRF token is missing or incorrect."""

    code = "CSRF_FAILED"
    status = 403
    message_format = "{reason}"
