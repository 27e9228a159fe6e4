"""The endpoints for teams: section 6.2 of the wire contract."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import TeamMembershipNotFound
from stack_apikeys.limits import Limit
from stack_apikeys.sdk.serializers import serialize_list, serialize_page
from stack_apikeys.sdk.teams import adapter
from stack_apikeys.sdk.teams.exceptions import (
    ClientTeamCreationDisabled,
    InvitationsNotEnabled,
    NotOwnPermissionList,
    NotOwnTeamCreation,
    NotOwnTeamList,
)
from stack_apikeys.sdk.teams.member_profiles import (
    READ_MEMBERS,
    members_visible_to,
    serialize_profiles,
    update_profile,
)
from stack_apikeys.sdk.teams.serializers import (
    CreateTeamBody,
    InvitationsQuery,
    MemberParams,
    MemberProfileBody,
    MemberProfilesQuery,
    PermissionListQuery,
    PermissionParams,
    ServerCreateTeamBody,
    ServerTeamBody,
    TeamBody,
    TeamListQuery,
    TeamParams,
    serialize_permission,
    serialize_team,
)
from stack_apikeys.sdk.users.exceptions import NotOwnUser
from stack_apikeys.sdk.users.lookup import get_user
from stack_apikeys.sdk.views import SdkView
from stack_apikeys.wire.access import ServerAccess
from stack_apikeys.wire.views import StubView


class TeamsView(SdkView):
    """All teams, or the teams of a user."""

    def get(self, request: Request) -> Response:
        """Return the teams, oldest first; with ``limit``, one page of them."""
        fields = self.validated(request, query=TeamListQuery)
        teams = self._get_teams(fields.get("user_id"))
        if fields.get("query"):
            teams = adapter.search(teams, fields["query"])
        if fields.get("desc"):
            teams = teams.reverse()
        start, limit = fields.get("cursor", 0), fields.get("limit")
        if limit is None:
            return Response(serialize_list(self._serialize(teams[start:])))
        end = start + limit
        page = list(teams[start : end + 1])  # one more, to see whether there is a next page
        next_cursor = str(end) if len(page) > limit else None
        return Response(serialize_page(self._serialize(page[:limit]), next_cursor=next_cursor))

    def _get_teams(self, user_id: Any) -> QuerySet[Any]:
        if self.access.is_client:
            if user_id is None or self.access.user is None or user_id != self.access.user.pk:
                raise NotOwnTeamList
            return get_team_adapter().teams_of(self.access.user)
        if user_id is None:
            return adapter.all_teams()
        return get_team_adapter().teams_of(get_user(user_id))

    def _serialize(self, teams: Any) -> list[dict[str, Any]]:
        return [serialize_team(team, for_server=self.access.is_backend) for team in teams]

    def post(self, request: Request) -> Response:
        """Create a team. The creator, if there is one, becomes its first member."""
        is_client = self.access.is_client
        fields = self.validated(request, body=CreateTeamBody if is_client else ServerCreateTeamBody)
        creator = self._get_creator(fields.pop("creator_user_id", None))
        editable_adapter = adapter.get_editable_adapter()
        if is_client:
            Limit("team_create", conf.TEAM_CREATE_RATE, str(request.user.pk)).take()
        with self.validation_errors_as_schema_errors():
            team = editable_adapter.create_team(creator=creator, fields=fields)
        return Response(serialize_team(team, for_server=not is_client), status=201)

    def _get_creator(self, creator_id: Any) -> AbstractBaseUser | None:
        if self.access.is_backend:
            return None if creator_id is None else get_user(creator_id)
        user = self.require_user()
        if not conf.ALLOW_CLIENT_TEAM_CREATION:
            raise ClientTeamCreationDisabled
        if creator_id is not None and creator_id != user.pk:
            raise NotOwnTeamCreation
        return user


class TeamView(SdkView):
    """A team."""

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Return the team."""
        fields = self.validated(request, params=TeamParams)
        team = self.get_visible_team(fields["team_id"])
        return Response(serialize_team(team, for_server=self.access.is_backend))

    def patch(self, request: Request, **_kwargs: str) -> Response:
        """Change the fields in the body. A client requires ``$update_team``."""
        is_client = self.access.is_client
        fields = self.validated(
            request, params=TeamParams, body=TeamBody if is_client else ServerTeamBody
        )
        team = self.get_visible_team(fields.pop("team_id"))
        if is_client:
            adapter.require_permission(self.require_user(), team, "$update_team")
        editable_adapter = adapter.get_editable_adapter()
        with self.validation_errors_as_schema_errors():
            editable_adapter.update_team(team, fields)
        return Response(serialize_team(team, for_server=not is_client))


class MembershipView(SdkView):
    """The membership of a user in a team."""

    def get_permissions(self) -> Any:
        """Allow only servers to add members."""
        return [ServerAccess()] if self.request.method == "POST" else super().get_permissions()

    def post(self, request: Request, **_kwargs: str) -> Response:
        """Add the user to the team."""
        fields = self.validated(request, params=MemberParams)
        user, team = get_user(fields["user_id"]), adapter.get_team(fields["team_id"])
        adapter.get_editable_adapter().add_member(team, user)
        return Response({"team_id": str(team.pk), "user_id": str(user.pk)}, status=201)

    def delete(self, request: Request, **_kwargs: str) -> Response:
        """Remove the user from the team. A client requires ``$remove_members`` for other users."""
        fields = self.validated(request, params=MemberParams)
        team = self.get_visible_team(fields["team_id"])
        if self.access.is_client and fields["user_id"] != request.user.pk:
            adapter.require_permission(self.require_user(), team, "$remove_members")
        adapter.get_editable_adapter().remove_member(team, get_user(fields["user_id"]))
        return Response({"success": True})


class PermissionsView(SdkView):
    """The permissions of a user in teams."""

    def get(self, request: Request) -> Response:
        """Return the permissions; with ``recursive``, also those that they contain."""
        fields = self.validated(request, query=PermissionListQuery)
        if self.access.is_client and fields["user_id"] != request.user.pk:
            raise NotOwnPermissionList
        user = self.get_visible_user(fields["user_id"])
        teams = get_team_adapter().teams_of(user)
        if "team_id" in fields:
            teams = teams.filter(pk=fields["team_id"])
        recursive = fields.get("recursive", False)
        items = [
            serialize_permission(permission_id, user, team)
            for team in teams
            for permission_id in adapter.permissions_of(user, team, recursive=recursive)
            if fields.get("permission_id", permission_id) == permission_id
        ]
        return Response(serialize_list(items))


class PermissionView(SdkView):
    """A permission of a user in a team."""

    permission_classes = [ServerAccess]

    def post(self, request: Request, **_kwargs: str) -> Response:
        """Grant the permission."""
        permission_id, user, team = self._read_path(request)
        adapter.get_editable_adapter().grant(team, user, permission_id)
        return Response(serialize_permission(permission_id, user, team), status=201)

    def delete(self, request: Request, **_kwargs: str) -> Response:
        """Revoke the permission."""
        permission_id, user, team = self._read_path(request)
        adapter.get_editable_adapter().revoke_permission(team, user, permission_id)
        return Response({"success": True})

    def _read_path(self, request: Request) -> tuple[str, AbstractBaseUser, Model]:
        fields = self.validated(request, params=PermissionParams)
        user, team = get_user(fields["user_id"]), adapter.get_team(fields["team_id"])
        return fields["permission_id"], user, team


class MemberProfilesView(SdkView):
    """The members of a team."""

    def get(self, request: Request) -> Response:
        """Return the members. A client without ``$read_members`` gets only its own user."""
        fields = self.validated(request, query=MemberProfilesQuery)
        team = self.get_visible_team(fields["team_id"])
        if self.access.is_client:
            members = members_visible_to(self.require_user(), team)
        else:
            members = adapter.get_editable_adapter().members_of(team)
        users = [user for user in members if fields.get("user_id", user.pk) == user.pk]
        items = serialize_profiles(users, team, for_server=self.access.is_backend)
        return Response(serialize_list(items))


class MemberProfileView(SdkView):
    """A member of a team."""

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Return the member. A client requires ``$read_members`` for other users."""
        fields = self.validated(request, params=MemberParams)
        user, team = self._get_member(fields)
        if self.access.is_client and user.pk != request.user.pk:
            adapter.require_permission(self.require_user(), team, READ_MEMBERS)
        return self._respond(user, team)

    def patch(self, request: Request, **_kwargs: str) -> Response:
        """Change the fields in the body. A client can only change its own user."""
        fields = self.validated(request, params=MemberParams, body=MemberProfileBody)
        if self.access.is_client and fields["user_id"] != request.user.pk:
            raise NotOwnUser
        user, team = self._get_member(fields)
        update_profile(user, team, fields)
        return self._respond(user, team)

    def _get_member(self, fields: dict[str, Any]) -> tuple[AbstractBaseUser, Model]:
        team = self.get_visible_team(fields["team_id"])
        user = get_user(fields["user_id"])
        if not get_team_adapter().is_member(user, team):
            raise TeamMembershipNotFound(user_id=str(user.pk), team_id=str(team.pk))
        return user, team

    def _respond(self, user: AbstractBaseUser, team: Model) -> Response:
        [profile] = serialize_profiles([user], team, for_server=self.access.is_backend)
        return Response(profile)


class InvitationsView(StubView, SdkView):
    """The invitations to a team or of a user. Always an empty list."""

    answer = serialize_list([])

    def check_request(self, request: Request) -> None:
        """Raise what `get_visible_team` and `get_visible_user` raise."""
        fields = self.validated(request, query=InvitationsQuery)
        if "team_id" in fields:
            self.get_visible_team(fields["team_id"])
        if "user_id" in fields:
            self.get_visible_user(fields["user_id"])


class InvitationCodeView(SdkView):
    """Invite a user, which the official component offers to members with ``$invite_members``."""

    def post(self, request: Request) -> Response:
        """Raise `InvitationsNotEnabled`, whose message the component shows."""
        raise InvitationsNotEnabled
