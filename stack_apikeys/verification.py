"""From a key's value to its row, or to the reason why not."""

import hmac
import logging
from functools import partial
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db import transaction
from django.db.models import Model
from django.views.decorators.debug import sensitive_variables

from stack_apikeys import keys
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeyExpired,
    ApiKeyNotFound,
    ApiKeyRevoked,
    MissingPepper,
    StackApiKeysError,
    WrongApiKeyType,
)
from stack_apikeys.models import MODELS, TeamApiKey, UserApiKey
from stack_apikeys.verification_cache import cache, seconds_until
from stack_apikeys.verification_query import Row, VerificationQuery, query_for

logger = logging.getLogger("stack_apikeys")

NO_DIGEST = "0" * 64
"""Stands in for the digest of a key that does not exist; no value is known to have it."""


@sensitive_variables("value")
def verify_api_key(value: str, *, kind: keys.Kind | None = None) -> UserApiKey | TeamApiKey:
    """The row of a usable key, with its owner, for one query.

    Raises a subclass of `ApiKeyNotValid`: `MalformedApiKey` without a query; `ApiKeyNotFound`
    while the secret has not matched, or where the owner is switched off; then `WrongApiKeyType`
    if ``kind`` is given and the key is of the other one, `ApiKeyRevoked`, `ApiKeyExpired`. Raises
    `ApiKeysNotEnabled` where keys of the kind are switched off.
    """
    parsed = keys.parse(value)
    MODELS[kind or parsed.kind].require_enabled()
    return _verify_parsed(parsed, value, kind)


@sensitive_variables("value")
async def averify_api_key(value: str, *, kind: keys.Kind | None = None) -> UserApiKey | TeamApiKey:
    """Do what `verify_api_key` does, from asynchronous code."""
    parsed = keys.parse(value)
    MODELS[kind or parsed.kind].require_enabled()

    # Without arguments, which asgiref would keep where reports of errors look for variables.
    @sensitive_variables("value")
    def verify() -> UserApiKey | TeamApiKey:
        return _verify_parsed(parsed, value, kind)

    return await sync_to_async(verify)()


@sensitive_variables("api_key")
def get_user(*, api_key: str) -> Model | None:
    """The user that a usable user key stands for, or None."""
    try:
        return verify_api_key(api_key, kind="user").owner
    except StackApiKeysError:
        return None


@sensitive_variables("api_key")
async def aget_user(*, api_key: str) -> Model | None:
    """Do what `get_user` does, from asynchronous code."""
    try:
        return (await averify_api_key(api_key, kind="user")).owner
    except StackApiKeysError:
        return None


@sensitive_variables("api_key")
def get_team(*, api_key: str) -> Model | None:
    """The team that a usable team key stands for, or None."""
    try:
        return verify_api_key(api_key, kind="team").owner
    except StackApiKeysError:
        return None


@sensitive_variables("api_key")
async def aget_team(*, api_key: str) -> Model | None:
    """Do what `get_team` does, from asynchronous code."""
    try:
        return (await averify_api_key(api_key, kind="team")).owner
    except StackApiKeysError:
        return None


def _verify_parsed(
    parsed: keys.ParsedKey, value: str, kind: keys.Kind | None
) -> UserApiKey | TeamApiKey:
    api_key = _find(parsed, value)
    if not getattr(api_key.owner, "is_active", True):
        raise ApiKeyNotFound
    if kind is not None and kind != parsed.kind:
        raise WrongApiKeyType(expected_type=kind, actual_type=parsed.kind)
    match api_key.why_invalid():
        case "manually-revoked":
            raise ApiKeyRevoked
        case "expired":
            raise ApiKeyExpired
    return api_key


def _find(parsed: keys.ParsedKey, value: str) -> UserApiKey | TeamApiKey:
    """The key of this value, usable or not, with its owner; raises `ApiKeyNotFound`."""
    query = query_for(MODELS[parsed.kind])
    if not conf.VERIFICATION_CACHE_SECONDS:
        return query.build(_read(query, parsed.id, value))
    name = query, keys.digest(value, pepper_id=keys.newest_pepper_id())
    kept = cache.get(name)
    if kept is not None:
        return query.build(kept)
    moment = cache.moment()
    columns = _read(query, parsed.id, value)
    api_key = query.build(columns)
    keep = partial(
        cache.put,
        name,
        columns,
        subjects=[(query.model, api_key.pk), (query.owner_model, api_key.owner_id)],
        read_at=moment,
        seconds=seconds_until(api_key.expires_at),
    )
    # What was read in a transaction may be that transaction's own, and never come to pass.
    transaction.on_commit(keep, using=query.alias)
    return api_key


def _read(query: VerificationQuery, id: UUID, value: str) -> Row:
    """The columns of the key of this value and of its owner, from the database."""
    row = query.fetch(id)
    if row is None:
        # As much work as for a wrong secret, so that time does not tell which ids exist.
        stored, pepper_id = NO_DIGEST, keys.newest_pepper_id()
    else:
        stored, pepper_id = row[query.digest_at], row[query.pepper_id_at]
    try:
        digest = keys.digest(value, pepper_id=pepper_id)
    except MissingPepper as error:
        logger.error("%s", error)  # noqa: TRY400  # the message says all; a trace adds nothing
        raise
    if not hmac.compare_digest(digest, stored) or row is None:
        raise ApiKeyNotFound
    return query.convert(row)
