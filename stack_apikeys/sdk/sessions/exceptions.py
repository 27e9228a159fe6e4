"""The errors of sign-in, of access tokens and of sessions, one class for each error code.

Section 8 of the wire contract lists the codes, statuses, messages and details.
"""

from stack_apikeys import timestamps
from stack_apikeys.exceptions import KnownError, PlainError


class AccessTokenExpired(KnownError):
    """The access token has expired, or its session has ended.

    ``expired_at_millis`` is empty if the session ended before the token expired.
    """

    code = "ACCESS_TOKEN_EXPIRED"
    status = 401
    message_format = (
        "Access token has expired. Please refresh it and try again.{when} Project ID: "
        "{project_id}. User ID: {user_id}. Refresh token ID: {refresh_token_id}.\n\n"
        "Debug info: Get a new access token from the refresh endpoint. If that request is "
        "refused, the session has ended and the user has to sign in again."
    )

    @property
    def expired_at_millis(self) -> int | None:
        """The time at which the token expired, in milliseconds since 1970."""
        return int(self.params["expired_at_millis"] or 0) or None

    @property
    def message(self) -> str:
        """The message, with the expiration time in ISO 8601."""
        when = ""
        if millis := self.expired_at_millis:
            expired_at = timestamps.from_millis(millis).isoformat(timespec="milliseconds")
            when = f" (The access token expired at {expired_at.replace('+00:00', 'Z')}.)"
        return self.message_format.format(when=when, **self.params)

    @property
    def translated_message(self) -> str:
        """The message in English: only programs read it."""
        return self.message

    @property
    def details(self) -> dict[str, object]:
        """The parameters, with the time as a number or None."""
        return self.params | {"expired_at_millis": self.expired_at_millis}


class InvalidProjectForAccessToken(KnownError):
    """The access token has a valid signature but was issued for another project."""

    code = "INVALID_PROJECT_FOR_ACCESS_TOKEN"
    status = 401
    message_format = (
        'Access token not valid for this project. Expected project ID "{expected_project_id}", '
        'but the token is for project ID "{actual_project_id}".'
    )
    has_details = True


class RefreshTokenNotFoundOrExpired(KnownError):
    """No session has this refresh token, or the session has ended."""

    code = "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    status = 401
    message_format = (
        "Refresh token not found for this project, or the session has expired/been revoked."
    )


class SessionNotFound(PlainError):
    """The session does not exist, or belongs to another user."""

    code = "SESSION_NOT_FOUND"
    status = 404
    message_format = "Session not found"


class CannotDeleteCurrentSession(KnownError):
    """Only signing out ends the session of the request itself."""

    code = "CANNOT_DELETE_CURRENT_SESSION"
    message_format = "Cannot delete the current session."


class InvalidOAuthClientIdOrSecret(KnownError):
    """A request to the refresh endpoint does not name the project or has a wrong client key."""

    code = "INVALID_OAUTH_CLIENT_ID_OR_SECRET"
    message_format = (
        "The OAuth client ID or secret is invalid. The client ID must be equal to the project ID "
        "(potentially with a hash and a branch ID), and the client secret must be a publishable "
        "client key."
    )

    @property
    def details(self) -> dict[str, object]:
        """No value for ``client_id``, which the official SDK reads."""
        return {"client_id": None}


class EmailPasswordMismatch(KnownError):
    """The account does not exist or is not active, or the password is wrong.

    The error does not reveal which.
    """

    code = "EMAIL_PASSWORD_MISMATCH"
    message_format = "Wrong e-mail or password."
