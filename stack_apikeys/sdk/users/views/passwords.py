"""The endpoints that change passwords."""

from collections.abc import Callable
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.sdk.users import password_reset
from stack_apikeys.sdk.users.passwords import set_password, update_password
from stack_apikeys.sdk.users.serializers import (
    CodeBody,
    EmailCallbackBody,
    ResetPasswordBody,
    SetPasswordBody,
    UpdatePasswordBody,
)
from stack_apikeys.sdk.views import AccessTypeAuthentication, SdkView
from stack_apikeys.wire.views import StackApiView


class PasswordUpdateView(SdkView):
    """Change the password of the signed-in user."""

    takes_secrets = True

    def post(self, request: Request) -> Response:
        """Change the password, which ends the user's other sessions."""
        fields = self.validated(request, body=UpdatePasswordBody)
        update_password(
            request._request,
            self.require_user(),
            old=fields["old_password"],
            new=fields["new_password"],
            session=self.access.session,
        )
        return Response({"success": True})


class PasswordSetView(SdkView):
    """Set the first password of the signed-in user."""

    takes_secrets = True

    def post(self, request: Request) -> Response:
        """Set the password, which ends the user's other sessions."""
        fields = self.validated(request, body=SetPasswordBody)
        set_password(self.require_user(), new=fields["password"], session=self.access.session)
        return Response({"success": True})


class _ResponseThenCall(Response):
    """A response that calls a function after it has been sent."""

    def __init__(self, data: Any, then: Callable[[], None]) -> None:
        super().__init__(data)
        self._then = then

    def close(self) -> None:
        # Servers call this when they have sent the response.
        try:
            self._then()
        finally:
            super().close()


class SendResetCodeView(StackApiView):
    """Send the e-mail for a password reset."""

    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Return the same response whether or not a user has this address."""
        fields = self.validated(request, body=EmailCallbackBody)
        send_email = password_reset.prepare_email(
            request._request, email=fields["email"], callback_url=fields["callback_url"]
        )
        data = {"success": "maybe, only if user with e-mail exists"}
        return _ResponseThenCall(data, then=send_email)


class CheckResetCodeView(StackApiView):
    """Check the code of a password reset without using it."""

    takes_secrets = True
    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Raise the same exceptions as `password_reset.check`."""
        fields = self.validated(request, body=CodeBody)
        password_reset.check(fields["code"])
        return Response({"is_code_valid": True})


class ResetPasswordView(StackApiView):
    """Reset a password with the code from an e-mail."""

    takes_secrets = True
    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Set the new password. Does not sign in the user."""
        fields = self.validated(request, body=ResetPasswordBody)
        password_reset.reset(fields["code"], new=fields["password"])
        return Response({"success": True})
