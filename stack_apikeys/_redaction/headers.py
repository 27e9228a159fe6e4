"""Replace secrets in a request's headers, so that code that runs later cannot show them.

Error reports, error trackers and logging middleware read ``request.META`` and, under ASGI, the
scope.
"""

import functools
from typing import Any

from django.http import HttpRequest
from django.http.request import HttpHeaders


@functools.cache
def meta_name(header: str) -> str:
    """Return the name of a header in ``request.META``."""
    return HttpHeaders.to_wsgi_name(header)


def replace_header(request: HttpRequest, header: str, shown: str) -> None:
    """Replace the value of a header with ``shown``."""
    request.META[meta_name(header)] = shown
    vars(request).pop("headers", None)  # a cached property, which holds a copy
    scope: dict[str, Any] | None = getattr(request, "scope", None)
    if scope is not None:
        name = header.lower().encode("latin-1")
        headers = [
            (each, shown.encode() if each.lower() == name else value)
            for each, value in scope["headers"]
        ]
        if isinstance(scope["headers"], list):
            scope["headers"][:] = headers  # copies of the scope share the list
        else:
            scope["headers"] = headers
