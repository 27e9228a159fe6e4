"""The cookies that sign a browser in to the official SDK: section 9 of the wire contract.

Scripts must be able to read the two cookies of the SDK.
"""

import json
import time
from datetime import datetime
from urllib.parse import quote, unquote

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.debug import sensitive_variables

from stack_apikeys.conf import conf
from stack_apikeys.secret import Revealed, Secret

ACCESS_TOKEN = "stack-access-token"  # noqa: S105  # a cookie's name
"""The cookie that the Python samples of the SDK's documentation read, on the server."""

BOTH_TOKENS = "hexclave-access"
"""The cookie in which the SDK stores the refresh token and the access token."""


def _refresh_token_names() -> tuple[str, str]:
    """Return the names of the SDK's cookie for the refresh token, over HTTP and over HTTPS."""
    name = f"hexclave-refresh-{conf.PROJECT_ID}--default"
    return name, f"__Host-{name}"


@sensitive_variables("stored")
def sign_in(
    request: HttpRequest,
    response: HttpResponseBase,
    *,
    refresh_token: Secret,
    access_token: Secret,
    expires_at: datetime | None,
) -> None:
    """Set the cookies. They are session cookies if ``expires_at`` is None."""
    over_http, over_https = _refresh_token_names()
    stored = {
        "refresh_token": refresh_token.reveal(),
        "updated_at_millis": time.time_ns() // 1_000_000,
    }
    name = over_https if request.is_secure() else over_http
    _set(request, response, name, _quoted(stored), expires_at)
    _set(
        request,
        response,
        BOTH_TOKENS,
        _quoted([refresh_token.reveal(), access_token.reveal()]),
        expires_at,
    )
    set_access_token(request, response, access_token)


def set_access_token(
    request: HttpRequest, response: HttpResponseBase, access_token: Secret
) -> None:
    """Set the cookie of the samples, which lasts as long as an access token."""
    response.set_cookie(
        ACCESS_TOKEN,
        access_token.reveal(),
        max_age=conf.ACCESS_TOKEN_LIFETIME,
        secure=request.is_secure(),
        httponly=True,
        samesite="Lax",
    )


def sign_out(request: HttpRequest, response: HttpResponseBase) -> None:
    """Delete the cookies that the request has."""
    for name in (*_refresh_token_names(), BOTH_TOKENS, ACCESS_TOKEN):
        if name in request.COOKIES:
            response.delete_cookie(name, samesite="Lax")


@sensitive_variables("token")
def read_refresh_token(request: HttpRequest) -> Secret:
    """Return the refresh token in the SDK's cookie, or an empty secret."""
    for name in reversed(_refresh_token_names()):
        try:
            token = json.loads(unquote(request.COOKIES[name]))["refresh_token"]
        except (KeyError, TypeError, ValueError):
            continue
        if isinstance(token, str):
            return Secret(token)
    return Secret("")


def _quoted(value: object) -> Revealed:
    """Return JSON quoted as by JavaScript's ``encodeURIComponent``.

    The SDK cannot read the quotes and escapes that Django would add.
    """
    return Revealed(quote(json.dumps(value, separators=(",", ":")), safe=""))


def _set(
    request: HttpRequest,
    response: HttpResponseBase,
    name: str,
    value: Revealed,
    expires_at: datetime | None,
) -> None:
    secure = request.is_secure()
    response.set_cookie(name, value, expires=expires_at, secure=secure, samesite="Lax")
