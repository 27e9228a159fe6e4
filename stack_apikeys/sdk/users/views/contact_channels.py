"""The endpoints for a user's e-mail address, the only contact channel, and its verification."""

from django.contrib.auth.models import AbstractBaseUser
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.sdk.serializers import serialize_list
from stack_apikeys.sdk.users import email_verification
from stack_apikeys.sdk.users.accounts import Account
from stack_apikeys.sdk.users.exceptions import (
    ContactChannelNotFound,
    ContactChannelsManagedElsewhere,
    EmailIsNotPrimaryEmail,
)
from stack_apikeys.sdk.users.serializers import (
    CallbackBody,
    ChannelParams,
    CodeBody,
    EmailCallbackBody,
    UserQuery,
    contact_channel_id,
    serialize_contact_channel,
)
from stack_apikeys.sdk.views import AccessTypeAuthentication, SdkView
from stack_apikeys.wire.views import StackApiView


class ContactChannelsView(SdkView):
    """The contact channels of a user."""

    def get(self, request: Request) -> Response:
        """Return a list with the user's e-mail address, or an empty list."""
        fields = self.validated(request, query=UserQuery)
        account = Account(self.get_visible_user(fields["user_id"]))
        email = account.email
        items = [serialize_contact_channel(account, email)] if email else []
        return Response(serialize_list(items))

    def post(self, request: Request) -> Response:
        """Raise `ContactChannelsManagedElsewhere`."""
        raise ContactChannelsManagedElsewhere


class ContactChannelView(SdkView):
    """A contact channel, which is read-only."""

    def patch(self, request: Request, **_kwargs: str) -> Response:
        """Raise `ContactChannelsManagedElsewhere`."""
        raise ContactChannelsManagedElsewhere

    def delete(self, request: Request, **_kwargs: str) -> Response:
        """Raise `ContactChannelsManagedElsewhere`."""
        raise ContactChannelsManagedElsewhere


class SendChannelCodeView(SdkView):
    """Send an e-mail that verifies the contact channel in the path."""

    def post(self, request: Request, **_kwargs: str) -> Response:
        """Send the e-mail."""
        fields = self.validated(request, params=ChannelParams, body=CallbackBody)
        user = self.get_visible_user(fields["user_id"])
        email = Account(user).email
        if email is None or fields["channel_id"] != contact_channel_id(email):
            raise ContactChannelNotFound
        return _send(request, user, email, fields["callback_url"])


class SendCodeView(SdkView):
    """Send an e-mail that verifies the address in the body, the one of the signed-in user."""

    def post(self, request: Request) -> Response:
        """Send the e-mail."""
        fields = self.validated(request, body=EmailCallbackBody)
        user = self.require_user()
        email = Account(user).email
        if email is None or fields["email"] != email:
            raise EmailIsNotPrimaryEmail(email=fields["email"], primary_email=email or "")
        return _send(request, user, email, fields["callback_url"])


def _send(request: Request, user: AbstractBaseUser, email: str, callback_url: str) -> Response:
    email_verification.send(request._request, user, email=email, callback_url=callback_url)
    return Response({"success": True})


class VerifyView(StackApiView):
    """Verify an address with the code from an e-mail. The user need not be signed in."""

    takes_secrets = True
    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Record that the address is verified."""
        fields = self.validated(request, body=CodeBody)
        email_verification.verify(fields["code"])
        return Response({"success": True})


class CheckVerificationCodeView(StackApiView):
    """Check the code of an e-mail verification without using it."""

    takes_secrets = True
    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Raise the same exceptions as `email_verification.check`."""
        fields = self.validated(request, body=CodeBody)
        email_verification.check(fields["code"])
        return Response({"is_code_valid": True})
