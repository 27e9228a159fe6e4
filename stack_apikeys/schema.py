"""OpenAPI: tells drf-spectacular how a view's callers send their key.

Importing this module registers the extension. ``apps.py`` does so where drf-spectacular is among
the installed apps.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from stack_apikeys.conf import conf


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """A security scheme for each configured header; any one of them will do."""

    target_class = "stack_apikeys.authentication.ApiKeyAuthentication"
    match_subclasses = True

    @property
    def name(self) -> list[str]:  # type: ignore[override]  # settings are read at each access
        """The schemes' names, which drf-spectacular wants to differ between classes."""
        kind = type(self.target).__name__.removesuffix("Authentication")
        return [f"{kind}-in-{header}" for header in conf.HEADERS]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Return the schemes as alternatives."""
        return [{name: []} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        """Return what each scheme is: a bearer token, or a header of its own."""
        return [
            {"type": "http", "scheme": "bearer"}
            if header.lower() == "authorization"
            else {"type": "apiKey", "in": "header", "name": header}
            for header in conf.HEADERS
        ]
