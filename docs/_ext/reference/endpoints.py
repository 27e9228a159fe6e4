"""List the endpoints of a URLconf, from its views."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import Any

from django.urls import URLPattern, URLResolver
from rest_framework.schemas.generators import EndpointEnumerator

from reference.package import first_paragraph, table

METHODS = ("get", "post", "put", "patch", "delete")


def list_endpoints(urlconf: str) -> str:
    """Return a table of the methods and paths in a URLconf."""
    return table(
        ["request", "meaning"],
        (
            (f"`{method} {path}`", first_paragraph(handler.__doc__))
            for path, method, handler in _endpoints(import_module(urlconf).urlpatterns)
        ),
    )


def _endpoints(
    patterns: Iterable[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, str, Any]]:
    for pattern in patterns:
        regex = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from _endpoints(pattern.url_patterns, regex)
        elif regex:  # the last one, for every other path, is not an endpoint
            path = EndpointEnumerator().get_path_from_regex(regex).lstrip("/")
            for method, handler in _handlers(pattern.callback):
                yield path, method.upper(), handler


def _handlers(view: Any) -> Iterator[tuple[str, Any]]:
    """Yield each method of a view or viewset with the function that handles it."""
    actions = getattr(view, "actions", None) or {method: method for method in METHODS}
    for method, name in actions.items():
        if hasattr(view.cls, name):
            yield method, getattr(view.cls, name)
