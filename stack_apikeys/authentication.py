"""DRF authentication classes for API keys.

``request.user`` is set to the user, or to a `TeamPrincipal` for a team key, and ``request.auth`` to
the row of the key.
"""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import (
    APIException,
    AuthenticationFailed,
    PermissionDenied,
    Throttled,
)
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys import credentials
from stack_apikeys.credentials import carries_a_key, error_body
from stack_apikeys.exceptions import HttpsRequired, LimitError, StackApiKeysError
from stack_apikeys.keys import Kind
from stack_apikeys.limits import log_as_warning
from stack_apikeys.models import ApiKey
from stack_apikeys.principal import TeamPrincipal

if TYPE_CHECKING:
    # `rest_framework.views` imports this module if DRF's settings name a class in it.
    from rest_framework.views import APIView

__all__ = [
    "ApiKeyAuthentication",
    "ApiKeyThrottled",
    "TeamApiKeyAuthentication",
    "TeamPrincipal",
    "UserApiKeyAuthentication",
    "carries_a_key",
    "error_body",
    "name_code",
    "process_response",
]


class ApiKeyAuthentication(BaseAuthentication):
    """Authentication by the API key of a user or a team."""

    kind: ClassVar[Kind | None] = None
    """Which keys to accept: those of users, of teams, or both."""

    accept_public_keys: ClassVar[bool] = False
    """Whether to accept public keys. The setting ``ACCEPT_PUBLIC_KEYS`` does so for all views."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey] | None:
        """Return the user or the team and the key, or None if the request has no key.

        Raises AuthenticationFailed (401), PermissionDenied (403) for plain HTTP, or
        `ApiKeyThrottled`, with the code of the app's exception. Refused requests are counted by the
        throttles of the view. A request counts as ``api_key_cost`` requests, an attribute of the
        view, in the rates of the key; 0 exempts it.
        """
        view: APIView | None = (request.parser_context or {}).get("view")
        if view is not None:
            process_response(view, partial(credentials.set_headers, request._request))
        try:
            caller = credentials.resolve(
                request._request,
                self.kind,
                accept_public_keys=self.accept_public_keys,
                cost=getattr(view, "api_key_cost", 1),
            )
        except LimitError as error:
            if view is not None:
                process_response(view, partial(_describe_limit, request._request, error))
            raise ApiKeyThrottled(error) from None
        except StackApiKeysError as error:
            self._refuse(request, view, error)
        return caller and (caller.principal, caller.api_key)

    def authenticate_header(self, request: Request) -> str:
        """Return the ``WWW-Authenticate`` header of a 401 response."""
        return credentials.challenge(request._request)

    def _refuse(
        self, request: Request, view: "APIView | None", error: StackApiKeysError
    ) -> NoReturn:
        if view is not None:
            name_code(view, error.code)
            # DRF checks throttles after authentication, so they would never count a wrong key.
            # They read the user, which therefore has to be set.
            request.user, request.auth = AnonymousUser(), None
            view.check_throttles(request)
        refusal = PermissionDenied if isinstance(error, HttpsRequired) else AuthenticationFailed
        raise refusal(error.translated_message, error.code) from None


class UserApiKeyAuthentication(ApiKeyAuthentication):
    """Authentication by the API key of a user."""

    kind = "user"


class TeamApiKeyAuthentication(ApiKeyAuthentication):
    """Authentication by the API key of a team."""

    kind = "team"


class ApiKeyThrottled(Throttled):
    """The key has been used too often (429), or limits cannot be checked (503)."""

    def __init__(self, error: LimitError) -> None:
        APIException.__init__(self, error.translated_message, error.code)
        self.status_code = error.status
        self.wait = error.wait  # DRF's handler sends it as Retry-After


def _describe_limit(request: HttpRequest, error: LimitError, response: HttpResponseBase) -> None:
    """Complete the response to an `ApiKeyThrottled`, unless the site has made another of it."""
    data = getattr(response, "data", None)
    if (
        not isinstance(response, Response)
        or getattr(isinstance(data, dict) and data.get("detail"), "code", None) != error.code
    ):
        return
    content_type, response.data = credentials.limit_body(request, error)
    if content_type == credentials.PROBLEM_TYPE:
        response.accepted_renderer = JSONRenderer()
        response.content_type = content_type
    log_as_warning(response, request)


def name_code(view: "APIView", code: str) -> None:
    """Add ``"code"`` to the body of the view's response to an exception with this code.

    DRF's exception handler writes only the detail. The exception cannot have both as its detail,
    because other handlers and ``get_codes()`` would see two errors.
    """

    def add_code(response: HttpResponseBase) -> None:
        data = getattr(response, "data", None)
        if isinstance(data, dict) and getattr(data.get("detail"), "code", None) == code:
            data["code"] = code

    process_response(view, add_code)


def process_response(view: Any, change: Callable[[HttpResponseBase], None]) -> None:
    """Call ``change`` with the view's response."""
    # Authentication and permission classes never see a response. The view finalizes all of its
    # responses, including those to exceptions, in one method.
    finalize = view.finalize_response

    def finalize_response(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = finalize(*args, **kwargs)
        change(response)
        return response

    view.finalize_response = finalize_response
