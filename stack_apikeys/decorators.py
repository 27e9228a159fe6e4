"""A key demanded by a plain Django view, without DRF's views."""

import functools
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from stack_apikeys.authentication import (
    authenticate,
    challenge,
    error_body,
    keep_from_shared_caches,
    principal_of,
    read_values,
)
from stack_apikeys.exceptions import HttpsRequired, StackApiKeysError
from stack_apikeys.keys import Kind

View = Callable[..., Any]


def api_key_required(*, kind: Kind | None = None) -> Callable[[View], View]:
    """Let only requests with a usable key reach the view, synchronous or asynchronous.

    The view finds the user, or the `TeamPrincipal`, in ``request.user`` and the key's row in
    ``request.auth``. Others are answered ``{"detail": ..., "code": ...}`` with 401, or 403 for a
    key that came over plain HTTP. The view is exempt from CSRF checks: no browser adds a key to a
    request by itself.
    """

    def decorator(view: View) -> View:
        if iscoroutinefunction(view):

            @functools.wraps(view)
            async def async_wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                refusal = await sync_to_async(_admit)(request, kind)
                return _guarded(request, refusal or await view(request, *args, **kwargs))

            return csrf_exempt(async_wrapper)

        @functools.wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            refusal = _admit(request, kind)
            return _guarded(request, refusal or view(request, *args, **kwargs))

        return csrf_exempt(wrapper)

    return decorator


def _admit(request: HttpRequest, kind: Kind | None) -> HttpResponseBase | None:
    """Put the caller into the request, or answer why not."""
    try:
        api_key = authenticate(request, read_values(request), kind=kind)
    except HttpsRequired as error:
        return JsonResponse(error_body(error), status=403)
    except StackApiKeysError as error:
        return JsonResponse(
            error_body(error), status=401, headers={"WWW-Authenticate": challenge()}
        )
    request.user = principal_of(api_key)  # type: ignore[assignment]  # a team is no user
    request.auth = api_key  # type: ignore[attr-defined]  # DRF's name, on Django's request
    return None


def _guarded(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    keep_from_shared_caches(response, carried_a_key=bool(read_values(request)))
    return response
