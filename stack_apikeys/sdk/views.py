"""The base classes of the endpoints of all subjects."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Model
from rest_framework.request import Request

from stack_apikeys.exceptions import UserAuthenticationRequired
from stack_apikeys.sdk.teams.adapter import get_team, get_team_of
from stack_apikeys.sdk.teams.serializers import TeamParams
from stack_apikeys.sdk.users.exceptions import NotOwnUser
from stack_apikeys.sdk.users.lookup import get_user
from stack_apikeys.sdk.users.serializers import UserParams
from stack_apikeys.wire.access import AccessType, StackAuthentication
from stack_apikeys.wire.validation import schema_error
from stack_apikeys.wire.views import StackApiView, StubView


class AccessTypeAuthentication(StackAuthentication):
    """Check the access type and project key but ignore the user, for signing in and out.

    The request may carry an access token that has expired.
    """

    def get_user(self, request: Request, access_type: AccessType | None) -> tuple[None, None]:
        """Return no user and no session."""
        return None, None


class SdkView(StackApiView):
    """An endpoint for clients, which act for their user, and for servers, which act for anyone."""

    def require_user(self) -> AbstractBaseUser:
        """Return the user who is signed in. Raises `UserAuthenticationRequired`."""
        if self.access.user is None:
            raise UserAuthenticationRequired
        return self.access.user

    def get_visible_user(self, user_id: Any) -> AbstractBaseUser:
        """Return the user with this primary key, who must be the signed-in user for a client.

        Raises `UserAuthenticationRequired` or `NotOwnUser` for a client, `UserNotFound` for a
        server.
        """
        if self.access.is_backend:
            return get_user(user_id)
        user = self.require_user()
        if user_id != user.pk:
            raise NotOwnUser
        return user

    def get_visible_team(self, team_id: Any) -> Model:
        """Return the team with this primary key, of which a client's user must be a member.

        Raises `UserAuthenticationRequired` or `NotOwnTeam` for a client, `TeamNotFound` for a
        server.
        """
        if self.access.is_backend:
            return get_team(team_id)
        return get_team_of(self.require_user(), team_id)

    @contextmanager
    def validation_errors_as_schema_errors(self) -> Iterator[None]:
        """Convert a model's ValidationError to a `SchemaError` that names fields of the body."""
        try:
            yield
        except ValidationError as error:
            raise schema_error(
                self.request_line(self.request),
                [
                    f"body.{field}: {message}"
                    for field, messages in error.message_dict.items()
                    for message in messages
                ],
            ) from None


class UserStubView(StubView, SdkView):
    """An endpoint about the user in its path that always returns the same response."""

    def check_request(self, request: Request) -> None:
        """Raise what `get_visible_user` raises."""
        self.get_visible_user(self.validated(request, params=UserParams)["user_id"])


class TeamStubView(StubView, SdkView):
    """An endpoint about the team in its path that always returns the same response."""

    def check_request(self, request: Request) -> None:
        """Raise what `get_visible_team` raises."""
        self.get_visible_team(self.validated(request, params=TeamParams)["team_id"])
