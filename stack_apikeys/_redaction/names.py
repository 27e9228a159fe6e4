"""The headers, cookies and fields that contain secrets, and how to remove them."""

import re
from collections.abc import Mapping
from typing import Any

from stack_apikeys.conf import conf
from stack_apikeys.scanning import REMOVED, redact_known

SECRET_FIELDS = frozenset(
    {
        "api_key",
        "client_secret",
        "code",
        "new_password",
        "old_password",
        "password",
        "refresh_token",
        "totp_secret_base64",
    }
)
"""Fields with secrets in the requests of the HTTP API and the settings pages."""

_SECRET_HEADER = re.compile(
    r"x-(?:stack|hexclave)-"
    r"(?:api-key|secret-server-key|super-secret-admin-key|(?:admin-)?access-token|refresh-token)"
)
_COOKIES = (
    r"(?:__Host-)?hexclave-refresh-[^=;\s'\"]*|hexclave-access"
    r"|stack-access(?:-token)?|(?:__Host-)?stack-refresh[^=;\s'\"]*"
)
_COOKIE_NAME = re.compile(_COOKIES)
_COOKIE = re.compile(rf"({_COOKIES})=[^;\s'\"]+")


def is_secret(name: str) -> bool:
    """Return whether a header or cookie contains a secret.

    Headers may have the name they have in HTTP or in ``request.META``.
    """
    if _COOKIE_NAME.fullmatch(name):
        return True
    header = name.removeprefix("HTTP_").replace("_", "-").lower()
    return bool(_SECRET_HEADER.fullmatch(header)) or header in {
        each.lower() for each in conf.HEADERS if each.lower() != "authorization"
    }


def hide_in_text(text: str) -> str:
    """Return the text without keys, secret keys of the settings and values of SDK cookies."""
    return redact_known(_COOKIE.sub(rf"\1={REMOVED}", text))


def hide_by_name(values: Mapping[str, Any], substitute: str) -> dict[str, Any]:
    """Return the dictionary with ``substitute`` for each value whose name `is_secret`."""
    return {
        name: substitute
        if is_secret(name)
        else hide_in_text(value)
        if isinstance(value, str)
        else value
        for name, value in values.items()
    }
