"""Authentication and permissions of the HTTP API, by access headers and by a signed-in user.

Sections 1 and 3 of the wire contract.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol, cast, get_args

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from stack_apikeys.conf import conf
from stack_apikeys.credentials import carries_a_key, session_user
from stack_apikeys.secret import HIDDEN, Secret
from stack_apikeys.wire.exceptions import (
    AccessTypeRequired,
    AccessTypeWithoutProjectId,
    AdminAuthenticationRequired,
    ApiKeyCannotManageKeys,
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
    ServerKeyInBrowser,
    UnparsableAccessToken,
)
from stack_apikeys.wire.headers import read_header, read_secret

AccessType = Literal["client", "server", "admin"]

_PROJECT_KEYS = ("publishable-client-key", "secret-server-key", "super-secret-admin-key")

_BROWSER_SITES = ("cross-site", "same-origin", "same-site")
"""Values of ``Sec-Fetch-Site`` in requests that a script sends (W3C, "Fetch Metadata")."""


class TokenSession(Protocol):
    """A session that issues access tokens."""

    @property
    def user(self) -> AbstractBaseUser:
        """The user who is signed in."""


TokenReader = Callable[[HttpRequest, Secret], TokenSession]

_token_readers: list[TokenReader] = []


def register_token_reader(reader: TokenReader) -> None:
    """Accept access tokens: ``reader`` returns the session of a token, or raises `KnownError`.

    Without a reader, the API refuses every access token. A later reader replaces an earlier one.
    """
    _token_readers[:] = [reader]


@dataclass(frozen=True, slots=True)
class Access:
    """What a request may do, as ``request.auth``.

    ``user`` is the user who is signed in, or None. ``session`` is the session of the access token
    that the user is signed in with; it is None without a token, so also on the settings pages.
    """

    type: AccessType
    user: AbstractBaseUser | None = None
    session: Any = None

    @property
    def is_client(self) -> bool:
        """Whether the request has the rights of its user only."""
        return self.type == "client"

    @property
    def is_backend(self) -> bool:
        """Whether the request has every right: it was sent with a server or an admin key."""
        return self.type != "client"


class StackAuthentication(BaseAuthentication):
    """Set ``request.auth`` to the `Access` of a request, and ``request.user`` to its user.

    ``request.auth`` is None for a request without an access type.
    """

    def authenticate(self, request: Request) -> tuple[Any, Access | None]:
        """Read the access headers. Raises a `KnownError` for headers that are not valid."""
        access_type = _read_access_type(request)
        if access_type:
            _check_project(request, access_type)
        user, session = self.get_user(request, access_type)
        access = Access(access_type, user, session) if access_type else None
        return user or AnonymousUser(), access

    def get_user(
        self, request: Request, access_type: AccessType | None
    ) -> tuple[AbstractBaseUser | None, TokenSession | None]:
        """Return the user who is signed in, and the session of their access token.

        The user of an access token takes precedence over the user of a Django session. Raises
        `ApiKeyCannotManageKeys` for a client that sends an API key.
        """
        if access_type == "client" and carries_a_key(request._request):
            raise ApiKeyCannotManageKeys
        if token := read_secret(request._request, "access-token"):
            session = _read_token(request._request, token)
            return session.user, session
        user = _session_user(request._request) if access_type == "client" else None
        return user, None


def _read_token(request: HttpRequest, token: Secret) -> TokenSession:
    if not _token_readers:
        raise UnparsableAccessToken
    return _token_readers[0](request, token)


def _read_access_type(request: Request) -> AccessType | None:
    access_type = read_header(request._request, "access-type")
    if not access_type:
        if any(read_header(request._request, name) for name in _PROJECT_KEYS):
            raise ProjectKeyWithoutAccessType
        return None
    if access_type not in get_args(AccessType):
        raise InvalidAccessType(access_type=_repeatable(request, access_type))
    if not read_header(request._request, "project-id"):
        raise AccessTypeWithoutProjectId(request_type=access_type)
    return cast(AccessType, access_type)


def _check_project(request: Request, access_type: AccessType) -> None:
    http_request = request._request
    project_id = read_header(http_request, "project-id")
    if project_id != conf.PROJECT_ID:
        raise CurrentProjectNotFound(project_id=_repeatable(request, project_id))
    if access_type != "client" and not conf.ALLOW_SERVER_KEYS_IN_BROWSERS:
        _reject_browsers(http_request)
    match access_type:
        case "client":
            key = Secret(read_header(http_request, "publishable-client-key"))
            if not key and conf.publishable_client_key_required:
                raise PublishableClientKeyRequired(project_id=project_id)
            if key and not is_one_of(key, conf.PUBLISHABLE_CLIENT_KEYS):
                raise InvalidPublishableClientKey(project_id=project_id)
        case "server":
            key = read_secret(http_request, "secret-server-key")
            if not key:
                raise ServerAuthenticationRequired
            if not is_one_of(key, conf.SECRET_SERVER_KEYS):
                raise InvalidSecretServerKey(project_id=project_id)
        case "admin":
            key = read_secret(http_request, "super-secret-admin-key")
            if not key:
                raise AdminAuthenticationRequired
            if not is_one_of(key, conf.SUPER_SECRET_ADMIN_KEYS):
                raise InvalidSuperSecretAdminKey(project_id=project_id)


def _reject_browsers(request: HttpRequest) -> None:
    # Backends send neither of these headers.
    if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site") in _BROWSER_SITES:
        raise ServerKeyInBrowser


def _repeatable(request: Request, text: str) -> str:
    """Return the header value for an error message, hidden if the view receives secrets."""
    view = (request.parser_context or {}).get("view")
    return HIDDEN if getattr(view, "takes_secrets", False) else text


def is_one_of(key: Secret, valid_keys: Sequence[str]) -> bool:
    """Return whether the key is one of these, comparing in constant time."""
    # A mistake in the settings must not grant access: the letters of a single string are not keys,
    # and neither is an empty value from the environment.
    if not isinstance(valid_keys, list | tuple):
        return False
    strings = [valid for valid in valid_keys if isinstance(valid, str) and valid]
    # A list, not a generator, so that the time does not depend on which key matches.
    return any([constant_time_compare(key.reveal(), valid) for valid in strings])  # noqa: C419


def _session_user(request: HttpRequest) -> AbstractBaseUser | None:
    """Return the user of Django's session, on the settings pages, or None.

    Raises `CsrfFailed` if the CSRF token is missing or incorrect. A session is not enough, because
    CORS allows requests from every origin.
    """
    user = session_user(request)
    if not user.is_authenticated:
        return None
    try:
        # Django's request, since the check would make DRF's parse the body.
        SessionAuthentication().enforce_csrf(cast(Any, request))
    except PermissionDenied as error:
        raise CsrfFailed(reason=str(error.detail)) from None
    return user


class ClientAccess(BasePermission):
    """Allow requests with any access type."""

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
        access = cast(Access, request.auth)
        if access.is_client:
            raise InsufficientAccessType(access_type=access.type)
        return True
