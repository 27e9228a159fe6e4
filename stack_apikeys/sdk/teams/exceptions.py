"""The errors of teams, memberships and permissions, one class for each error code.

Section 8 of the wire contract lists the codes, statuses, messages and details.
"""

from stack_apikeys.exceptions import KnownError, PlainError


class NotOwnTeam(PlainError):
    """A client named a team that does not exist or that the user is not a member of."""

    code = "NOT_OWN_TEAM"
    status = 403
    message_format = "Client can only access teams that they are a member of"


class NotOwnTeamList(PlainError):
    """A client requested the teams of another user."""

    code = "NOT_OWN_TEAM_LIST"
    status = 403
    message_format = (
        'Client can only list teams for their own user. user_id must be either "me" or the ID of '
        "the current user"
    )


class NotOwnPermissionList(PlainError):
    """A client requested the permissions of another user."""

    code = "NOT_OWN_PERMISSION_LIST"
    status = 403
    message_format = (
        'Client can only list permissions for their own user. user_id must be either "me" or the '
        "ID of the current user"
    )


class NotOwnTeamCreation(PlainError):
    """A client tried to create a team for another user."""

    code = "NOT_OWN_TEAM_CREATION"
    status = 403
    message_format = (
        "You cannot create a team as a user that is not yourself. Make sure you set the "
        "creator_user_id to 'me'."
    )


class ClientTeamCreationDisabled(PlainError):
    """``ALLOW_CLIENT_TEAM_CREATION`` is False."""

    code = "CLIENT_TEAM_CREATION_DISABLED"
    status = 403
    message_format = "Client team creation is disabled for this project"


class TeamsManagedElsewhere(PlainError):
    """The project's team adapter is not an `EditableTeamAdapter`."""

    code = "TEAMS_MANAGED_ELSEWHERE"
    message_format = "Teams cannot be managed through this API."


class InvitationsNotEnabled(PlainError):
    """Invitations, which the official component offers for ``$invite_members``, are not supported."""

    code = "INVITATIONS_NOT_ENABLED"
    message_format = (
        "Team invitations are not enabled for this project. Ask an administrator to add the member "
        "to the team."
    )


class TeamPermissionRequired(KnownError):
    """The user lacks the permission that a change of the team requires."""

    code = "TEAM_PERMISSION_REQUIRED"
    status = 401
    message_format = "User {user_id} does not have permission {permission_id} in team {team_id}."
    has_details = True
