"""The endpoints for users and for sign-up: sections 4.2 and 6.2 of the wire contract."""

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.sdk.serializers import serialize_list
from stack_apikeys.sdk.sessions.sign_in import start_session
from stack_apikeys.sdk.users.accounts import Account
from stack_apikeys.sdk.users.exceptions import (
    AnonymousAccountsNotEnabled,
    MultiFactorNotEnabled,
    NotOwnUser,
)
from stack_apikeys.sdk.users.lookup import get_user
from stack_apikeys.sdk.users.serializers import (
    ServerUpdateUserBody,
    SignUpBody,
    UpdateUserBody,
    UserListQuery,
    serialize_user,
)
from stack_apikeys.sdk.users.sign_up import sign_up
from stack_apikeys.sdk.views import AccessTypeAuthentication, SdkView
from stack_apikeys.wire.access import ServerAccess
from stack_apikeys.wire.exceptions import CannotGetOwnUserWithoutUser
from stack_apikeys.wire.views import StackApiView, StubView


class SignUpView(SdkView):
    """Create a user and sign in."""

    takes_secrets = True
    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Return the tokens of the new session."""
        fields = self.validated(request, body=SignUpBody)
        with self.validation_errors_as_schema_errors():
            user = sign_up(request._request, email=fields["email"], password=fields["password"])
        return Response(start_session(request._request, user))


class AnonymousSignUpView(StackApiView):
    """Create an anonymous user, which the official SDK does for its analytics. Not supported."""

    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Raise `AnonymousAccountsNotEnabled`."""
        raise AnonymousAccountsNotEnabled


class UserView(SdkView):
    """Any user, for servers."""

    permission_classes = [ServerAccess]

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Return the user."""
        return Response(serialize_user(self.get_user(), for_server=self.access.is_backend))

    def patch(self, request: Request, **_kwargs: str) -> Response:
        """Change the fields in the body, and return the user."""
        user = self.get_user()
        for_server = self.access.is_backend
        body = ServerUpdateUserBody if for_server else UpdateUserBody
        fields = self.validated(request, body=body)
        if "totp_secret_base64" in fields:
            raise MultiFactorNotEnabled
        with self.validation_errors_as_schema_errors():
            Account(user).update(fields)
        return Response(serialize_user(user, for_server=for_server))

    def get_user(self) -> AbstractBaseUser:
        """Return the user in the path. Raises `UserNotFound`."""
        return get_user(self.kwargs["user_id"])


class CurrentUserView(UserView):
    """The user who is signed in."""

    permission_classes = SdkView.permission_classes

    def get_user(self) -> AbstractBaseUser:
        """Return the signed-in user. Raises `CannotGetOwnUserWithoutUser`."""
        if self.access.user is None:
            raise CannotGetOwnUserWithoutUser
        return self.access.user


class EmptyUserListView(StubView, SdkView):
    """A list about the user in its query that is always empty.

    The SDK's hooks request such lists. A failed request would break the whole page.
    """

    answer = serialize_list([])

    def check_request(self, request: Request) -> None:
        """Raise what `get_visible_user` raises. Only a server may omit the user."""
        user_id = self.validated(request, query=UserListQuery).get("user_id")
        if user_id is not None:
            self.get_visible_user(user_id)
        elif self.access.is_client:
            self.require_user()
            raise NotOwnUser
