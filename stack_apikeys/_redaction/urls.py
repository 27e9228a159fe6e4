"""Remove secrets from the URL of a request before it is logged or reported."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

from django.http import HttpRequest

from stack_apikeys import scanning
from stack_apikeys.secret import Secret

_RAW_URLS = ("REQUEST_URI", "RAW_URI")
"""Keys of ``request.META`` in which some WSGI servers store the URL as it was sent."""


def mask_url(request: HttpRequest) -> bool:
    """Mask API keys and the secret keys of the settings in the URL. Return whether it had any."""
    query = unquote(request.META.get("QUERY_STRING", ""))
    if not scanning.holds_a_secret(f"{request.path}?{query}"):
        return False
    _rewrite(request, scanning.redact)
    return True


def hide_in_url(request: HttpRequest, secret: Secret) -> None:
    """Replace a secret, such as the one of a calendar, in the URL."""
    _rewrite(request, lambda text: text.replace(secret.reveal(), scanning.REMOVED))


def _rewrite(request: HttpRequest, redact: Callable[[str], str]) -> None:
    request.path = redact(request.path)
    request.path_info = request.META["PATH_INFO"] = redact(request.path_info)
    query = quote(redact(unquote(request.META.get("QUERY_STRING", ""))), safe="=&+")
    request.META["QUERY_STRING"] = query
    vars(request).pop("GET", None)  # a cached property
    url = request.get_full_path()
    for name in _RAW_URLS:
        if name in request.META:
            request.META[name] = url
    scope: dict[str, Any] | None = getattr(request, "scope", None)
    if scope is not None:
        scope["path"] = request.path
        scope["raw_path"] = quote(request.path).encode()
        scope["query_string"] = query.encode()
