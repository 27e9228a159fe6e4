"""Verification: from the value of an API key to its row, or to the reason it is refused."""

import hmac
import logging
from collections.abc import Hashable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, cast, overload

from django.db import transaction
from django.http import HttpRequest

from stack_apikeys import keys
from stack_apikeys._asynchronous import run_in_thread
from stack_apikeys.client_address import client_address
from stack_apikeys.conf import conf, configured
from stack_apikeys.exceptions import (
    ApiKeyExpired,
    ApiKeyNotFound,
    ApiKeyRevoked,
    InsufficientScope,
    MalformedApiKey,
    MissingPepper,
    OutsideNetworks,
    PublicApiKeyNotAccepted,
    StackApiKeysError,
    WrongApiKeyType,
)
from stack_apikeys.models import MODELS, ApiKey, TeamApiKey, UserApiKey
from stack_apikeys.networks import contain
from stack_apikeys.policy import get_policy
from stack_apikeys.quotas import Cost, charge
from stack_apikeys.secret import Secret
from stack_apikeys.signals import api_key_rejected, api_key_used
from stack_apikeys.verification import changed_peppers, invalidation, reuse
from stack_apikeys.verification.cache import cache as process_cache
from stack_apikeys.verification.cache import namespace, seconds_until
from stack_apikeys.verification.query import Found, VerificationQuery, query_for

if TYPE_CHECKING:
    # An alias that django-stubs replaces with the project's user model.
    from django.contrib.auth.models import _User

# How verification works, and why
# -------------------------------
#
# A value contains the id of its row, so one query by primary key finds the row, joined with its
# owner. Everything before that query is arithmetic: a value of the wrong length, alphabet, type,
# marker or checksum is refused without a query, so that mistyped keys and noise cost the database
# nothing. The checksum is no protection: anyone can compute it.
#
# The id is not secret, and whoever knows one must learn nothing from it. Until the digest of the
# whole value has matched the stored one, every failure is therefore the same `ApiKeyNotFound`. An
# unknown id costs the same work as a wrong secret: one query, one digest and one comparison in
# constant time. Reading an existing row takes some tens of microseconds longer, which cannot be
# avoided and reveals only that the id exists. After the match, the caller has proven that they hold
# the key, and may learn why it is refused: wrong kind, revoked or expired. A key whose owner is
# inactive or hidden stays "not found", because the owner's state is not the caller's business. So
# does a usable key outside of its networks: a thief must not learn that it would work elsewhere.
#
# The secret has 225 random bits, so a fast hash is sufficient. The pepper ensures that digests from
# a stolen database cannot be checked elsewhere. Each row records the number of its pepper, so
# peppers can be rotated without touching the rows.
#
# Verification writes nothing. The process cache, which is off by default, stores the columns of a
# row and never an instance: each verification builds a key and an owner of its own, and checks
# again whether they are usable. See `stack_apikeys.verification.cache`.

_logger = logging.getLogger("stack_apikeys")
_rejections = logging.getLogger("stack_apikeys.verification")

_NO_DIGEST = "0" * 64
"""Compared with the digest of a value whose id is unknown. No value is known to have this digest."""


@overload
def verify_api_key(
    value: str | Secret,
    *,
    kind: Literal["user"],
    request: HttpRequest | None = None,
    address: str | None = None,
    accept_public_keys: bool = True,
    cost: Cost = 1,
) -> UserApiKey: ...
@overload
def verify_api_key(
    value: str | Secret,
    *,
    kind: Literal["team"],
    request: HttpRequest | None = None,
    address: str | None = None,
    accept_public_keys: bool = True,
    cost: Cost = 1,
) -> TeamApiKey: ...
@overload
def verify_api_key(
    value: str | Secret,
    *,
    kind: keys.Kind | None = None,
    request: HttpRequest | None = None,
    address: str | None = None,
    accept_public_keys: bool = True,
    cost: Cost = 1,
) -> ApiKey: ...
def verify_api_key(
    value: str | Secret,
    *,
    kind: keys.Kind | None = None,
    request: HttpRequest | None = None,
    address: str | None = None,
    accept_public_keys: bool = True,
    cost: Cost = 1,
) -> ApiKey:
    """Return the key with this value, and its owner, if it is usable. It takes one query.

    White space around the value is ignored. ``kind`` and ``accept_public_keys`` limit which keys
    are accepted. ``request`` is passed to the receivers of `api_key_used`, which is sent only if
    there is a request, and of `api_key_rejected`. It is counted by the rates of the key, as
    ``cost`` requests.

    ``address`` is the network address of the client, by default that of ``request``. A key with
    networks is refused from an address outside of them, and if neither argument tells the address.

    Raises a subclass of `ApiKeyNotValid`: `MalformedApiKey`, without a query; `ApiKeyNotFound` if
    the secret is wrong, or the owner is inactive; `OutsideNetworks`, which is one too; then
    `WrongApiKeyType`, `ApiKeyRevoked`, `ApiKeyExpired` or `PublicApiKeyNotAccepted`. Raises
    `ApiKeysNotEnabled` if keys of the kind are not enabled, and at last `ApiKeyRateLimited`, or
    `LimitUnavailable` if the cache fails and ``ON_CACHE_FAILURE`` refuses.
    """
    value = keys.as_secret(value)
    parsed = None
    try:
        parsed = keys.parse(value)
        MODELS[kind or parsed.kind].require_enabled()
        api_key = _get(parsed, value)
        _require_usable(api_key, kind, request, address, accept_public_keys=accept_public_keys)
        if request is not None:
            charge(api_key, request, cost)
    except StackApiKeysError as error:
        _report(error, parsed, request)
        raise
    if request is not None and api_key_used.receivers:
        api_key_used.send_robust(sender=type(api_key), api_key=api_key, request=request)
    return api_key


@overload
async def averify_api_key(
    value: str | Secret,
    *,
    kind: Literal["user"],
    request: HttpRequest | None = None,
    address: str | None = None,
    accept_public_keys: bool = True,
    cost: Cost = 1,
) -> UserApiKey: ...
@overload
async def averify_api_key(
    value: str | Secret,
    *,
    kind: Literal["team"],
    request: HttpRequest | None = None,
    address: str | None = None,
    accept_public_keys: bool = True,
    cost: Cost = 1,
) -> TeamApiKey: ...
@overload
async def averify_api_key(
    value: str | Secret,
    *,
    kind: keys.Kind | None = None,
    request: HttpRequest | None = None,
    address: str | None = None,
    accept_public_keys: bool = True,
    cost: Cost = 1,
) -> ApiKey: ...
async def averify_api_key(
    value: str | Secret,
    *,
    kind: keys.Kind | None = None,
    request: HttpRequest | None = None,
    address: str | None = None,
    accept_public_keys: bool = True,
    cost: Cost = 1,
) -> ApiKey:
    """Asynchronous version of `verify_api_key`."""
    value = keys.as_secret(value)
    return await run_in_thread(
        lambda: verify_api_key(
            value,
            kind=kind,
            request=request,
            address=address,
            accept_public_keys=accept_public_keys,
            cost=cost,
        )
    )


def get_user(*, api_key: str | Secret) -> "_User | None":
    """Return the owner of a usable user key, or None. ``api_key`` is the key's value."""
    api_key = keys.as_secret(api_key)
    return cast("_User | None", _owner_of(api_key, "user"))


async def aget_user(*, api_key: str | Secret) -> "_User | None":
    """Asynchronous version of `get_user`."""
    api_key = keys.as_secret(api_key)
    return cast("_User | None", await run_in_thread(lambda: _owner_of(api_key, "user")))


def get_team(*, api_key: str | Secret) -> Any:
    """Return the owner of a usable team key, or None. ``api_key`` is the key's value.

    The team model is known only when the project is set up, so the return type is ``Any``.
    """
    api_key = keys.as_secret(api_key)
    return _owner_of(api_key, "team")


async def aget_team(*, api_key: str | Secret) -> Any:
    """Asynchronous version of `get_team`."""
    api_key = keys.as_secret(api_key)
    return await run_in_thread(lambda: _owner_of(api_key, "team"))


def report_rejection(
    error: StackApiKeysError, value: Secret | None, request: HttpRequest | None = None
) -> None:
    """Log that a key was refused, and send `api_key_rejected`.

    ``value`` is None if the request has several values.
    """
    try:
        parsed = keys.parse(value)
    except MalformedApiKey:
        parsed = None
    _report(error, parsed, request)


def report_insufficient_scope(
    error: InsufficientScope, api_key: ApiKey, request: HttpRequest
) -> None:
    """Do the same for a key that was accepted, but lacks the scopes that a view requires."""
    _report(error, keys.ParsedKey(api_key.pk, api_key.KIND, api_key.is_public), request)


def _report(
    error: StackApiKeysError, parsed: keys.ParsedKey | None, request: HttpRequest | None
) -> None:
    """Log the id that the value contains, which is not secret, and the reason; never the value."""
    api_key_id = parsed and parsed.id
    kind = parsed and parsed.kind
    _rejections.info("Refused key %s: %s", api_key_id, error.reason)
    api_key_rejected.send_robust(
        sender=kind and MODELS[kind],
        reason=error.reason,
        api_key_id=api_key_id,
        kind=kind,
        request=request,
    )


def _owner_of(value: Secret, kind: keys.Kind) -> Any:
    try:
        return verify_api_key(value, kind=kind).owner
    except StackApiKeysError:
        return None


def _require_usable(
    api_key: ApiKey,
    kind: keys.Kind | None,
    request: HttpRequest | None,
    address: str | None,
    *,
    accept_public_keys: bool,
) -> None:
    """Raise an exception if the key, whose secret has matched, cannot be used here and now."""
    if not get_policy().owner_may_act(api_key.owner):
        raise ApiKeyNotFound
    why_invalid = api_key.why_invalid()
    if why_invalid is None and api_key.networks is not None:
        if address is None:
            address = "" if request is None else client_address(request, whole=True)
        if not contain(api_key.networks, address):
            raise OutsideNetworks
    if kind is not None and kind != api_key.KIND:
        raise WrongApiKeyType(expected_type=kind, actual_type=api_key.KIND)
    if why_invalid:
        reuse.note(api_key, request)
        raise ApiKeyExpired if why_invalid == "expired" else ApiKeyRevoked
    if api_key.is_public and not accept_public_keys:
        raise PublicApiKeyNotAccepted


def _get(parsed: keys.ParsedKey, value: Secret) -> ApiKey:
    """Return the key with this value and its owner, usable or not. Raises `ApiKeyNotFound`."""
    query = query_for(MODELS[parsed.kind])
    # The cache does not notice when the default manager of the owner's model hides an owner.
    if conf.VERIFICATION_CACHE_SECONDS and not query.hides_owners():
        tenant = namespace(query.alias)
        if tenant is not None and invalidation.is_up_to_date(query.alias):
            return _get_cached(query, tenant, parsed, value)
    return query.build(_find(query, parsed, value).columns())


def _get_cached(
    query: VerificationQuery, tenant: Hashable, parsed: keys.ParsedKey, value: Secret
) -> ApiKey:
    """Do the same with the columns in the cache, or store them there."""
    process_cache.clear_if_changed(configured())
    name = query, tenant, keys.digest(value, pepper_id=keys.newest_pepper_id())
    columns = process_cache.get(name)
    if columns is not None:
        return query.build(_with_own_lists(columns))
    moment = process_cache.moment()
    columns = _find(query, parsed, value).columns()
    api_key = query.build(_with_own_lists(columns))
    store = partial(
        process_cache.put,
        name,
        columns,
        subjects=query.rows_of(api_key),
        read_at=moment,
        seconds=seconds_until(api_key.expires_at),
    )
    # Inside a transaction, the row may be one that is never committed.
    transaction.on_commit(store, using=query.alias)
    return api_key


def _with_own_lists(columns: Sequence[Any]) -> Sequence[Any]:
    """Return the columns with copies of lists, such as scopes, which a request might change."""
    return [[*each] if isinstance(each, list) else each for each in columns]


def _find(query: VerificationQuery, parsed: keys.ParsedKey, value: Secret) -> Found:
    """Return the row with this id, if the digest of the value is the one stored in it."""
    found = query.find(parsed.id)
    if found is None:
        stored, pepper_id = _NO_DIGEST, keys.newest_pepper_id()
    else:
        stored, pepper_id = found.digest, found.pepper_id
    try:
        digest = keys.digest(value, pepper_id=pepper_id)
    except MissingPepper as error:
        _logger.error("%s", error)  # noqa: TRY400  # a traceback would add nothing
        raise
    # The comparison comes first, so that an unknown id takes as long as a wrong secret.
    if hmac.compare_digest(digest, stored) and found is not None:
        return found
    if found is not None:
        changed_peppers.report(pepper_id, found.pepper_fingerprint)
    raise ApiKeyNotFound
