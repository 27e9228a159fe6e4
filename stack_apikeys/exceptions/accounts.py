"""What can be wrong with users, teams, memberships and permissions."""

from django.utils.translation import gettext_noop as _

from stack_apikeys.exceptions.base import KnownError


class UserNotFound(KnownError):
    """The user does not exist."""

    code = "USER_NOT_FOUND"
    status = 404
    message_format = _("User not found.")


class UserAuthenticationRequired(KnownError):
    """The endpoint requires a signed-in user."""

    code = "USER_AUTHENTICATION_REQUIRED"
    status = 401
    message_format = "User authentication required for this endpoint."


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
