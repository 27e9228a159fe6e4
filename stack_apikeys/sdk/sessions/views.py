"""The endpoints for sign-in and sessions: sections 4.2 to 4.4 of the wire contract."""

from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.conf import conf
from stack_apikeys.limits import Limit
from stack_apikeys.sdk.serializers import serialize_list
from stack_apikeys.sdk.sessions import access, sign_in, tokens
from stack_apikeys.sdk.sessions.exceptions import (
    CannotDeleteCurrentSession,
    InvalidOAuthClientIdOrSecret,
    RefreshTokenNotFoundOrExpired,
    SessionNotFound,
)
from stack_apikeys.sdk.sessions.models import Session
from stack_apikeys.sdk.sessions.serializers import (
    RefreshBody,
    SessionParams,
    SignInBody,
    serialize_session,
)
from stack_apikeys.sdk.users.serializers import OptionalUserQuery, UserQuery
from stack_apikeys.sdk.views import AccessTypeAuthentication, SdkView
from stack_apikeys.secret import Secret
from stack_apikeys.wire.access import is_one_of
from stack_apikeys.wire.headers import read_secret
from stack_apikeys.wire.views import StackApiView

NO_CLIENT_KEY = Secret("__stack_public_client__")
"""What the official SDK sends if it is not configured with a publishable client key."""


class SignInView(StackApiView):
    """Sign in with an e-mail address and a password."""

    takes_secrets = True
    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Return the tokens of the new session."""
        fields = self.validated(request, body=SignInBody)
        user = sign_in.authenticate(
            request._request, email=fields["email"], password=fields["password"]
        )
        Limit("session", conf.SESSION_RATE, str(user.pk)).take()
        return Response(sign_in.start_session(request._request, user))


class TokenView(StackApiView):
    """The refresh endpoint of the official SDKs (RFC 6749, section 6).

    Requests name the project in the body and have no access headers.
    """

    takes_secrets = True
    authentication_classes = []
    permission_classes = []

    def post(self, request: Request) -> Response:
        """Return a new access token and the same refresh token."""
        fields = self.validated(request, body=RefreshBody)
        _require_client(fields["client_id"], fields.get("client_secret"))
        session = Session.objects.get_by_refresh_token(fields["refresh_token"])
        return Response(
            {
                "access_token": access.refresh(request._request, session).reveal(),
                "token_type": "Bearer",
                "expires_in": int(conf.ACCESS_TOKEN_LIFETIME.total_seconds()),
                "refresh_token": fields["refresh_token"].reveal(),
                "scope": "legacy",
            }
        )


def _require_client(client_id: str, client_secret: Secret | None) -> None:
    """Raise `InvalidOAuthClientIdOrSecret` unless this is the project, with a client key."""
    project_id, _hash, _branch = client_id.partition("#")
    if client_secret is None or client_secret == NO_CLIENT_KEY:
        is_accepted = not conf.publishable_client_key_required
    else:
        is_accepted = is_one_of(client_secret, conf.PUBLISHABLE_CLIENT_KEYS)
    if project_id != conf.PROJECT_ID or not is_accepted:
        raise InvalidOAuthClientIdOrSecret


class CurrentSessionRefreshView(StackApiView):
    """The refresh endpoint for callers without an SDK."""

    authentication_classes = [AccessTypeAuthentication]

    def post(self, request: Request) -> Response:
        """Return a new access token for the refresh token in the header."""
        refresh_token = read_secret(request._request, "refresh-token")
        session = Session.objects.get_by_refresh_token(refresh_token)
        return Response({"access_token": access.refresh(request._request, session).reveal()})


class CurrentSessionView(StackApiView):
    """The session of the access token."""

    authentication_classes = [AccessTypeAuthentication]

    def delete(self, request: Request) -> Response:
        """Sign out.

        Raises `RefreshTokenNotFoundOrExpired` without a token or if the session has already ended,
        because the official SDK ignores that error when it signs out.
        """
        token = read_secret(request._request, "access-token")
        if not token:
            raise RefreshTokenNotFoundOrExpired
        sign_in.sign_out(request._request, tokens.read(token)["refresh_token_id"])
        return Response({"success": True})


class SessionsView(SdkView):
    """The sessions of a user."""

    def get(self, request: Request) -> Response:
        """Return the user's sessions, newest first."""
        fields = self.validated(request, query=UserQuery)
        user = self.get_visible_user(fields["user_id"])
        items = [
            serialize_session(session, is_current=session == self.access.session)
            for session in Session.objects.live(user)
        ]
        return Response(serialize_list(items))


class SessionView(SdkView):
    """A session."""

    def delete(self, request: Request, **_kwargs: str) -> Response:
        """End the session; a client can end those of its user, except for the current one."""
        fields = self.validated(request, params=SessionParams, query=OptionalUserQuery)
        sessions = Session.objects.filter(pk=fields["session_id"])
        if self.access.is_client:
            sessions = sessions.filter(user=self.require_user().pk)
        session = sessions.first()
        if session is None:
            raise SessionNotFound
        if session == self.access.session:
            raise CannotDeleteCurrentSession
        session.delete()
        return Response({"success": True})
