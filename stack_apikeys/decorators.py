"""Decorators for Django views that require an API key. They do not need Django REST framework."""

import asyncio
import functools
from collections.abc import Awaitable, Callable
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Concatenate, Literal, ParamSpec, TypeVar, cast, overload

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.core.handlers.exception import response_for_exception
from django.db import connections
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
)
from django.views.decorators.csrf import csrf_exempt, csrf_protect

from stack_apikeys import credentials
from stack_apikeys.exceptions import ApiKeyRequired, InsufficientScope, StackApiKeysError
from stack_apikeys.keys import Kind
from stack_apikeys.models import ApiKey, TeamApiKey, UserApiKey
from stack_apikeys.principal import TeamPrincipal
from stack_apikeys.quotas import Cost, cost_of
from stack_apikeys.scopes import Required, required_for

if TYPE_CHECKING:
    # An alias that django-stubs replaces with the project's user model.
    from django.contrib.auth.models import _User

P = ParamSpec("P")
R = TypeVar("R")

_View = Callable[..., Any]
_ViewT = TypeVar("_ViewT", bound=_View)

_RESPONSES_OF_DJANGO = (Http404, PermissionDenied, BadRequest, SuspiciousOperation)
"""Exceptions of a view that Django turns into a response with status 404, 403 or 400."""


class ApiKeyRequest(HttpRequest):
    """The type of a request in a view with `api_key_required`, for annotations."""

    api_key: ApiKey
    user: "_User | TeamPrincipal"
    auser: Callable[[], Awaitable["_User | TeamPrincipal"]]


class UserApiKeyRequest(ApiKeyRequest):
    """The type of a request in a view with ``api_key_required(kind="user")``."""

    api_key: UserApiKey
    user: "_User"
    auser: Callable[[], Awaitable["_User"]]


class TeamApiKeyRequest(ApiKeyRequest):
    """The type of a request in a view with ``api_key_required(kind="team")``."""

    api_key: TeamApiKey
    user: TeamPrincipal
    auser: Callable[[], Awaitable[TeamPrincipal]]


# For type checkers, a decorated view has the parameters and the result of the view. Its request may
# be any request, and the decorator makes it one of those above.
_Decorated = Callable[Concatenate[HttpRequest, P], R]


@overload
def api_key_required(view: Callable[Concatenate[ApiKeyRequest, P], R], /) -> _Decorated[P, R]: ...
@overload
def api_key_required(
    *,
    kind: Literal["user"],
    accept_public_keys: bool = False,
    cost: int | None = None,
    scopes: Required = (),
) -> Callable[[Callable[Concatenate[UserApiKeyRequest, P], R]], _Decorated[P, R]]: ...
@overload
def api_key_required(
    *,
    kind: Literal["team"],
    accept_public_keys: bool = False,
    cost: int | None = None,
    scopes: Required = (),
) -> Callable[[Callable[Concatenate[TeamApiKeyRequest, P], R]], _Decorated[P, R]]: ...
@overload
def api_key_required(
    *,
    kind: Kind | None = None,
    accept_public_keys: bool = False,
    cost: int | None = None,
    scopes: Required = (),
) -> Callable[[Callable[Concatenate[ApiKeyRequest, P], R]], _Decorated[P, R]]: ...
def api_key_required(
    view: Any = None,
    /,
    *,
    kind: Kind | None = None,
    accept_public_keys: bool = False,
    cost: int | None = None,
    scopes: Required = (),
) -> Any:
    """Require a usable API key for a view, synchronous or asynchronous.

    The view receives the user, or the `TeamPrincipal`, as ``request.user``, and the row of the key
    as ``request.api_key``. Other requests get ``{"detail": ..., "code": ...}`` with status 401, or
    403 for a key sent over plain HTTP. ``kind`` limits which keys are accepted, and
    ``accept_public_keys`` accepts public keys too. Above the rates of the key, the status is 429. A
    request counts as ``cost`` requests in them, by default as one; 0 exempts it.

    The key must have all ``scopes``, or those of the request's method if they are a dictionary such
    as ``{"GET": ["reports:read"]}``; other methods are then not allowed. Without them, the status
    is 403.

    The view is exempt from CSRF checks, because browsers never add a key to a request by
    themselves, and from ``LoginRequiredMiddleware``. A preflight request of a browser, which has no
    key, gets an empty response; a CORS middleware adds its headers. For a class-based view,
    decorate the result of ``as_view()``, or ``dispatch`` with ``method_decorator``.
    """

    def decorator(view: _View) -> _View:
        def choose(request: HttpRequest) -> _View | HttpResponseBase:
            if not credentials.read(request).values:
                return credentials.refuse(request, ApiKeyRequired())
            refusal = authenticate(
                request,
                kind,
                accept_public_keys=accept_public_keys,
                cost=lambda: cost_of(guarded),
                scopes=scopes,
            )
            return refusal or view

        guarded = _describe(_guard(view, choose), scopes)
        return guarded if cost is None else api_key_cost(cost)(guarded)

    return decorator if view is None else decorator(view)


@overload
def api_key_or_session(view: Callable[Concatenate[Any, P], R], /) -> _Decorated[P, R]: ...
@overload
def api_key_or_session(
    *,
    kind: Kind | None = None,
    accept_public_keys: bool = False,
    cost: int | None = None,
    scopes: Required = (),
) -> Callable[[Callable[Concatenate[Any, P], R]], _Decorated[P, R]]: ...
def api_key_or_session(
    view: Any = None,
    /,
    *,
    kind: Kind | None = None,
    accept_public_keys: bool = False,
    cost: int | None = None,
    scopes: Required = (),
) -> Any:
    """Require a usable API key or the session of a user for a view.

    Requests with a key are treated as by `api_key_required`, whether they have a session or not.
    Other requests need a session, and the CSRF token where Django requires it; their
    ``request.api_key`` is None, and ``scopes`` do not apply to them.
    """

    def decorator(view: _View) -> _View:
        protected_view = csrf_protect(view)

        def choose(request: HttpRequest) -> _View | HttpResponseBase:
            if credentials.read(request).values:
                refusal = authenticate(
                    request,
                    kind,
                    accept_public_keys=accept_public_keys,
                    cost=lambda: cost_of(guarded),
                    scopes=scopes,
                )
                return refusal or view
            user = getattr(request, "user", None)  # missing without AuthenticationMiddleware
            if user is None or not user.is_authenticated:
                return credentials.refuse(request, ApiKeyRequired())
            request.api_key = None  # type: ignore[attr-defined]  # added by this decorator
            return protected_view

        guarded = _describe(_guard(view, choose), scopes)
        return guarded if cost is None else api_key_cost(cost)(guarded)

    return decorator if view is None else decorator(view)


def api_key_cost(cost: int) -> Callable[[_ViewT], _ViewT]:
    """Let requests to a view count as ``cost`` requests in the rates of their key; 0 exempts them.

    For views that do not authenticate requests themselves, because `ApiKeyMiddleware` does. Others
    have the argument ``cost`` of their decorator or, in DRF, the attribute ``api_key_cost``.
    """

    def decorator(view: _ViewT) -> _ViewT:
        view.api_key_cost = cost  # type: ignore[attr-defined]  # for `cost_of`
        return view

    return decorator


def require_scopes(*names: str) -> Callable[[_ViewT], _ViewT]:
    """Require all of these scopes of the key that `ApiKeyMiddleware` has accepted.

    Requests without a key get a response with status 401, also those with a session, and keys
    without the scopes one with status 403. For views that do not authenticate requests themselves.
    Others have the argument ``scopes`` of their decorator or, in DRF, the permission `HasScopes`.
    """

    def decorator(view: _ViewT) -> _ViewT:
        def choose(request: HttpRequest) -> _View | HttpResponseBase:
            api_key = credentials.read(request).api_key
            if api_key is None:
                return credentials.refuse(request, ApiKeyRequired())
            return _refuse_without(request, api_key, names) or view

        return cast(_ViewT, _describe(_guard(view, choose), names))

    return decorator


def authenticate(
    request: HttpRequest,
    kind: Kind | None = None,
    *,
    accept_public_keys: bool = False,
    cost: Cost = 1,
    scopes: Required = (),
) -> HttpResponseBase | None:
    """Set ``request.user`` and ``request.api_key`` from the request's key.

    Return None, or the response if the key is refused or lacks one of the ``scopes``. A request
    without a key is not changed.
    """
    try:
        caller = credentials.resolve(
            request, kind, accept_public_keys=accept_public_keys, cost=cost
        )
    except StackApiKeysError as error:
        return credentials.refuse(request, error)
    if caller is None:
        return None
    principal = caller.principal

    async def auser() -> credentials.Principal:
        return principal

    request.user = principal
    request.auser = auser
    request.api_key = caller.api_key  # type: ignore[attr-defined]  # added by this function
    return _refuse_without(request, caller.api_key, scopes)


def _refuse_without(
    request: HttpRequest, api_key: ApiKey, scopes: Required
) -> HttpResponseBase | None:
    """Return the response if the key lacks the scopes that the request requires, or None."""
    if not scopes:
        return None
    names = required_for(request.method, scopes)
    if names is None:
        return HttpResponseNotAllowed([*scopes])
    try:
        credentials.require_scopes(request, api_key, names)
    except InsufficientScope as error:
        return credentials.refuse(request, error)
    return None


def _describe(view: _View, scopes: Required) -> _View:
    """Let system checks know which scopes a view requires."""
    if scopes:
        view.api_key_scopes = scopes  # type: ignore[attr-defined]  # for `check_scopes`
    return view


def _guard(view: _View, choose: Callable[[HttpRequest], _View | HttpResponseBase]) -> _View:
    """Wrap a view with ``choose``, which returns a response, or the view that is to return it."""

    async def respond(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            response = _preflight_response(request) or await sync_to_async(choose)(request)
            if not isinstance(response, HttpResponseBase):
                response = response(request, *args, **kwargs)
                if isawaitable(response):
                    response = await response
        except _RESPONSES_OF_DJANGO as error:
            response = _error_response(request, error)
        credentials.set_headers(request, response)
        return response

    if iscoroutinefunction(view):
        return csrf_exempt(login_not_required(functools.wraps(view)(respond)))

    @functools.wraps(view)
    def wrapper(
        request: HttpRequest, *args: Any, **kwargs: Any
    ) -> HttpResponseBase | Awaitable[HttpResponseBase]:
        if _is_in_event_loop():
            # `dispatch` of an asynchronous class-based view is a plain function.
            return respond(request, *args, **kwargs)
        try:
            response = _preflight_response(request) or choose(request)
            if not isinstance(response, HttpResponseBase):
                response = response(request, *args, **kwargs)
        except _RESPONSES_OF_DJANGO as error:
            response = _error_response(request, error)
        credentials.set_headers(request, response)
        return cast(HttpResponseBase, response)

    return csrf_exempt(login_not_required(wrapper))


def _is_in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _preflight_response(request: HttpRequest) -> HttpResponse | None:
    """Return the response to a preflight request (Fetch Standard, section 4.8), which has no key."""
    if (
        request.method == "OPTIONS"
        and "access-control-request-method" in request.headers
        and not credentials.read(request).values
    ):
        return HttpResponse(status=204)
    return None


def _error_response(request: HttpRequest, error: Exception) -> HttpResponseBase:
    """Return Django's response to an exception, so that its headers can be set here."""
    # Django rolls back when an exception leaves the view, and this one does not.
    for connection in connections.all(initialized_only=True):
        if connection.settings_dict["ATOMIC_REQUESTS"] and connection.in_atomic_block:
            connection.set_rollback(True)
    return response_for_exception(request, error)
