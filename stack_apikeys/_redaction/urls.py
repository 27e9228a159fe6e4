"""Remove keys from the URL of a request before it is logged or reported."""

from typing import Any
from urllib.parse import quote, unquote

from django.http import HttpRequest

from stack_apikeys import scanning

_RAW_URLS = ("REQUEST_URI", "RAW_URI")
"""Keys of ``request.META`` in which some WSGI servers store the URL as it was sent."""


def mask_url(request: HttpRequest) -> bool:
    """Mask API keys and the secret keys of the settings in the URL. Return whether it had any."""
    query = unquote(request.META.get("QUERY_STRING", ""))
    if not scanning.holds_a_secret(f"{request.path}?{query}"):
        return False
    request.path = scanning.redact(request.path)
    request.path_info = request.META["PATH_INFO"] = scanning.redact(request.path_info)
    query = quote(scanning.redact(query), safe="=&+")
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
    return True
