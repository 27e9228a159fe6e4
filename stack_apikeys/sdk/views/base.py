"""What the endpoints have in common: whose data somebody may see."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db.models import Model
from rest_framework.request import Request

from stack_apikeys.api.access import AccessType, StackAuthentication
from stack_apikeys.api.base import StackApiView
from stack_apikeys.api.serializers import schema_error
from stack_apikeys.exceptions import UserAuthenticationRequired
from stack_apikeys.sdk.exceptions import NotOwnUser
from stack_apikeys.sdk.teams import get_team, get_team_of
from stack_apikeys.sdk.users import get_user


class NobodyAuthentication(StackAuthentication):
    """Reads the access type only, so that a token that is no longer good is in nobody's way."""

    def get_user(self, request: Request, access_type: AccessType | None) -> None:
        """Nobody."""


class SdkView(StackApiView):
    """An endpoint that clients and servers may ask, each for what is theirs."""

    def person(self, request: Request) -> AbstractBaseUser:
        """Whoever is signed in. Raises `UserAuthenticationRequired`."""
        if not request.user.is_authenticated:
            raise UserAuthenticationRequired
        return cast(AbstractBaseUser, request.user)

    def visible_user(self, request: Request, user_id: Any) -> AbstractBaseUser:
        """The user with this primary key: for a client themselves, for a server anybody.

        Raises `UserAuthenticationRequired` and `NotOwnUser`, or `UserNotFound`.
        """
        if request.auth != "client":
            return get_user(user_id)
        person = self.person(request)
        if user_id != person.pk:
            raise NotOwnUser
        return person

    def visible_team(self, request: Request, team_id: Any) -> Model:
        """The team with this primary key: for a client one of their own, for a server any.

        Raises `UserAuthenticationRequired` and `NotOwnTeam`, or `TeamNotFound`.
        """
        if request.auth != "client":
            return get_team(team_id)
        return get_team_of(self.person(request), team_id)

    @contextmanager
    def naming_fields(self, request: Request) -> Iterator[None]:
        """Turn a ValidationError of the host's models into a `SchemaError` about the body."""
        try:
            yield
        except ValidationError as error:
            raise schema_error(
                self.request_line(request),
                [
                    f"body.{field}: {message}"
                    for field, messages in error.message_dict.items()
                    for message in messages
                ],
            ) from None
