"""Teams, memberships, permissions and members' profiles: section 6.2 of the wire contract."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.api.access import ServerAccess
from stack_apikeys.conf import conf
from stack_apikeys.sdk import teams
from stack_apikeys.sdk.exceptions import (
    ClientTeamCreationDisabled,
    NotOwnPermissionList,
    NotOwnTeamCreation,
    NotOwnTeamList,
)
from stack_apikeys.sdk.serializers import (
    CreateTeamBody,
    MemberParams,
    OptionalUserQuery,
    PermissionListQuery,
    PermissionParams,
    ServerCreateTeamBody,
    ServerTeamBody,
    TeamBody,
    TeamParams,
    serialize_list,
    serialize_team,
)
from stack_apikeys.sdk.users import get_user
from stack_apikeys.sdk.views.base import SdkView


class TeamsView(SdkView):
    """Teams."""

    def get(self, request: Request) -> Response:
        """Answer all teams of a user, or simply all, oldest first."""
        user_id = self.validated(request, query=OptionalUserQuery).get("user_id")
        is_client = request.auth == "client"
        if is_client and (user_id is None or user_id != request.user.pk):
            raise NotOwnTeamList
        if user_id is None:
            found = teams.all_teams()
        else:
            user = self.person(request) if is_client else get_user(user_id)
            found = get_team_adapter().teams_of(user)
        return Response(
            serialize_list([serialize_team(team, for_server=not is_client) for team in found])
        )

    def post(self, request: Request) -> Response:
        """Make a team, with its creator, if one is named, as the member who manages it."""
        is_client = request.auth == "client"
        fields = self.validated(request, body=CreateTeamBody if is_client else ServerCreateTeamBody)
        creator_id = fields.pop("creator_user_id", None)
        creator: AbstractBaseUser | None = None
        if is_client:
            creator = self._require_own_creation(request, creator_id)
        elif creator_id is not None:
            creator = get_user(creator_id)
        adapter = teams.get_editable_adapter()
        with self.naming_fields(request):
            team = adapter.create_team(creator=creator, fields=fields)
        return Response(serialize_team(team, for_server=not is_client), status=201)

    def _require_own_creation(self, request: Request, creator_id: Any) -> AbstractBaseUser:
        person = self.person(request)
        if not conf.ALLOW_CLIENT_TEAM_CREATION:
            raise ClientTeamCreationDisabled
        if creator_id is not None and creator_id != person.pk:
            raise NotOwnTeamCreation
        return person


class TeamView(SdkView):
    """One team."""

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Answer the team."""
        team = self.visible_team(request, self.validated(request, params=TeamParams)["team_id"])
        return Response(serialize_team(team, for_server=request.auth != "client"))

    def patch(self, request: Request, **_kwargs: str) -> Response:
        """Change what the body names; a client needs ``$update_team``."""
        is_client = request.auth == "client"
        fields = self.validated(
            request, params=TeamParams, body=TeamBody if is_client else ServerTeamBody
        )
        team = self.visible_team(request, fields.pop("team_id"))
        if is_client:
            teams.require_permission(self.person(request), team, "$update_team")
        adapter = teams.get_editable_adapter()
        with self.naming_fields(request):
            adapter.update_team(team, fields)
        return Response(serialize_team(team, for_server=not is_client))


class MembershipView(SdkView):
    """A user's membership in a team."""

    def get_permissions(self) -> Any:
        """Only servers add members; members leave by themselves."""
        return [ServerAccess()] if self.request.method == "POST" else super().get_permissions()

    def post(self, request: Request, **_kwargs: str) -> Response:
        """Make the user a member."""
        fields = self.validated(request, params=MemberParams)
        user, team = get_user(fields["user_id"]), teams.get_team(fields["team_id"])
        teams.get_editable_adapter().add_member(team, user)
        return Response({"team_id": str(team.pk), "user_id": str(user.pk)}, status=201)

    def delete(self, request: Request, **_kwargs: str) -> Response:
        """End the membership: one's own, or with ``$remove_members`` another's."""
        fields = self.validated(request, params=MemberParams)
        team = self.visible_team(request, fields["team_id"])
        if request.auth == "client" and fields["user_id"] != request.user.pk:
            teams.require_permission(self.person(request), team, "$remove_members")
        teams.get_editable_adapter().remove_member(team, get_user(fields["user_id"]))
        return Response({"success": True})


class PermissionsView(SdkView):
    """What a user may do in teams."""

    def get(self, request: Request) -> Response:
        """Answer all ids; with ``recursive`` also what they contain."""
        fields = self.validated(request, query=PermissionListQuery)
        is_client = request.auth == "client"
        if is_client and fields["user_id"] != request.user.pk:
            raise NotOwnPermissionList
        user = self.person(request) if is_client else get_user(fields["user_id"])
        found = get_team_adapter().teams_of(user)
        if "team_id" in fields:
            found = found.filter(pk=fields["team_id"])
        items = [
            _serialize_permission(permission_id, user, team)
            for team in found
            for permission_id in teams.permissions_of(
                user, team, recursive=fields.get("recursive", False)
            )
            if fields.get("permission_id", permission_id) == permission_id
        ]
        return Response(serialize_list(items))


class PermissionView(SdkView):
    """One permission of one user in one team."""

    permission_classes = [ServerAccess]

    def post(self, request: Request, **_kwargs: str) -> Response:
        """Grant it."""
        permission_id, user, team = self._permission(request)
        teams.get_editable_adapter().grant(team, user, permission_id)
        return Response(_serialize_permission(permission_id, user, team), status=201)

    def delete(self, request: Request, **_kwargs: str) -> Response:
        """Take it back."""
        permission_id, user, team = self._permission(request)
        teams.get_editable_adapter().revoke_permission(team, user, permission_id)
        return Response({"success": True})

    def _permission(self, request: Request) -> tuple[str, AbstractBaseUser, Model]:
        fields = self.validated(request, params=PermissionParams)
        user, team = get_user(fields["user_id"]), teams.get_team(fields["team_id"])
        return fields["permission_id"], user, team


def _serialize_permission(
    permission_id: str, user: AbstractBaseUser, team: Model
) -> dict[str, Any]:
    return {"id": permission_id, "user_id": str(user.pk), "team_id": str(team.pk)}
