"""What can be wrong with a request to the HTTP API, and with who is asking."""

from stack_apikeys.exceptions.base import KnownError, PlainError

DOCUMENTATION = (
    "\n\nFor more information, see the docs on REST API authentication: "
    "https://docs.stack-auth.com/rest-api/overview#authentication"
)


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
