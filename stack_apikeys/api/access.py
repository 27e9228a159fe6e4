"""Who is asking: the access headers of a request become client, server or admin access.

Sections 1 and 3 of the wire contract. Each header exists in two families, ``X-Hexclave-*`` (the
current official SDK) and ``x-stack-*`` (the documentation's samples and older SDKs).
"""

from collections.abc import Callable, Sequence
from typing import Any, Literal, cast, get_args

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    AccessTypeRequired,
    AccessTypeWithoutProjectId,
    AdminAuthenticationRequired,
    CsrfFailed,
    CurrentProjectNotFound,
    InsufficientAccessType,
    InvalidAccessType,
    InvalidPublishableClientKey,
    InvalidSecretServerKey,
    InvalidSuperSecretAdminKey,
    ProjectKeyWithoutAccessType,
    PublishableClientKeyRequired,
    ServerAuthenticationRequired,
    UnparsableAccessToken,
)

AccessType = Literal["client", "server", "admin"]

FAMILIES = ("X-Hexclave-", "X-Stack-")
"""Where a request has a header of both families, the first one counts."""

PROJECT_KEYS = ("publishable-client-key", "secret-server-key", "super-secret-admin-key")


def read_header(request: HttpRequest, name: str) -> str:
    """The header's value in either family; empty where it is missing."""
    for family in FAMILIES:
        if value := request.headers.get(family + name):
            return value
    return ""


read_access_token: Callable[[HttpRequest, str], AbstractBaseUser] | None = None
"""Whom an access token stands for. `stack_apikeys.sdk`, where it is installed, puts this in."""


class StackAuthentication(BaseAuthentication):
    """``request.auth`` becomes the access type, or None; ``request.user`` the person, if any."""

    def authenticate(self, request: Request) -> tuple[Any, AccessType | None]:
        """Read the access headers; raise the wire's known error for what is wrong with them."""
        http_request = request._request
        access_type = _read_access_type(http_request)
        if access_type:
            _check_project(http_request, access_type)
        return self.get_user(request, access_type) or AnonymousUser(), access_type

    def get_user(self, request: Request, access_type: AccessType | None) -> Any:
        """The person, or None. An access token comes before the session of a page of ours."""
        if token := read_header(request._request, "access-token"):
            if read_access_token is None:
                raise UnparsableAccessToken
            return read_access_token(request._request, token)
        return _user_of_page(request) if access_type == "client" else None


def _read_access_type(request: HttpRequest) -> AccessType | None:
    access_type = read_header(request, "access-type")
    if not access_type:
        if any(read_header(request, name) for name in PROJECT_KEYS):
            raise ProjectKeyWithoutAccessType
        return None
    if access_type not in get_args(AccessType):
        raise InvalidAccessType(access_type=access_type)
    if not read_header(request, "project-id"):
        raise AccessTypeWithoutProjectId(request_type=access_type)
    return cast(AccessType, access_type)


def _check_project(request: HttpRequest, access_type: AccessType) -> None:
    project_id = read_header(request, "project-id")
    if project_id != conf.PROJECT_ID:
        raise CurrentProjectNotFound(project_id=project_id)
    match access_type:
        case "client":
            key = read_header(request, "publishable-client-key")
            if not key and conf.PUBLISHABLE_CLIENT_KEYS:
                raise PublishableClientKeyRequired(project_id=project_id)
            if key and not is_one_of(key, conf.PUBLISHABLE_CLIENT_KEYS):
                raise InvalidPublishableClientKey(project_id=project_id)
        case "server":
            key = read_header(request, "secret-server-key")
            if not key:
                raise ServerAuthenticationRequired
            if not is_one_of(key, conf.SECRET_SERVER_KEYS):
                raise InvalidSecretServerKey(project_id=project_id)
        case "admin":
            key = read_header(request, "super-secret-admin-key")
            if not key:
                raise AdminAuthenticationRequired
            if not is_one_of(key, conf.SUPER_SECRET_ADMIN_KEYS):
                raise InvalidSuperSecretAdminKey(project_id=project_id)


def is_one_of(key: str, valid_keys: Sequence[str]) -> bool:
    """Whether the key is valid, in a time that does not tell how close it came."""
    # A mistake in the settings must not open anything: neither the letters of a single string are
    # keys, nor is what is missing from the environment.
    if not isinstance(valid_keys, list | tuple):
        return False
    strings = [valid for valid in valid_keys if isinstance(valid, str)]
    # A list, not a generator: time must not tell which of the keys came close.
    return any([constant_time_compare(key, valid) for valid in strings])  # noqa: C419


class PageAuthentication(SessionAuthentication):
    """The Django session of a page of ours, which proves itself by the CSRF token.

    The API is open to every origin, so a session alone is not enough.
    """

    def enforce_csrf(self, request: Request) -> None:
        """Look for the token in Django's request; DRF's would parse the body, which is ours."""
        super().enforce_csrf(cast(Request, request._request))


def _user_of_page(request: Request) -> Any:
    try:
        authenticated = PageAuthentication().authenticate(request)
    except PermissionDenied as error:
        raise CsrfFailed(reason=str(error.detail)) from None
    return authenticated and authenticated[0]


class ClientAccess(BasePermission):
    """Allow any access, as long as the request says which."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raise `AccessTypeRequired` for a request without an access type."""
        if request.auth is None:
            raise AccessTypeRequired
        return True


class ServerAccess(ClientAccess):
    """Allow server and admin access."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Raise `InsufficientAccessType` for a client."""
        super().has_permission(request, view)
        if request.auth == "client":
            raise InsufficientAccessType(access_type="client")
        return True
