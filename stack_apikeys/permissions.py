"""DRF permissions that ask by what kind of key a request was authenticated, if by any."""

from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from stack_apikeys.models import AbstractApiKey, TeamApiKey, UserApiKey


class AuthenticatedByUserApiKey(BasePermission):
    """Allow requests that carry a user's key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request was authenticated by a user's key."""
        return isinstance(request.auth, UserApiKey)


class AuthenticatedByTeamApiKey(BasePermission):
    """Allow requests that carry a team's key."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request was authenticated by a team's key."""
        return isinstance(request.auth, TeamApiKey)


class NotAuthenticatedByApiKey(BasePermission):
    """Refuse requests that carry a key, for what only a person may do.

    Says nothing of whether anybody is signed in; combine it with ``IsAuthenticated``.
    """

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Whether the request was authenticated otherwise, or not at all."""
        return not isinstance(request.auth, AbstractApiKey)
