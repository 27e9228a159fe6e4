"""The pages of the project, and two API views that require a key."""

from typing import Any, cast

from django.contrib.auth.mixins import LoginRequiredMixin
from django.contrib.auth.views import LoginView
from django.shortcuts import get_object_or_404
from django.views.generic import TemplateView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from example_project.demo import accounts_to_sign_in_with
from example_project.models import User
from stack_apikeys.adapters import MANAGE_API_KEYS, get_team_adapter
from stack_apikeys.authentication import TeamApiKeyAuthentication, UserApiKeyAuthentication
from stack_apikeys.models import TeamApiKey
from stack_apikeys.permissions import AuthenticatedByTeamApiKey, AuthenticatedByUserApiKey
from stack_apikeys.teams.models import Team, TeamMembership


class SignInView(LoginView):
    """The page to sign in, which lists the demo's accounts while ``DEBUG`` is on."""

    template_name = "example_project/login.html"
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, demo_accounts=accounts_to_sign_in_with())


class AccountView(LoginRequiredMixin, TemplateView):
    """The account page, with the user's keys."""

    template_name = "example_project/account.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        memberships = TeamMembership.objects.filter(user=user).select_related("team")
        return super().get_context_data(**kwargs, memberships=memberships)


class TeamView(LoginRequiredMixin, TemplateView):
    """The page of a team, for its members. Those who can manage its keys see them."""

    template_name = "example_project/team.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        user = cast(User, self.request.user)
        team = get_object_or_404(Team, pk=kwargs["team_id"], memberships__user=user)
        memberships = team.memberships.select_related("user").order_by(
            "user__display_name", "user__email"
        )
        managers = get_team_adapter().users_with_permission(team, MANAGE_API_KEYS)
        return super().get_context_data(
            **kwargs,
            team=team,
            memberships=memberships,
            managers=set(managers.values_list("pk", flat=True)),
        )


class ProtectedView(APIView):
    """Returns the user that the key belongs to."""

    authentication_classes = [UserApiKeyAuthentication]
    permission_classes = [AuthenticatedByUserApiKey]

    def get(self, request: Request) -> Response:
        user = cast(User, request.user)
        return Response({"userId": str(user.pk), "email": user.email})


class TeamProtectedView(APIView):
    """Returns the team that the key belongs to."""

    authentication_classes = [TeamApiKeyAuthentication]
    permission_classes = [AuthenticatedByTeamApiKey]

    def post(self, request: Request) -> Response:
        team = cast(TeamApiKey, request.auth).team
        return Response({"teamId": str(team.pk), "teamName": team.display_name})
