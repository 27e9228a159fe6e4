"""The project's own pages, and its own API: two views that only a key opens."""

from typing import Any, cast

from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from example_project.models import User
from stack_apikeys.authentication import TeamApiKeyAuthentication, UserApiKeyAuthentication
from stack_apikeys.models import TeamApiKey
from stack_apikeys.permissions import AuthenticatedByTeamApiKey, AuthenticatedByUserApiKey
from stack_apikeys.teams.models import Team, TeamMembership


class AccountView(LoginRequiredMixin, TemplateView):
    """The person, with their keys embedded."""

    template_name = "example_project/account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        memberships = TeamMembership.objects.filter(user=user).select_related("team")
        return super().get_context_data(**kwargs, memberships=memberships)


class TeamView(LoginRequiredMixin, TemplateView):
    """A team, for its members, with its keys embedded for those who may manage them."""

    template_name = "example_project/team.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        team = get_object_or_404(Team, pk=kwargs["team_id"], memberships__user=user)
        memberships = team.memberships.select_related("user")
        return super().get_context_data(**kwargs, team=team, memberships=memberships)


class ProtectedView(APIView):
    """Tells whom a user's key stands for."""

    authentication_classes = [UserApiKeyAuthentication]
    permission_classes = [AuthenticatedByUserApiKey]

    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        return Response({"userId": str(user.pk), "email": user.email})


class TeamProtectedView(APIView):
    """Tells which team a team's key stands for."""

    authentication_classes = [TeamApiKeyAuthentication]
    permission_classes = [AuthenticatedByTeamApiKey]

    def post(self, request: Request) -> Response:
        team = cast(TeamApiKey, request.auth).team
        return Response({"teamId": str(team.pk), "teamName": team.display_name})
