"""Signs browsers in and out of the official SDK as they sign in and out of Django."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.conf import settings
from django.contrib.auth import SESSION_KEY, logout
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from django.utils.deprecation import MiddlewareMixin
from django.views.decorators.debug import sensitive_variables

from stack_apikeys.conf import conf
from stack_apikeys.exceptions import KnownError
from stack_apikeys.sdk import cookies, tokens
from stack_apikeys.sdk.exceptions import RefreshTokenNotFoundOrExpired
from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.sessions import issue_access_token

BOUND_TO = "stack_apikeys_session"
"""Where Django's session has the id of the SDK's with which it lives and dies."""


@dataclass(slots=True)
class Page:
    """What the browser came with, and the access token that it is to leave with."""

    session_key: str | None = None
    was_signed_in: bool = False
    bound_to: str | None = None
    access_token: str = ""


class SdkCookiesMiddleware(MiddlewareMixin):
    """Keeps the cookies of `cookies` in step with Django's session, where ``SDK_COOKIES`` is on.

    Who signs in to Django gets a session of the SDK's too, bound to Django's: when either ends, so
    does the other. It belongs behind Django's ``AuthenticationMiddleware``.
    """

    def process_request(self, request: HttpRequest) -> None:
        """End Django's session if the bound one has ended; keep the samples' cookie fresh.

        One query for a browser that is signed in; none for others.
        """
        if not conf.SDK_COOKIES:
            return
        page = Page()
        request.stack_page = page  # type: ignore[attr-defined]  # ours, on Django's request
        if settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        page.was_signed_in = SESSION_KEY in request.session
        page.session_key = request.session.session_key
        page.bound_to = request.session.get(BOUND_TO)
        if page.bound_to is None:
            return
        try:
            session = Session.objects.get_live(page.bound_to)
        except Session.DoesNotExist:
            logout(request)
            return
        if not _is_fresh(request.COOKIES.get(cookies.ACCESS_TOKEN, ""), session):
            session.record_use()
            page.access_token = issue_access_token(request, session)
            # For the view of this very request too.
            request.COOKIES[cookies.ACCESS_TOKEN] = page.access_token

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        """Follow Django where it has signed the browser in or out."""
        page: Page | None = getattr(request, "stack_page", None)
        if page is None:
            return response
        # Django changes the session's key with every sign-in, sign-out and change of password.
        if request.session.modified and request.session.session_key != page.session_key:
            _follow(request, response, page)
        elif page.access_token:
            cookies.set_access_token(request, response, page.access_token)
        return response


@sensitive_variables("access_token")
def _is_fresh(access_token: str, session: Session) -> bool:
    """Whether the token is the session's, and has more than half of its life ahead."""
    try:
        claims = tokens.read(access_token)
    except KnownError:
        return False
    ahead = claims["exp"] - timezone.now().timestamp()
    is_of_session: bool = claims["refresh_token_id"] == str(session.pk)
    return is_of_session and ahead > conf.ACCESS_TOKEN_LIFETIME.total_seconds() / 2


def _follow(request: HttpRequest, response: HttpResponseBase, page: Page) -> None:
    if page.bound_to is not None:
        Session.objects.filter(pk=page.bound_to).delete()
    if SESSION_KEY in request.session and request.user.is_authenticated:
        _sign_in(request, response)
    elif page.was_signed_in:
        # The SDK may have signed somebody else in meanwhile, by a form of its own.
        with suppress(RefreshTokenNotFoundOrExpired):
            Session.objects.get_by_refresh_token(cookies.read_refresh_token(request)).delete()
        cookies.sign_out(request, response)


@sensitive_variables("refresh_token")
def _sign_in(request: HttpRequest, response: HttpResponseBase) -> None:
    lifetime = None
    if not settings.SESSION_SAVE_EVERY_REQUEST:
        # Django's session ends then, whatever its visitor does.
        lifetime = timedelta(seconds=request.session.get_expiry_age())
    user = cast(AbstractBaseUser, request.user)
    session, refresh_token = Session.objects.start(user, lifetime=lifetime)
    request.session[BOUND_TO] = str(session.pk)
    until_closed = request.session.get_expire_at_browser_close()
    cookies.sign_in(
        request,
        response,
        refresh_token=refresh_token,
        access_token=issue_access_token(request, session),
        expires_at=None if until_closed else session.expires_at,
    )
