"""Keep a browser's session of the official SDK in step with its Django session."""

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin

from stack_apikeys._redaction.error_reports import hide_secrets
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import KnownError, LimitError
from stack_apikeys.limits import Limit
from stack_apikeys.reauthentication import SESSION_KEY as SIGNED_IN_AT
from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.sessions import cookies, tokens
from stack_apikeys.sdk.sessions.access import address_to_record, issue_access_token, refresh
from stack_apikeys.sdk.sessions.exceptions import RefreshTokenNotFoundOrExpired
from stack_apikeys.secret import Secret

logger = logging.getLogger(__name__)

SDK_SESSION_KEY = "stack_apikeys_session"
"""The key in the Django session for the id of the SDK's session."""


@dataclass(slots=True)
class _State:
    """What `process_response` has to know about the request."""

    session_key: str | None = None
    was_signed_in: bool = False
    sdk_session_id: str | None = None
    access_token: Secret | None = None
    """A new access token for the browser."""


class SdkCookiesMiddleware(MiddlewareMixin):
    """Sign browsers in to and out of the official SDK together with Django.

    If ``SDK_COOKIES`` is True, a sign-in to Django also starts a session of the SDK. When one of
    the two sessions ends, the other one ends too. The middleware must come after Django's
    ``AuthenticationMiddleware``.
    """

    def process_request(self, request: HttpRequest) -> None:
        """End the Django session if the SDK's session has ended, and renew the access token.

        Runs one query for a browser that is signed in, and none for others.
        """
        if not conf.SDK_COOKIES:
            return
        hide_secrets(request)  # first, because an error report of what follows has the cookies
        state = _State()
        request.stack_sdk_state = state  # type: ignore[attr-defined]
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        state.was_signed_in = SESSION_KEY in request.session
        state.session_key = request.session.session_key
        state.sdk_session_id = request.session.get(SDK_SESSION_KEY)
        if state.sdk_session_id is None:
            return
        try:
            session = Session.objects.get_live(state.sdk_session_id)
        except Session.DoesNotExist:
            logout(request)
            return
        if not _is_fresh(Secret(request.COOKIES.get(cookies.ACCESS_TOKEN, "")), session):
            state.access_token = refresh(request, session)
            # The view of this request can use the new token.
            request.COOKIES[cookies.ACCESS_TOKEN] = state.access_token.reveal()

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Set or delete the cookies if the user has signed in to or out of Django."""
        state: _State | None = getattr(request, "stack_sdk_state", None)
        if state is None:
            return response
        # Signing in or out, or changing the password, changes the key of the Django session.
        if request.session.modified and request.session.session_key != state.session_key:
            _follow_django(request, response, state)
        elif state.access_token:
            cookies.set_access_token(request, response, state.access_token)
        return response


def _is_fresh(access_token: Secret, session: Session) -> bool:
    """Return whether the token is for this session and has more than half of its lifetime left."""
    try:
        claims = tokens.read(access_token)
    except KnownError:
        return False
    seconds_left = claims["exp"] - timezone.now().timestamp()
    is_for_session: bool = claims["refresh_token_id"] == str(session.pk)
    return is_for_session and seconds_left > conf.ACCESS_TOKEN_LIFETIME.total_seconds() / 2


def _follow_django(request: HttpRequest, response: HttpResponseBase, state: _State) -> None:
    if state.sdk_session_id is not None:
        Session.objects.filter(pk=state.sdk_session_id).delete()
    if SESSION_KEY in request.session and request.user.is_authenticated:
        _sign_in(request, response)
    elif state.was_signed_in:
        # A form of the SDK may have signed in another user since. End that session too.
        with suppress(RefreshTokenNotFoundOrExpired):
            Session.objects.get_by_refresh_token(cookies.read_refresh_token(request)).delete()
        cookies.sign_out(request, response)


def _sign_in(request: HttpRequest, response: HttpResponseBase) -> None:
    user = cast(AbstractBaseUser, request.user)
    try:
        Limit("session", conf.SESSION_RATE, str(user.pk)).take()
    except LimitError as error:
        # The user is signed in to Django. Only the SDK finds no user in this browser.
        logger.warning("No session of the SDK for user %s: %s", user.pk, error)
        return
    lifetime = None
    if not settings.SESSION_SAVE_EVERY_REQUEST:
        # The Django session expires then even if it is used.
        lifetime = timedelta(seconds=request.session.get_expiry_age())
    session, refresh_token = Session.objects.start(
        user,
        address=address_to_record(request),
        lifetime=lifetime,
        # The Django session may have started earlier: a new password also changes its key.
        signed_in_at=datetime.fromtimestamp(request.session.get(SIGNED_IN_AT, 0), UTC),
    )
    request.session[SDK_SESSION_KEY] = str(session.pk)
    until_closed = request.session.get_expire_at_browser_close()
    cookies.sign_in(
        request,
        response,
        refresh_token=refresh_token,
        access_token=issue_access_token(request, session),
        expires_at=None if until_closed else session.expires_at,
    )
