"""A key demanded by a plain Django view, without DRF's views."""

import functools
from collections.abc import Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.core.handlers.exception import response_for_exception
from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from rest_framework.views import set_rollback

from stack_apikeys.authentication import (
    Principal,
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

ANSWERED_BY_DJANGO = (Http404, PermissionDenied, BadRequest, SuspiciousOperation)
"""Exceptions of a view that are answers: 404, 403 and 400."""


def api_key_required(*, kind: Kind | None = None) -> Callable[[View], View]:
    """Let only requests with a usable key reach the view, synchronous or asynchronous.

    The view finds the user, or the `TeamPrincipal`, in ``request.user`` and the key's row in
    ``request.auth``. Others are answered ``{"detail": ..., "code": ...}`` with 401, or 403 for a
    key that came over plain HTTP. The view is exempt from CSRF checks, because no browser adds a
    key to a request by itself, and from ``LoginRequiredMiddleware``. Of a class-based view,
    decorate what ``as_view()`` returns.
    """

    def decorator(view: View) -> View:
        if iscoroutinefunction(view):

            @functools.wraps(view)
            async def async_wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                try:
                    response = await sync_to_async(_admit)(request, kind)
                    response = response or await view(request, *args, **kwargs)
                except ANSWERED_BY_DJANGO as error:
                    response = _answer(request, error)
                return _guarded(request, response)

            return csrf_exempt(login_not_required(async_wrapper))

        @functools.wraps(view)
        def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                response = _admit(request, kind) or view(request, *args, **kwargs)
            except ANSWERED_BY_DJANGO as error:
                response = _answer(request, error)
            return _guarded(request, response)

        return csrf_exempt(login_not_required(wrapper))

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
    principal = principal_of(api_key)

    async def auser() -> Principal:
        return principal

    request.user = principal  # type: ignore[assignment]  # a team is no user
    request.auser = auser  # type: ignore[assignment]  # the same
    request.auth = api_key  # type: ignore[attr-defined]  # DRF's name, on Django's request
    return None


def _answer(request: HttpRequest, error: Exception) -> HttpResponseBase:
    """Answer what Django would, early enough for the answer to be guarded."""
    set_rollback()
    return response_for_exception(request, error)


def _guarded(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    keep_from_shared_caches(response, carried_a_key=bool(read_values(request)))
    return response
