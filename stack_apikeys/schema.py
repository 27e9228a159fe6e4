"""The security schemes of API keys in an OpenAPI schema made by drf-spectacular.

Importing this module registers the extension. The app does so if ``drf_spectacular`` is in
``INSTALLED_APPS``.
"""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema

from stack_apikeys.conf import conf
from stack_apikeys.permissions import scopes_in


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its __init_subclass__
    """One security scheme for each configured header. They are alternatives."""

    target_class = "stack_apikeys.authentication.ApiKeyAuthentication"
    match_subclasses = True

    @property
    def name(self) -> list[str]:  # type: ignore[override]  # settings are read at each access
        """The names of the schemes. drf-spectacular requires that they differ between classes."""
        kind = type(self.target).__name__.removesuffix("Authentication")
        return [f"{kind}-in-{header}" for header in conf.HEADERS]

    def get_security_requirement(self, auto_schema: AutoSchema) -> list[dict[str, list[Any]]]:
        """Return the schemes as alternatives, with the scopes that `HasScopes` requires.

        OpenAPI 3.1 defines what such a list means for schemes that are not OAuth 2.
        """
        view = auto_schema.view
        scopes = [*dict.fromkeys(scopes_in(view.get_permissions(), view, auto_schema.method))]
        return [{name: scopes} for name in self.name]

    def get_security_definition(self, auto_schema: AutoSchema) -> list[dict[str, Any]]:
        """Return the definition of each scheme: a bearer token, or a header."""
        return [
            {"type": "http", "scheme": "bearer"}
            if header.lower() == "authorization"
            else {"type": "apiKey", "in": "header", "name": header}
            for header in conf.HEADERS
        ]
