"""What can go wrong between keys and the users and teams that have them."""

from django.utils.translation import gettext_noop as _

from stack_apikeys.exceptions.base import KnownError, PlainError


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
