"""A middleware that accepts API keys on all views. It does not need Django REST framework."""

from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar

from asgiref.sync import iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

from stack_apikeys import credentials
from stack_apikeys.decorators import authenticate
from stack_apikeys.keys import Kind
from stack_apikeys.quotas import cost_of


class ApiKeyMiddleware:
    """Authenticate requests by their API key.

    ``request.user`` is set to the user or the `TeamPrincipal`, and ``request.api_key`` to the row
    of the key. A key that is not usable gets a response with status 401. Requests without a key are
    not changed. Place it after ``AuthenticationMiddleware`` and before ``CsrfViewMiddleware``,
    because requests with a key need no CSRF token.
    """

    sync_capable = True
    async_capable = True

    kind: ClassVar[Kind | None] = None
    """Which keys to accept: those of users, of teams, or both."""

    accept_public_keys: ClassVar[bool] = False
    """Whether to accept public keys, as the setting ``ACCEPT_PUBLIC_KEYS`` does."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_asynchronous = iscoroutinefunction(get_response)
        if self.is_asynchronous:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Return the response."""
        if self.is_asynchronous:
            return self._respond_asynchronously(request)
        response = self._authenticate(request) or self.get_response(request)
        credentials.set_headers(request, response)
        return response

    async def _respond_asynchronously(self, request: HttpRequest) -> HttpResponseBase:
        authenticate = sync_to_async(self._authenticate)
        response = await authenticate(request) or await self.get_response(request)
        credentials.set_headers(request, response)
        return response

    def _authenticate(self, request: HttpRequest) -> HttpResponseBase | None:
        if not credentials.read(request).values:
            return None
        # Browsers never add a key to a request by themselves.
        request.csrf_processing_done = True  # type: ignore[attr-defined]  # Django's own attribute
        return authenticate(
            request,
            self.kind,
            accept_public_keys=self.accept_public_keys,
            cost=partial(_cost_of_its_view, request),
        )


def _cost_of_its_view(request: HttpRequest) -> int:
    """Return the cost of the view that Django will call.

    Django has not looked for it yet. It has when it calls ``process_view()``, but then the
    middleware inside this one would have seen a request that is refused, and requests that reach no
    view would cost nothing.
    """
    try:
        match = resolve(request.path_info, getattr(request, "urlconf", None))
    except Resolver404:
        return 1
    return cost_of(match.func)
