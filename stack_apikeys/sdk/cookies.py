"""The cookies by which a browser is signed in to the official SDK, and to the seed's samples.

Section 9 of the wire contract. The SDK's two can be read by scripts: it finds no others.
"""

import json
import time
from datetime import datetime
from urllib.parse import quote, unquote

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.debug import sensitive_variables

from stack_apikeys.conf import conf

ACCESS_TOKEN = "stack-access-token"  # noqa: S105  # a cookie's name
"""The cookie that the documentation's Python samples read. No script needs it."""

BOTH_TOKENS = "hexclave-access"
"""Where the SDK keeps the access token, beside the refresh token that it belongs to."""


def refresh_token_names() -> tuple[str, str]:
    """Where the SDK keeps the refresh token: over HTTP, and over HTTPS."""
    name = f"hexclave-refresh-{conf.PROJECT_ID}--default"
    return name, f"__Host-{name}"


@sensitive_variables("refresh_token", "access_token", "kept")
def sign_in(
    request: HttpRequest,
    response: HttpResponseBase,
    *,
    refresh_token: str,
    access_token: str,
    expires_at: datetime | None,
) -> None:
    """Sign the browser in; until it is closed, where ``expires_at`` is None."""
    over_http, over_https = refresh_token_names()
    kept = {"refresh_token": refresh_token, "updated_at_millis": time.time_ns() // 1_000_000}
    name = over_https if request.is_secure() else over_http
    _set(request, response, name, _quoted(kept), expires_at)
    _set(request, response, BOTH_TOKENS, _quoted([refresh_token, access_token]), expires_at)
    set_access_token(request, response, access_token)


@sensitive_variables("access_token")
def set_access_token(request: HttpRequest, response: HttpResponseBase, access_token: str) -> None:
    """Set the cookie of the samples, for as long as the token can be used."""
    response.set_cookie(
        ACCESS_TOKEN,
        access_token,
        max_age=conf.ACCESS_TOKEN_LIFETIME,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def sign_out(request: HttpRequest, response: HttpResponseBase) -> None:
    """Take from the browser what it has of these."""
    for name in (*refresh_token_names(), BOTH_TOKENS, ACCESS_TOKEN):
        if name in request.COOKIES:
            response.delete_cookie(name, samesite="Lax")


@sensitive_variables("token")
def read_refresh_token(request: HttpRequest) -> str:
    """The refresh token that the SDK has in this browser; empty without one."""
    for name in reversed(refresh_token_names()):
        try:
            token = json.loads(unquote(request.COOKIES[name]))["refresh_token"]
        except (KeyError, TypeError, ValueError):
            continue
        if isinstance(token, str):
            return token
    return ""


@sensitive_variables("value")
def _quoted(value: object) -> str:
    """JSON as JavaScript's ``encodeURIComponent`` writes it; Django's own quoting is not read."""
    return quote(json.dumps(value, separators=(",", ":")), safe="")


@sensitive_variables("value")
def _set(
    request: HttpRequest,
    response: HttpResponseBase,
    name: str,
    value: str,
    expires_at: datetime | None,
) -> None:
    secure = request.is_secure()
    response.set_cookie(name, value, expires=expires_at, secure=secure, samesite="Lax")
