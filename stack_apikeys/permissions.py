"""DRF permission classes that depend on the API key of the request."""

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from stack_apikeys import credentials
from stack_apikeys.authentication import name_code
from stack_apikeys.exceptions import (
    ApiKeyNotAllowed,
    PublicApiKeyRequired,
    SecretApiKeyRequired,
    StackApiKeysError,
    TeamApiKeyRequired,
    UserApiKeyRequired,
)
from stack_apikeys.models import AbstractApiKey, TeamApiKey, UserApiKey

if TYPE_CHECKING:
    # `rest_framework.views` imports this module if DRF's settings name a class in it.
    from rest_framework.views import APIView


class ApiKeyPermission(BasePermission):
    """Base class of permissions that depend only on the key."""

    error: ClassVar[type[StackApiKeysError]]

    @property
    def message(self) -> str:
        """The message of the response to a request without permission."""
        return self.error().translated_message

    @property
    def code(self) -> str:
        """The error code of that response."""
        return self.error.code

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return whether the key of the request is allowed."""
        is_allowed = self.allows(_key_of(request))
        if not is_allowed:
            name_code(view, self.code)
        return is_allowed

    def allows(self, api_key: AbstractApiKey | None) -> bool:
        """Return whether a request with this key, or None, is allowed."""
        raise NotImplementedError


def _key_of(request: Request) -> AbstractApiKey | None:
    """The key that authenticated the request in the view, a decorator or a middleware."""
    if isinstance(request.auth, AbstractApiKey):
        return request.auth
    return credentials.read(request._request).api_key


class AuthenticatedByUserApiKey(ApiKeyPermission):
    """Allow requests with the key of a user."""

    error = UserApiKeyRequired

    def allows(self, api_key: AbstractApiKey | None) -> bool:
        """Return whether it is the key of a user."""
        return isinstance(api_key, UserApiKey)


class AuthenticatedByTeamApiKey(ApiKeyPermission):
    """Allow requests with the key of a team."""

    error = TeamApiKeyRequired

    def allows(self, api_key: AbstractApiKey | None) -> bool:
        """Return whether it is the key of a team."""
        return isinstance(api_key, TeamApiKey)


class AuthenticatedByPublicApiKey(ApiKeyPermission):
    """Allow requests with a public key. The view's authentication class must accept public keys."""

    error = PublicApiKeyRequired

    def allows(self, api_key: AbstractApiKey | None) -> bool:
        """Return whether it is public."""
        return api_key is not None and api_key.is_public


class AuthenticatedBySecretApiKey(ApiKeyPermission):
    """Allow requests with a secret key, for projects that accept public keys on all views."""

    error = SecretApiKeyRequired

    def allows(self, api_key: AbstractApiKey | None) -> bool:
        """Return whether it is secret."""
        return api_key is not None and not api_key.is_public


class NotAuthenticatedByApiKey(ApiKeyPermission):
    """Allow requests without a key, for actions that are reserved for people.

    It allows anonymous requests too; combine it with ``IsAuthenticated``.
    """

    error = ApiKeyNotAllowed

    def allows(self, api_key: AbstractApiKey | None) -> bool:
        """Return whether there is no key."""
        return api_key is None
