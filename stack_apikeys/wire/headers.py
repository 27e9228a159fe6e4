"""Read the access headers of a request (section 1 of the wire contract).

Each header exists in two families: the current official SDK sends ``X-Hexclave-*``, older SDKs and
the samples of its documentation send ``x-stack-*``.
"""

from django.http import HttpRequest

from stack_apikeys._redaction.headers import meta_name, replace_header
from stack_apikeys.secret import HIDDEN, Secret

FAMILIES = ("X-Hexclave-", "X-Stack-")
"""If a request has a header of both families, the first one is read."""

SECRET_HEADERS = ("secret-server-key", "super-secret-admin-key", "access-token", "refresh-token")
"""Headers that `take_secrets` removes from the request."""


def read_header(request: HttpRequest, name: str) -> str:
    """Return the header's value in either family, or an empty string."""
    for family in FAMILIES:
        if value := request.META.get(meta_name(family + name)):
            return str(value)
    return ""


def take_secrets(request: HttpRequest) -> dict[str, Secret]:
    """Return the values of `SECRET_HEADERS` by name, and replace them in the request.

    The first call puts a placeholder in their place; later calls return the same values.
    """
    secrets: dict[str, Secret] | None = getattr(request, "_stack_secrets", None)
    if secrets is None:
        secrets = {}
        for name in SECRET_HEADERS:
            for family in FAMILIES:
                header = family + name
                if value := request.META.get(meta_name(header)):
                    secrets.setdefault(name, Secret(value))
                    replace_header(request, header, HIDDEN)
        vars(request)["_stack_secrets"] = secrets
    return secrets


def read_secret(request: HttpRequest, name: str) -> Secret:
    """Return the value of one of `SECRET_HEADERS`, or an empty secret."""
    return take_secrets(request).get(name) or Secret("")
