"""The API is open to browsers of every origin, section 2.4 of the wire contract.

Nothing is given away by that: a request proves who is asking by its headers, and a browser lets
no foreign page read an answer to a request that carried cookies.
"""

from django.http import HttpResponse, HttpResponseBase

from stack_apikeys.api.access import FAMILIES

STACK_HEADERS = (
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
"""What the SDKs and the samples send, in either family."""

ALLOW_HEADERS = ", ".join(
    ["content-type", "authorization", "ngrok-skip-browser-warning"]
    + [family.lower() + name for family in FAMILIES for name in STACK_HEADERS]
)

EXPOSE_HEADERS = ", ".join(
    ["content-type", "retry-after"]
    + [family.lower() + name for family in FAMILIES for name in ("actual-status", "known-error")]
)


def open_to_every_origin(response: HttpResponseBase) -> None:
    """Let scripts of every origin read the answer."""
    response["Access-Control-Allow-Origin"] = "*"
    response["Access-Control-Expose-Headers"] = EXPOSE_HEADERS


def answer_preflight() -> HttpResponse:
    """Answer a browser's OPTIONS, which carries no authentication."""
    response = HttpResponse(
        status=204,
        headers={
            "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE, OPTIONS",
            "Access-Control-Allow-Headers": ALLOW_HEADERS,
            "Access-Control-Max-Age": "86400",
        },
    )
    open_to_every_origin(response)
    return response
