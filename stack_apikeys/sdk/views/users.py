"""Users: section 6.2 of the wire contract."""

from typing import cast

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.api.access import ServerAccess
from stack_apikeys.exceptions import CannotGetOwnUserWithoutUser
from stack_apikeys.sdk.exceptions import ContactChannelsManagedElsewhere
from stack_apikeys.sdk.serializers import (
    ServerUpdateUserBody,
    UpdateUserBody,
    UserParams,
    UserQuery,
    serialize_contact_channel,
    serialize_list,
    serialize_user,
)
from stack_apikeys.sdk.users import Account, get_user
from stack_apikeys.sdk.views.base import SdkView


class UserView(SdkView):
    """Any user, for servers."""

    permission_classes = [ServerAccess]

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Answer the user; more of them to a server."""
        user = self.get_user(request)
        return Response(serialize_user(user, for_server=request.auth != "client"))

    def patch(self, request: Request, **_kwargs: str) -> Response:
        """Change what the body names, and answer the user."""
        user = self.get_user(request)
        for_server = request.auth != "client"
        body = ServerUpdateUserBody if for_server else UpdateUserBody
        fields = self.validated(request, body=body)
        with self.naming_fields(request):
            Account(user).update(fields)
        return Response(serialize_user(user, for_server=for_server))

    def get_user(self, request: Request) -> AbstractBaseUser:
        """Whom the path names."""
        return get_user(self.kwargs["user_id"])


class CurrentUserView(UserView):
    """Whoever is signed in."""

    permission_classes = SdkView.permission_classes

    def get_user(self, request: Request) -> AbstractBaseUser:
        """The person. Raises `CannotGetOwnUserWithoutUser`."""
        if not request.user.is_authenticated:
            raise CannotGetOwnUserWithoutUser
        return cast(AbstractBaseUser, request.user)


class ContactChannelsView(SdkView):
    """How a user can be reached."""

    def get(self, request: Request) -> Response:
        """Answer the address that Django knows, if it knows one."""
        user = self.visible_user(request, self.validated(request, query=UserQuery)["user_id"])
        email = Account(user).email
        return Response(serialize_list([serialize_contact_channel(user, email)] if email else []))

    def post(self, request: Request) -> Response:
        """Refuse to add another."""
        raise ContactChannelsManagedElsewhere


class ContactChannelView(SdkView):
    """One of them, which only the host changes."""

    def patch(self, request: Request, **_kwargs: str) -> Response:
        """Refuse."""
        raise ContactChannelsManagedElsewhere

    def delete(self, request: Request, **_kwargs: str) -> Response:
        """Refuse."""
        raise ContactChannelsManagedElsewhere


class VerificationCodeView(SdkView):
    """A message by which somebody would prove that the address is theirs."""

    def post(self, request: Request, **_kwargs: str) -> Response:
        """Refuse."""
        raise ContactChannelsManagedElsewhere


class NotificationPreferencesView(SdkView):
    """Which notifications a user wants."""

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Answer none: there are no kinds of notifications to choose from."""
        self.visible_user(request, self.validated(request, params=UserParams)["user_id"])
        return Response(serialize_list([]))
