"""CORS headers, which allow requests from every origin (section 2.4 of the wire contract).

That is safe: requests are authenticated by their headers, and a browser does not let a page of
another origin read the response to a request with cookies.
"""

from django.http import HttpResponse, HttpResponseBase

from stack_apikeys.conf import conf
from stack_apikeys.wire.headers import FAMILIES

_REQUEST_HEADERS = (
    "access-type",
    "project-id",
    "publishable-client-key",
    "secret-server-key",
    "super-secret-admin-key",
    "access-token",
    "refresh-token",
    "override-error-status",
    "client-version",
    "allow-anonymous-user",
    "random-nonce",
)
"""The request headers that exist in both families."""

_RESPONSE_HEADERS = ("actual-status", "known-error", "request-id")
"""The response headers that exist in both families."""

_ALLOW_HEADERS = [
    "content-type",
    "authorization",
    "ngrok-skip-browser-warning",
    *(family.lower() + name for family in FAMILIES for name in _REQUEST_HEADERS),
]

_EXPOSE_HEADERS = ", ".join(
    ["content-type", "retry-after", "ratelimit", "ratelimit-policy"]
    + [family.lower() + name for family in FAMILIES for name in _RESPONSE_HEADERS]
)


def allow_every_origin(response: HttpResponseBase) -> None:
    """Let scripts of every origin read the response."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = _EXPOSE_HEADERS


def answer_preflight() -> HttpResponse:
    """Return the response to a preflight request, which has no authentication.

    A key is allowed too, because it can ask about itself.
    """
    of_keys = (header.lower() for header in conf.HEADERS)
    response = HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": ", ".join(dict.fromkeys([*_ALLOW_HEADERS, *of_keys])),
            "Access-Control-Max-Age": "86400",
        },
    )
    allow_every_origin(response)
    return response
