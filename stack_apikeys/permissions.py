"""DRF permission classes that depend on the API key of the request."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, Self

from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from rest_framework.exceptions import MethodNotAllowed, PermissionDenied
from rest_framework.permissions import BasePermission, OperationHolderMixin
from rest_framework.request import Request

from stack_apikeys import credentials
from stack_apikeys.authentication import name_code, process_response
from stack_apikeys.exceptions import (
    ApiKeyNotAllowed,
    InsufficientScope,
    PublicApiKeyRequired,
    SecretApiKeyRequired,
    StackApiKeysError,
    TeamApiKeyRequired,
    UserApiKeyRequired,
)
from stack_apikeys.models import AbstractApiKey, ApiKey, TeamApiKey, UserApiKey
from stack_apikeys.scopes import Required, required_for
from stack_apikeys.verification import report_insufficient_scope

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


def _key_of(request: Request) -> ApiKey | None:
    """The key that authenticated the request in the view, a decorator or a middleware."""
    if isinstance(request.auth, UserApiKey | TeamApiKey):
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


class HasScopes(OperationHolderMixin, BasePermission):
    """Allow requests with a key that has all of these scopes: ``HasScopes("reports:read")``.

    Without arguments, the view names them in ``required_scopes``: a list, or a dictionary such as
    ``{"GET": ["reports:read"], "POST": ["reports:write"]}``. HEAD and OPTIONS require what GET does,
    and methods that are not in it are not allowed.

    It refuses requests without a key. To let people in who are signed in, write
    ``NotAuthenticatedByApiKey | HasScopes("reports:read")`` beside ``IsAuthenticated``.
    """

    code = InsufficientScope.code

    def __init__(self, *names: str) -> None:
        self.names = names

    def __call__(self) -> Self:
        """Return another one, for one request. DRF calls what it takes for a class."""
        return type(self)(*self.names)

    @property
    def message(self) -> str:
        """The message of the response to a request without permission."""
        return self._error.translated_message

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Return whether the key of the request has the scopes."""
        names = self.required_by(view, request.method)
        if names is None:
            raise MethodNotAllowed(str(request.method))
        self._error = InsufficientScope(scope=" ".join(names))
        api_key = _key_of(request)
        if api_key is not None and api_key.has_scopes(*names):
            vars(view).pop("permission_denied", None)
            return True
        name_code(view, self.code)
        if api_key is not None:
            # DRF asks a composed permission for no message, and refuses a key that a middleware
            # has accepted as if there were none.
            complete = partial(_complete, request._request, api_key, self._error)
            view.permission_denied = partial(self._deny, view, complete)  # type: ignore[method-assign]
        return False

    def required_by(self, view: "APIView", method: str | None) -> Sequence[str] | None:
        """Return the scopes that this method of the view requires, or None if none will do."""
        required: Required | None = self.names or getattr(view, "required_scopes", None)
        if required is None:
            raise ImproperlyConfigured(
                f"{type(view).__name__} has the permission HasScopes, but no required_scopes."
            )
        return required_for(method, required)

    def _deny(
        self,
        view: "APIView",
        complete: Callable[[HttpResponseBase], None],
        request: Request,
        message: Any = None,
        code: str | None = None,
    ) -> NoReturn:
        if code not in {None, self.code}:  # that of another permission
            type(view).permission_denied(view, request, message, code)
        process_response(view, complete)
        raise PermissionDenied(self.message, self.code)


def _complete(
    request: HttpRequest, api_key: ApiKey, error: InsufficientScope, response: HttpResponseBase
) -> None:
    """Name the scopes in the response (RFC 6750, section 3.1), and report the refusal."""
    # DRF also asks for permissions to describe a view, in the response to OPTIONS.
    if response.status_code == error.status:
        response.headers["WWW-Authenticate"] = credentials.scope_challenge(error)
        report_insufficient_scope(error, api_key, request)


def scopes_in(permissions: Iterable[Any], view: Any, method: str) -> Iterator[str]:
    """Yield the scopes that these permissions of a view require, also those that are composed."""
    for permission in permissions:
        if isinstance(permission, HasScopes):
            yield from permission.required_by(view, method) or ()
        else:
            operands = (getattr(permission, name, None) for name in ("op1", "op2"))
            yield from scopes_in(filter(None, operands), view, method)
