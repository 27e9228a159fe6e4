"""How the members of a team are seen there: their own profile, but for what they changed."""

from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.adapters import EditableTeamAdapter, get_team_adapter
from stack_apikeys.exceptions import TeamMembershipNotFound
from stack_apikeys.sdk import teams
from stack_apikeys.sdk.exceptions import NotOwnUser
from stack_apikeys.sdk.models import TeamMemberProfile
from stack_apikeys.sdk.serializers import (
    MemberParams,
    MemberProfileBody,
    MemberProfilesQuery,
    serialize_list,
    serialize_user,
)
from stack_apikeys.sdk.users import accounts, get_user
from stack_apikeys.sdk.views.base import SdkView

READ_MEMBERS = "$read_members"


class MemberProfilesView(SdkView):
    """The members of a team."""

    def get(self, request: Request) -> Response:
        """Answer all of them; to a client without ``$read_members``, the person alone."""
        fields = self.validated(request, query=MemberProfilesQuery)
        team = self.visible_team(request, fields["team_id"])
        users = [
            user
            for user in self._visible_members(request, team)
            if fields.get("user_id", user.pk) == user.pk
        ]
        return Response(
            serialize_list(_serialize(users, team, for_server=request.auth != "client"))
        )

    def _visible_members(self, request: Request, team: Model) -> Any:
        if request.auth != "client":
            return teams.get_editable_adapter().members_of(team)
        person, adapter = self.person(request), get_team_adapter()
        if isinstance(adapter, EditableTeamAdapter) and adapter.has_permission(
            person, team, READ_MEMBERS
        ):
            return adapter.members_of(team)
        return [person]


class MemberProfileView(SdkView):
    """One member."""

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Answer how the member is seen; another's takes ``$read_members``."""
        user, team = self._member(request, self.validated(request, params=MemberParams))
        if request.auth == "client" and user.pk != request.user.pk:
            teams.require_permission(self.person(request), team, READ_MEMBERS)
        return self._answer(request, user, team)

    def patch(self, request: Request, **_kwargs: str) -> Response:
        """Change how the member is seen; a client changes only their own."""
        fields = self.validated(request, params=MemberParams, body=MemberProfileBody)
        if request.auth == "client" and fields["user_id"] != request.user.pk:
            raise NotOwnUser
        user, team = self._member(request, fields)
        TeamMemberProfile.objects.update_or_create(
            user_id=user.pk,
            team_id=team.pk,
            defaults={
                name: fields[name] or ""
                for name in ("display_name", "profile_image_url")
                if name in fields
            },
        )
        return self._answer(request, user, team)

    def _member(self, request: Request, fields: dict[str, Any]) -> tuple[AbstractBaseUser, Model]:
        team = self.visible_team(request, fields["team_id"])
        user = get_user(fields["user_id"])
        if not get_team_adapter().is_member(user, team):
            raise TeamMembershipNotFound(user_id=str(user.pk), team_id=str(team.pk))
        return user, team

    def _answer(self, request: Request, user: AbstractBaseUser, team: Model) -> Response:
        [profile] = _serialize([user], team, for_server=request.auth != "client")
        return Response(profile)


def _serialize(
    users: list[AbstractBaseUser], team: Model, *, for_server: bool
) -> list[dict[str, Any]]:
    """The profiles of the wire; two queries, however many they are, and more for a server."""
    changed = {
        profile.user_id: profile
        for profile in TeamMemberProfile.objects.filter(
            team=team.pk, user__in=[user.pk for user in users]
        )
    }
    items = []
    for account in accounts(users):
        user = account.user
        here = changed.get(user.pk, TeamMemberProfile())
        item: dict[str, Any] = {
            "team_id": str(team.pk),
            "user_id": str(user.pk),
            "display_name": here.display_name or account.display_name,
            "profile_image_url": here.profile_image_url or account.get("profile_image_url"),
        }
        if for_server:
            item["user"] = serialize_user(user, for_server=True)
        items.append(item)
    return items
