"""API keys in Django requests: from a request to its caller.

This is the one place that reads keys from headers. The DRF authentication classes, the decorators
and the middleware call `resolve`, and turn its result into responses of their own.
"""

import base64
import binascii
from collections.abc import Iterable
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, Literal, NamedTuple, TypeAlias, TypeVar, overload

from django.contrib.auth import get_user
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponseBase, JsonResponse
from django.utils.cache import patch_cache_control

from stack_apikeys import keys
from stack_apikeys._redaction.error_reports import hide_secrets
from stack_apikeys._redaction.headers import meta_name, replace_header
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeyFormNotAccepted,
    ApiKeyNotValid,
    ConflictingApiKeys,
    HttpsRequired,
    InsufficientScope,
    LimitError,
    RateLimited,
    StackApiKeysError,
)
from stack_apikeys.limits import log_as_warning
from stack_apikeys.models import ApiKey, TeamApiKey, UserApiKey
from stack_apikeys.principal import TeamPrincipal
from stack_apikeys.quotas import (
    QUOTA_EXCEEDED,
    Cost,
    add_headers,
    count_guess,
    violated_policies,
)
from stack_apikeys.scanning import looks_like_a_key, mask
from stack_apikeys.secret import Secret
from stack_apikeys.verification import (
    report_insufficient_scope,
    report_rejection,
    verify_api_key,
)

if TYPE_CHECKING:
    # An alias that django-stubs replaces with the project's user model.
    from django.contrib.auth.models import _User

_SCHEMES = frozenset({"bearer", "token", "apikey", "api-key"})
"""Authentication schemes that may precede a key, in lower case."""

PROBLEM_TYPE = "application/problem+json"

Principal: TypeAlias = "_User | TeamPrincipal"
"""The owner of a key, as ``request.user``."""

_Key_co = TypeVar("_Key_co", bound=ApiKey, covariant=True)
_Principal_co = TypeVar("_Principal_co", covariant=True)


class Caller(NamedTuple, Generic[_Key_co, _Principal_co]):
    """The usable key of a request, and the user or team it belongs to."""

    api_key: _Key_co
    principal: _Principal_co


UserCaller: TypeAlias = "Caller[UserApiKey, _User]"
TeamCaller: TypeAlias = Caller[TeamApiKey, TeamPrincipal]


class Sent:
    """The contents of the configured headers. They are read once, and stored with the request."""

    holds_a_key = False
    """Whether any of the values looks like a key, whole or damaged."""
    unaccepted_form = ""
    """If a key was sent in a form that is not accepted: the form in which to send it."""
    is_refused = False
    """Whether `resolve` refused the key."""
    api_key: ApiKey | None = None
    """The key that `resolve` accepted."""

    def __init__(self) -> None:
        self.values: list[Secret] = []
        """The distinct values."""


@overload
def resolve(
    request: HttpRequest, kind: Literal["user"], *, accept_public_keys: bool = False, cost: Cost = 1
) -> "UserCaller | None": ...
@overload
def resolve(
    request: HttpRequest, kind: Literal["team"], *, accept_public_keys: bool = False, cost: Cost = 1
) -> TeamCaller | None: ...
@overload
def resolve(
    request: HttpRequest,
    kind: keys.Kind | None = None,
    *,
    accept_public_keys: bool = False,
    cost: Cost = 1,
) -> "UserCaller | TeamCaller | None": ...
def resolve(
    request: HttpRequest,
    kind: keys.Kind | None = None,
    *,
    accept_public_keys: bool = False,
    cost: Cost = 1,
) -> Any:
    """Return the caller who is identified by the request's key, or None without a key.

    ``kind`` limits which keys are accepted. ``accept_public_keys`` accepts public keys, as the
    setting ``ACCEPT_PUBLIC_KEYS`` does for all views. The request counts as ``cost`` requests in
    the rates of the key.

    Raises `HttpsRequired`, `ApiKeyFormNotAccepted`, `ConflictingApiKeys`, `PublicApiKeyNotAccepted`
    and what `verify_api_key` raises. Raises `ApiKeyRateLimited` for any key that is not valid if
    there were too many from the same address.
    """
    sent = read(request)
    if not sent.values:
        return None
    sent.is_refused = True
    if error := _wrong_form(request, sent):
        report_rejection(error, sent.values[0] if len(sent.values) == 1 else None, request)
        raise error
    try:
        api_key = verify_api_key(
            sent.values[0],
            kind=kind,
            request=request,
            accept_public_keys=accept_public_keys or conf.ACCEPT_PUBLIC_KEYS,
            cost=cost,
        )
    except ApiKeyNotValid:
        count_guess(request)
        raise
    sent.is_refused, sent.api_key = False, api_key
    return Caller(api_key, principal_of(api_key))


def _wrong_form(request: HttpRequest, sent: Sent) -> StackApiKeysError | None:
    if conf.https_required and not request.is_secure():
        return HttpsRequired()
    if sent.unaccepted_form:
        return ApiKeyFormNotAccepted(form=sent.unaccepted_form)
    return ConflictingApiKeys() if len(sent.values) > 1 else None


def require_scopes(request: HttpRequest, api_key: ApiKey, names: Iterable[str]) -> None:
    """Raise `InsufficientScope` and report it, unless the key of the request has these scopes."""
    names = [*names]
    if not api_key.has_scopes(*names):
        error = InsufficientScope(scope=" ".join(names))
        report_insufficient_scope(error, api_key, request)
        raise error


def principal_of(api_key: ApiKey) -> "Principal":
    """Return the owner of a verified key as the value of ``request.user``."""
    return api_key.user if isinstance(api_key, UserApiKey) else TeamPrincipal(api_key.team)


def carries_a_key(request: HttpRequest) -> bool:
    """Return whether any of the configured headers contains a key, usable or not."""
    return read(request).holds_a_key


def session_user(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """Return the active user of the Django session, or an anonymous user.

    Use this, not ``request.user``, for what an API key must not do: a middleware may have set
    ``request.user`` from a key. Also works on sites without sessions.
    """
    user = get_user(request) if hasattr(request, "session") else AnonymousUser()
    return user if user.is_active else AnonymousUser()


# Reading -----------------------------------------------------------------------------------------


def read(request: HttpRequest) -> Sent:
    """Return the contents of the configured headers.

    The first call replaces each value in the request with its masked form, such as
    ``Bearer sk_…ab12``, so that logs and error reports cannot show it. Later calls return the same
    object.
    """
    stored: dict[str, Any] = request.__dict__
    sent: Sent | None = stored.get("_stack_apikeys_sent")
    if sent is None:
        sent = stored["_stack_apikeys_sent"] = Sent()
        for header in conf.HEADERS:
            # Not `request.headers`, which would read every other header too.
            name = meta_name(header)
            if name in request.META:
                _read_header(request, sent, header, request.META[name].strip())
        if sent.values:
            hide_secrets(request)
    return sent


def _read_header(request: HttpRequest, sent: Sent, header: str, text: str) -> None:
    scheme, found = _split(text)
    is_authorization = header.lower() == "authorization"
    if found:
        sent.holds_a_key = True
    elif is_authorization:
        return  # left to other authentication classes
    else:
        scheme, found = "", [text]  # not a key, but sent as one
    shown = mask(found[0])
    if scheme:
        if not _is_accepted(request, scheme):
            sent.unaccepted_form = f"{header}: {'Bearer ' * is_authorization}<key>"
        shown = f"{scheme} {'…' if scheme.lower() == 'basic' else shown}"
    for value in found:
        secret = keys.as_secret(value)
        if secret not in sent.values:
            sent.values.append(secret)
    replace_header(request, header, shown)


def _split(text: str) -> tuple[str, list[str]]:
    """Return the scheme, if any, and what looks like a key: no, one or several values."""
    if looks_like_a_key(text):
        return "", [text]
    scheme, _space, rest = text.replace("\t", " ").partition(" ")
    rest = rest.strip()
    values = _decode_basic(rest) if scheme.lower() == "basic" else [rest]
    return scheme, [value for value in values if looks_like_a_key(value)]


def _decode_basic(credentials: str) -> list[str]:
    """Return the user name and the password (RFC 7617)."""
    try:
        return base64.b64decode(credentials).decode().split(":", 1)
    except (binascii.Error, ValueError):
        return [credentials]


def _is_accepted(request: HttpRequest, scheme: str) -> bool:
    if scheme.lower() == "basic":
        # A page of another site can make a browser send the credentials it remembers.
        is_foreign = request.headers.get("sec-fetch-site") in {"cross-site", "same-site"}
        return conf.ALLOW_BASIC and not is_foreign
    return scheme.lower() in _SCHEMES


# Responses ---------------------------------------------------------------------------------------


def error_body(error: StackApiKeysError) -> dict[str, str]:
    """Return the body of an error response, in the shape of DRF's and the active language."""
    return {"detail": error.translated_message, "code": error.code}


def refuse(request: HttpRequest, error: StackApiKeysError) -> JsonResponse:
    """Return the response to a request without a usable key, or without the required scopes.

    The status is 401, 403 for plain HTTP and missing scopes, and 429 or 503 for limits.
    """
    if isinstance(error, LimitError):
        return _refuse_for_now(request, error)
    if isinstance(error, HttpsRequired):
        return JsonResponse(error_body(error), status=403)
    if isinstance(error, InsufficientScope):
        headers = {"WWW-Authenticate": scope_challenge(error)}
        return JsonResponse(error_body(error), status=403, headers=headers)
    return JsonResponse(
        error_body(error), status=401, headers={"WWW-Authenticate": challenge(request)}
    )


def _refuse_for_now(request: HttpRequest, error: LimitError) -> JsonResponse:
    content_type, body = limit_body(request, error)
    response = JsonResponse(body, status=error.status, headers={"Retry-After": str(error.wait)})
    response.headers["Content-Type"] = content_type
    log_as_warning(response, request)
    return response


def limit_body(request: HttpRequest, error: LimitError) -> tuple[str, dict[str, Any]]:
    """Return the content type and the body of the response to a limit.

    Clients that name ``application/problem+json`` in ``Accept`` get a problem (RFC 9457).
    """
    body: dict[str, Any] = {**error_body(error)}
    accepted = {f"{each.main_type}/{each.sub_type}" for each in request.accepted_types}
    if PROBLEM_TYPE not in accepted:
        return "application/json", body
    problem = {
        "type": QUOTA_EXCEEDED if isinstance(error, RateLimited) else "about:blank",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
    }
    if policies := violated_policies(request):
        body["violated-policies"] = policies
    return PROBLEM_TYPE, problem | body


def challenge(request: HttpRequest) -> str:
    """Return the ``WWW-Authenticate`` header of a 401 response (RFC 9110, section 11.6.1).

    It lists the accepted schemes and, if a key was refused, the error of RFC 6750, section 3.1.
    """
    first = f'{_scheme()} realm="api"'
    if read(request).is_refused:
        first += ', error="invalid_token"'
    return f'{first}, Basic realm="api"' if _scheme() == "Bearer" and conf.ALLOW_BASIC else first


def scope_challenge(error: InsufficientScope) -> str:
    """Return the ``WWW-Authenticate`` header for missing scopes (RFC 6750, section 3.1)."""
    return f'{_scheme()} realm="api", error="insufficient_scope", scope="{error.params["scope"]}"'


def _scheme() -> str:
    by_authorization = "authorization" in (header.lower() for header in conf.HEADERS)
    return "Bearer" if by_authorization else "ApiKey"


def set_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set the headers of the response to a request, with a key or without."""
    keep_from_shared_caches(request, response)
    add_headers(request, response)


def keep_from_shared_caches(request: HttpRequest, response: HttpResponseBase) -> None:
    """Set ``Vary`` and ``Cache-Control`` so that no cache serves a response to another caller.

    Caches treat only requests with ``Authorization`` in this way by themselves (RFC 9111, section
    3.5). Every response varies on the configured headers; one to a request with a key is private.
    """
    headers = response.headers
    headers["Vary"] = _vary(headers.get("Vary", ""))
    if read(request).values:
        if "Cache-Control" in headers:
            patch_cache_control(response, private=True)
        else:
            headers["Cache-Control"] = "private"


def _vary(current: str) -> str:
    """Return a ``Vary`` header with the configured headers added."""
    # Like `patch_vary_headers`, which takes several times as long.
    if not current:
        return ", ".join(conf.HEADERS)
    listed = {name.strip().lower() for name in current.split(",")}
    if "*" in listed:
        return "*"
    added = [header for header in conf.HEADERS if header.lower() not in listed]
    return ", ".join([current, *added])
