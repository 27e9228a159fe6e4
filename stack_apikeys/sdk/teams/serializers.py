"""The fields of requests about teams, and the team object in responses."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model

from stack_apikeys import timestamps
from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.sdk.fields import CountField, ImageUrlField, MetadataField, OneOfField
from stack_apikeys.wire.fields import BooleanField, StringField, TeamIdField, UserIdField
from stack_apikeys.wire.validation import RequestPart


class TeamListQuery(RequestPart):
    """The query of a list of teams: the member, the page and the order."""

    user_id = UserIdField(required=False)
    limit = CountField(required=False, smallest=1, largest=1000)
    cursor = CountField(required=False, smallest=0, largest=2**31 - 1)
    order_by = OneOfField(["created_at"], required=False)
    desc = BooleanField(required=False)
    query = StringField(required=False, allow_blank=True, max_length=255)


class TeamParams(RequestPart):
    """The path of a team."""

    team_id = TeamIdField()


class MemberParams(TeamParams):
    """The path of a member of a team."""

    user_id = UserIdField()


class PermissionParams(MemberParams):
    """The path of a member's permission."""

    permission_id = StringField()


class PermissionListQuery(RequestPart):
    """The query of a list of permissions: the user, the team and the permission."""

    user_id = UserIdField()
    team_id = TeamIdField(required=False)
    permission_id = StringField(required=False)
    recursive = BooleanField(required=False)


class MemberProfilesQuery(RequestPart):
    """The query of a list of members: the team and the member."""

    team_id = TeamIdField()
    user_id = UserIdField(required=False)


class InvitationsQuery(RequestPart):
    """The query of a list of invitations: the team and the invited user."""

    team_id = TeamIdField(required=False)
    user_id = UserIdField(required=False)


class TeamBody(RequestPart):
    """The fields of a team that a client may change."""

    display_name = StringField(required=False, max_length=255)
    profile_image_url = ImageUrlField(required=False)
    client_metadata = MetadataField(required=False)


class ServerTeamBody(TeamBody):
    """The fields of a team that a server may change."""

    client_read_only_metadata = MetadataField(required=False)
    server_metadata = MetadataField(required=False)


class CreateTeamBody(TeamBody):
    """The fields of a new team."""

    display_name = StringField(max_length=255)
    creator_user_id = UserIdField(required=False)


class ServerCreateTeamBody(CreateTeamBody, ServerTeamBody):
    """The fields of a new team that a server creates."""


class MemberProfileBody(RequestPart):
    """The fields of a member's profile in the team."""

    display_name = StringField(required=False, allow_null=True, allow_blank=True, max_length=255)
    profile_image_url = ImageUrlField(required=False)


def serialize_team(team: Model, *, for_server: bool) -> dict[str, Any]:
    """Return the team object of the wire contract.

    Fields that the project's team model does not have are None.
    """
    fields: dict[str, Any] = {
        "id": str(team.pk),
        "display_name": get_team_adapter().display_name(team),
        "profile_image_url": getattr(team, "profile_image_url", None) or None,
        "client_metadata": getattr(team, "client_metadata", None),
        "client_read_only_metadata": getattr(team, "client_read_only_metadata", None),
    }
    if for_server:
        created_at = getattr(team, "created_at", None) or timestamps.EPOCH
        fields |= {
            "created_at_millis": timestamps.to_millis(created_at),
            "server_metadata": getattr(team, "server_metadata", None),
        }
    return fields


def serialize_permission(permission_id: str, user: AbstractBaseUser, team: Model) -> dict[str, Any]:
    """Return the permission object of the wire contract."""
    return {"id": permission_id, "user_id": str(user.pk), "team_id": str(team.pk)}
