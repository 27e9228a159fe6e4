"""DRF authentication: a key in a header becomes ``request.user`` and ``request.auth``.

``request.user`` is the user that a user key stands for, or a `TeamPrincipal` for a team key;
``request.auth`` is the key's row.
"""

import functools
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Model
from django.http import HttpRequest, HttpResponseBase
from django.http.request import HttpHeaders
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.views.decorators.debug import sensitive_variables
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, PermissionDenied
from rest_framework.request import Request

from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeyRequired,
    ConflictingApiKeys,
    HttpsRequired,
    StackApiKeysError,
)
from stack_apikeys.keys import Kind, looks_like_a_key
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import verify_api_key


class TeamPrincipal:
    """Who makes a request that carries a team's key: the team, and no person.

    Authenticated, but without a primary key, so that no user's data can be taken for its own, and
    without any of Django's permissions.
    """

    pk = None
    id = None
    is_active = True
    is_anonymous = False
    is_authenticated = True
    is_staff = False
    is_superuser = False

    def __init__(self, team: Model) -> None:
        self.team = team

    def __str__(self) -> str:
        # Not the display name, which people choose: look-ups of a user by text must find nobody.
        return f"team:{self.team.pk}"

    def has_perm(self, perm: str, obj: object = None) -> bool:
        """Answer False: Django's permissions are people's."""
        return False

    def has_perms(self, perm_list: object, obj: object = None) -> bool:
        """Answer False."""
        return False

    def has_module_perms(self, app_label: str) -> bool:
        """Answer False."""
        return False


Principal = AbstractBaseUser | TeamPrincipal


def principal_of(api_key: UserApiKey | TeamApiKey) -> Principal:
    """Whom a verified key stands for, as ``request.user``."""
    return api_key.user if isinstance(api_key, UserApiKey) else TeamPrincipal(api_key.team)


def error_body(error: StackApiKeysError) -> dict[str, str]:
    """What a host's API answers: DRF's usual shape, in the caller's language."""
    return {"detail": error.translated_message, "code": error.code}


@sensitive_variables("value")
def read_values(request: HttpRequest) -> set[str]:
    """The different keys that the request carries in the configured headers: none or one, mostly."""
    values = set()
    for header in conf.HEADERS:
        # Not `request.headers`, which would read every other header of the request too.
        value = request.META.get(_meta_name(header))
        if value is not None and header.lower() == "authorization":
            value = _bearer_key_in(value)
        if value is not None:
            values.add(value)
    return values


@sensitive_variables("values")
def authenticate(
    request: HttpRequest, values: set[str], *, kind: Kind | None = None
) -> UserApiKey | TeamApiKey:
    """The row of the usable key among ``values``, as `read_values` found them.

    Raises `ApiKeyRequired` for none, `HttpsRequired` for one that came over plain HTTP,
    `ConflictingApiKeys` for more than one, and what `verify_api_key` raises.
    """
    if not values:
        raise ApiKeyRequired
    if conf.https_required and not request.is_secure():
        raise HttpsRequired
    if len(values) > 1:
        raise ConflictingApiKeys
    return verify_api_key(next(iter(values)), kind=kind)


@functools.cache
def _meta_name(header: str) -> str:
    """The name that the header has in ``request.META``, behind WSGI and ASGI alike."""
    return HttpHeaders.to_wsgi_name(header)


def _bearer_key_in(credentials: str) -> str | None:
    scheme, _space, token = credentials.partition(" ")
    # Other authenticators have their tokens in this header too.
    return token if scheme.lower() == "bearer" and looks_like_a_key(token) else None


def keep_from_shared_caches(response: HttpResponseBase, *, carried_a_key: bool) -> None:
    """Make sure that no cache serves one caller's answer to another.

    RFC 9111, section 3.5, protects answers to requests with ``Authorization`` only, so we say it
    ourselves: every answer depends on the headers, and one to a key is its caller's alone.
    """
    # Django's functions take apart and rebuild what is there. Mostly nothing is.
    headers = response.headers
    if "Vary" in headers:
        patch_vary_headers(response, conf.HEADERS)
    else:
        headers["Vary"] = ", ".join(conf.HEADERS)
    if carried_a_key:
        if "Cache-Control" in headers:
            patch_cache_control(response, private=True)
        else:
            headers["Cache-Control"] = "private"


def challenge() -> str:
    """The ``WWW-Authenticate`` of a 401 (RFC 9110, section 11.6.1)."""
    by_bearer = "authorization" in (header.lower() for header in conf.HEADERS)
    return f'{"Bearer" if by_bearer else "ApiKey"} realm="api"'


class ApiKeyAuthentication(BaseAuthentication):
    """Accept a user's or a team's key."""

    kind: ClassVar[Kind | None] = None

    @sensitive_variables("values")
    def authenticate(self, request: Request) -> tuple[Any, UserApiKey | TeamApiKey] | None:
        """Return the caller and the key, or None where no key was sent.

        Raises AuthenticationFailed (401), or PermissionDenied (403) for plain HTTP.
        """
        values = read_values(request._request)
        self._guard_answer(request, carried_a_key=bool(values))
        if not values:
            return None
        try:
            api_key = authenticate(request._request, values, kind=self.kind)
        except HttpsRequired as error:
            raise PermissionDenied(error_body(error)) from None
        except StackApiKeysError as error:
            raise AuthenticationFailed(error_body(error)) from None
        return principal_of(api_key), api_key

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge of a 401."""
        return challenge()

    def _guard_answer(self, request: Request, *, carried_a_key: bool) -> None:
        # An authenticator sees no response, an error's least of all. The view makes them all in
        # one place, so that is where we put ours behind it.
        view = (request.parser_context or {}).get("view")
        if view is None:
            return
        finalize = view.finalize_response

        def finalize_response(*args: Any, **kwargs: Any) -> HttpResponseBase:
            response: HttpResponseBase = finalize(*args, **kwargs)
            keep_from_shared_caches(response, carried_a_key=carried_a_key)
            return response

        view.finalize_response = finalize_response


class UserApiKeyAuthentication(ApiKeyAuthentication):
    """Accept users' keys only."""

    kind = "user"


class TeamApiKeyAuthentication(ApiKeyAuthentication):
    """Accept teams' keys only."""

    kind = "team"
