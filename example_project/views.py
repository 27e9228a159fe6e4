"""The project's own API: two views that only a key opens, as in the documentation."""

from typing import cast

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from example_project.models import User
from stack_apikeys.authentication import TeamApiKeyAuthentication, UserApiKeyAuthentication
from stack_apikeys.models import TeamApiKey
from stack_apikeys.permissions import AuthenticatedByTeamApiKey, AuthenticatedByUserApiKey


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
