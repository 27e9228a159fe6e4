"""Signing up, signing in, refreshing, signing out: sections 4.2 to 4.4 of the wire contract."""

from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.api.access import is_one_of, read_header
from stack_apikeys.api.base import StackApiView
from stack_apikeys.conf import conf
from stack_apikeys.sdk import passwords, sessions, tokens
from stack_apikeys.sdk.exceptions import (
    AnonymousAccountsNotEnabled,
    CannotDeleteCurrentSession,
    InvalidOAuthClientIdOrSecret,
    RefreshTokenNotFoundOrExpired,
    SessionNotFound,
)
from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.serializers import (
    OptionalUserQuery,
    RefreshBody,
    SessionParams,
    SetPasswordBody,
    SignInBody,
    SignUpBody,
    UpdatePasswordBody,
    UserQuery,
    serialize_list,
    serialize_session,
)
from stack_apikeys.sdk.views.base import NobodyAuthentication, SdkView

NO_CLIENT_KEY = "__stack_public_client__"
"""What the official SDK sends in place of a publishable client key that it was not given."""


class SignUpView(SdkView):
    """Make an account and sign in to it."""

    authentication_classes = [NobodyAuthentication]

    @sensitive_variables("fields")
    def post(self, request: Request) -> Response:
        """Answer both tokens."""
        fields = self.validated(request, body=SignUpBody)
        with self.naming_fields(request):
            user = passwords.sign_up(
                request._request, email=fields["email"], password=fields["password"]
            )
        return Response(sessions.sign_in(request._request, user))


class SignInView(StackApiView):
    """Sign in with address and password."""

    authentication_classes = [NobodyAuthentication]

    @sensitive_variables("fields")
    def post(self, request: Request) -> Response:
        """Answer both tokens."""
        fields = self.validated(request, body=SignInBody)
        user = passwords.sign_in(
            request._request, email=fields["email"], password=fields["password"]
        )
        return Response(sessions.sign_in(request._request, user))


class AnonymousSignUpView(StackApiView):
    """What the official SDK tries for visitors who are not signed in, to count them."""

    authentication_classes = [NobodyAuthentication]

    def post(self, request: Request) -> Response:
        """Refuse."""
        raise AnonymousAccountsNotEnabled


class TokenView(StackApiView):
    """The refresh endpoint of the official SDKs, as RFC 6749, section 6, has it.

    The caller names the project in the body, and sends none of the access headers.
    """

    authentication_classes = []
    permission_classes = []

    @sensitive_variables("fields")
    def post(self, request: Request) -> Response:
        """Answer a new access token; the refresh token stays the same."""
        fields = self.validated(request, body=RefreshBody)
        self._require_client(fields["client_id"], fields.get("client_secret", NO_CLIENT_KEY))
        session = Session.objects.get_by_refresh_token(fields["refresh_token"])
        session.record_use()
        return Response(
            {
                "access_token": sessions.issue_access_token(request._request, session),
                "token_type": "Bearer",
                "expires_in": int(conf.ACCESS_TOKEN_LIFETIME.total_seconds()),
                "refresh_token": fields["refresh_token"],
                "scope": "legacy",
            }
        )

    def _require_client(self, client_id: str, client_secret: str) -> None:
        valid_secrets = conf.PUBLISHABLE_CLIENT_KEYS or [NO_CLIENT_KEY]
        project_id, _hash, _branch = client_id.partition("#")
        if project_id != conf.PROJECT_ID or not is_one_of(client_secret, valid_secrets):
            raise InvalidOAuthClientIdOrSecret


class CurrentSessionRefreshView(StackApiView):
    """The refresh endpoint for callers without an SDK."""

    authentication_classes = [NobodyAuthentication]

    def post(self, request: Request) -> Response:
        """Answer a new access token for the refresh token in the header."""
        session = Session.objects.get_by_refresh_token(
            read_header(request._request, "refresh-token")
        )
        session.record_use()
        return Response({"access_token": sessions.issue_access_token(request._request, session)})


class CurrentSessionView(StackApiView):
    """The session that the access token is of."""

    authentication_classes = [NobodyAuthentication]

    def delete(self, request: Request) -> Response:
        """Sign out.

        Without a token, and for a session that has ended already, the answer is the one error
        that the official SDK takes for having been signed out.
        """
        token = read_header(request._request, "access-token")
        if not token:
            raise RefreshTokenNotFoundOrExpired
        sessions.sign_out(request._request, tokens.read(token)["refresh_token_id"])
        return Response({"success": True})


class SessionsView(SdkView):
    """Where somebody is signed in."""

    def get(self, request: Request) -> Response:
        """Answer all sessions of a user, newest first."""
        fields = self.validated(request, query=UserQuery)
        user = self.visible_user(request, fields["user_id"])
        current = sessions.current_session(request._request)
        items = [
            serialize_session(session, is_current=session == current)
            for session in Session.objects.live(user)
        ]
        return Response(serialize_list(items))


class SessionView(SdkView):
    """One of them."""

    def delete(self, request: Request, **_kwargs: str) -> Response:
        """Sign somebody out on another device."""
        fields = self.validated(request, params=SessionParams, query=OptionalUserQuery)
        found = Session.objects.filter(pk=fields["session_id"])
        if request.auth == "client":
            found = found.filter(user=self.person(request).pk)
        session = found.first()
        if session is None:
            raise SessionNotFound
        if session == sessions.current_session(request._request):
            raise CannotDeleteCurrentSession
        session.delete()
        return Response({"success": True})


class PasswordUpdateView(SdkView):
    """Change one's password."""

    @sensitive_variables("fields")
    def post(self, request: Request) -> Response:
        """Take the new one for the old one; other sessions end."""
        fields = self.validated(request, body=UpdatePasswordBody)
        passwords.update_password(
            request._request,
            self.person(request),
            old=fields["old_password"],
            new=fields["new_password"],
        )
        return Response({"success": True})


class PasswordSetView(SdkView):
    """Give oneself a first password."""

    @sensitive_variables("fields")
    def post(self, request: Request) -> Response:
        """Take it from now on."""
        fields = self.validated(request, body=SetPasswordBody)
        passwords.set_password(request._request, self.person(request), new=fields["password"])
        return Response({"success": True})
