"""What can go wrong with sessions, sign-in, users and teams: one class a code.

Codes, statuses, messages and details are those of section 8 of the wire contract.
"""

from stack_apikeys import timestamps
from stack_apikeys.exceptions import KnownError, PlainError

# Access tokens and sessions -------------------------------------------------------------------


class AccessTokenExpired(KnownError):
    """The access token was ours, and its time is over or its session has ended.

    ``expired_at_millis`` is empty where the session ended before the token's time.
    """

    code = "ACCESS_TOKEN_EXPIRED"
    status = 401
    message_format = (
        "Access token has expired. Please refresh it and try again.{when} Project ID: "
        "{project_id}. User ID: {user_id}. Refresh token ID: {refresh_token_id}.\n\n"
        "Debug info: Fetch a new access token from the refresh endpoint. Where that is refused, "
        "the session has ended, and the user signs in again."
    )

    @property
    def expired_at_millis(self) -> int | None:
        """When the token's time was over."""
        return int(self.params["expired_at_millis"] or 0) or None

    @property
    def message(self) -> str:
        """The message, with the moment in ISO 8601."""
        when = ""
        if millis := self.expired_at_millis:
            moment = timestamps.from_millis(millis).isoformat(timespec="milliseconds")
            when = f" (The access token expired at {moment.replace('+00:00', 'Z')}.)"
        return self.message_format.format(when=when, **self.params)

    @property
    def details(self) -> dict[str, object]:
        """When, and for whom the token was."""
        return self.params | {"expired_at_millis": self.expired_at_millis}


class InvalidProjectForAccessToken(KnownError):
    """The access token was signed by us, for another project."""

    code = "INVALID_PROJECT_FOR_ACCESS_TOKEN"
    status = 401
    message_format = (
        'Access token not valid for this project. Expected project ID "{expected_project_id}", '
        'but the token is for project ID "{actual_project_id}".'
    )

    @property
    def details(self) -> dict[str, object]:
        """Both projects."""
        return dict(self.params)


class RefreshTokenNotFoundOrExpired(KnownError):
    """No session has this refresh token, or it has ended."""

    code = "REFRESH_TOKEN_NOT_FOUND_OR_EXPIRED"
    status = 401
    message_format = (
        "Refresh token not found for this project, or the session has expired/been revoked."
    )


class SessionNotFound(PlainError):
    """No such session, or not one of the person who asks."""

    code = "SESSION_NOT_FOUND"
    status = 404
    message_format = "Session not found"


class CannotDeleteCurrentSession(KnownError):
    """The list of sessions is for ending the others; this one is ended by signing out."""

    code = "CANNOT_DELETE_CURRENT_SESSION"
    message_format = "Cannot delete the current session."


class InvalidOAuthClientIdOrSecret(KnownError):
    """The refresh endpoint was asked by a stranger to the project."""

    code = "INVALID_OAUTH_CLIENT_ID_OR_SECRET"
    message_format = (
        "The OAuth client ID or secret is invalid. The client ID must be equal to the project ID "
        "(potentially with a hash and a branch ID), and the client secret must be a publishable "
        "client key."
    )

    @property
    def details(self) -> dict[str, object]:
        """Nothing, by the name that the official SDK looks for."""
        return {"client_id": None}


# Signing up, signing in, passwords ------------------------------------------------------------


class SignUpNotEnabled(KnownError):
    """Accounts are not made over the HTTP API."""

    code = "SIGN_UP_NOT_ENABLED"
    message_format = (
        "Creation of new accounts is not enabled for this project. Please ask the project owner "
        "to enable it."
    )


class PasswordAuthenticationNotEnabled(KnownError):
    """Nobody signs in over the HTTP API with a password."""

    code = "PASSWORD_AUTHENTICATION_NOT_ENABLED"
    message_format = "Password authentication is not enabled for this project."


class AnonymousAccountsNotEnabled(KnownError):
    """There are no accounts without an address."""

    code = "ANONYMOUS_ACCOUNTS_NOT_ENABLED"
    message_format = "Anonymous accounts are not enabled for this project."


class EmailPasswordMismatch(KnownError):
    """No such account, a wrong password, or an account that is switched off: nobody learns which."""

    code = "EMAIL_PASSWORD_MISMATCH"
    message_format = "Wrong e-mail or password."


class UserEmailAlreadyExists(KnownError):
    """Somebody has an account with this address."""

    code = "USER_EMAIL_ALREADY_EXISTS"
    status = 409
    message_format = 'A user with email "{email}" already exists.'

    @property
    def details(self) -> dict[str, object]:
        """The address; addresses are not verified here, so it would not work in any case."""
        return {"email": self.params["email"], "would_work_if_email_was_verified": False}


class PasswordRequirementsNotMet(KnownError):
    """The host's password validators refuse the new password."""

    code = "PASSWORD_REQUIREMENTS_NOT_MET"
    message_format = "{message}"

    @property
    def details(self) -> dict[str, object]:
        """The message again: the official SDK takes it from here."""
        return dict(self.params)


class PasswordTooShort(PasswordRequirementsNotMet):
    """The new password is shorter than the host's password validators allow."""

    code = "PASSWORD_TOO_SHORT"
    message_format = "Password too short. Minimum length is {min_length}."

    @property
    def details(self) -> dict[str, object]:
        """The least number of characters."""
        return {"min_length": int(self.params["min_length"])}


class PasswordConfirmationMismatch(KnownError):
    """The old password, asked for before it is changed, is wrong."""

    code = "PASSWORD_CONFIRMATION_MISMATCH"
    message_format = "Passwords do not match."


class UserDoesNotHavePassword(KnownError):
    """A user who signs in by other means has no password to change."""

    code = "USER_DOES_NOT_HAVE_PASSWORD"
    message_format = "This user does not have password authentication enabled."


class UserHasPassword(PlainError):
    """A password is set without the old one only where there is none."""

    code = "USER_HAS_PASSWORD"
    message_format = "The user already has a password. Update it instead."


# Users and teams ------------------------------------------------------------------------------


class NotOwnUser(PlainError):
    """A person asked for what is another's."""

    code = "NOT_OWN_USER"
    status = 403
    message_format = "Client can only access their own user"


class ContactChannelsManagedElsewhere(PlainError):
    """The address is the host's: its own pages change and verify it, if it has any."""

    code = "CONTACT_CHANNELS_MANAGED_ELSEWHERE"
    message_format = (
        "The e-mail addresses of this project are not added, changed or verified through this API"
    )


class NotOwnTeam(PlainError):
    """A person asked for a team that they are not a member of, existing or not."""

    code = "NOT_OWN_TEAM"
    status = 403
    message_format = "Client can only access teams that they are a member of"


class NotOwnTeamList(PlainError):
    """A person asked for the teams of another."""

    code = "NOT_OWN_TEAM_LIST"
    status = 403
    message_format = (
        'Client can only list teams for their own user. user_id must be either "me" or the ID of '
        "the current user"
    )


class NotOwnPermissionList(PlainError):
    """A person asked for the permissions of another."""

    code = "NOT_OWN_PERMISSION_LIST"
    status = 403
    message_format = (
        'Client can only list permissions for their own user. user_id must be either "me" or the '
        "ID of the current user"
    )


class NotOwnTeamCreation(PlainError):
    """A person wanted to make a team in the name of another."""

    code = "NOT_OWN_TEAM_CREATION"
    status = 403
    message_format = (
        "You cannot create a team as a user that is not yourself. Make sure you set the "
        "creator_user_id to 'me'."
    )


class ClientTeamCreationDisabled(PlainError):
    """``ALLOW_CLIENT_TEAM_CREATION`` is off."""

    code = "CLIENT_TEAM_CREATION_DISABLED"
    status = 403
    message_format = "Client team creation is disabled for this project"


class TeamsManagedElsewhere(PlainError):
    """The host's team adapter is not an `EditableTeamAdapter`."""

    code = "TEAMS_MANAGED_ELSEWHERE"
    message_format = "The teams of this project are not managed through this API"


class InvitationsNotEnabled(PlainError):
    """The official component offers invitations to members with ``$invite_members``."""

    code = "INVITATIONS_NOT_ENABLED"
    message_format = "This project sends no invitations. Ask the people who run it to add the member to the team."


class TeamPermissionRequired(KnownError):
    """A member lacks the permission that a change of the team takes."""

    code = "TEAM_PERMISSION_REQUIRED"
    status = 401
    message_format = "User {user_id} does not have permission {permission_id} in team {team_id}."

    @property
    def details(self) -> dict[str, object]:
        """All three ids."""
        return dict(self.params)
