"""What a key looks like: generate, parse, checksum, digest.

    <prefix>_<secret 45><id 32><type 4><flag 1><marker 9><checksum 8>

Section 7 of the wire contract. Everything here is arithmetic on strings: no database, no request,
no model. The checksum proves nothing; it only lets a mistyped key be refused before any I/O.
"""

import functools
import hashlib
import hmac
import re
import secrets
import zlib
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID

from django.views.decorators.debug import sensitive_variables

from stack_apikeys.conf import conf
from stack_apikeys.exceptions import MalformedApiKey, MissingPepper

Kind = Literal["user", "team"]

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case: no i, l, o, u."""

SECRET_LENGTH = 45
"""Characters of the secret, five bits each: 225 bits."""

# 256 is a multiple of 32, so every character is equally likely.
_CHARACTER_OF_BYTE = (ALPHABET * 8).encode()

LENGTH = 102
"""Characters of a whole key."""

_PREFIXES = {False: "sk", True: "pk"}
_FLAGS = {False: "1", True: "3"}
"""Self-hosted keys, secret and public; 0 and 2 are the cloud's."""

_FORM = re.compile(
    r"([sp])k_"  # whether it is public
    rf"[{ALPHABET}]{{{SECRET_LENGTH}}}"
    r"([0-9a-f]{32})"  # the id
    r"(user|team)"  # the type
    r"([13])"  # the flag
    r"([0-9a-z]{9})"  # the marker
    r"([0-9a-f]{8})"  # the checksum
)


class ParsedKey(NamedTuple):
    """What a key says of itself. Nothing of it is proven until the digest has matched."""

    id: UUID
    kind: Kind
    is_public: bool


def generate(*, id: UUID, kind: Kind, is_public: bool = False) -> str:
    """A new key's value, with a secret from the operating system's random source."""
    secret = secrets.token_bytes(SECRET_LENGTH).translate(_CHARACTER_OF_BYTE).decode()
    return assemble(secret=secret, id=id, kind=kind, is_public=is_public)


def assemble(*, secret: str, id: UUID, kind: Kind, is_public: bool = False) -> str:
    """The value that holds these parts."""
    prefix, flag = _PREFIXES[is_public], _FLAGS[is_public]
    body = f"{prefix}_{secret}{id.hex}{kind}{flag}{conf.MARKER}"
    return body + checksum(body)


def checksum(body: str) -> str:
    """CRC-32 (IEEE 802.3) of ``body`` as eight lower-case hex digits."""
    return f"{zlib.crc32(body.encode('ascii')):08x}"


@sensitive_variables()  # a regular expression's match shows what it has matched
def parse(value: object) -> ParsedKey:
    """What the key says of itself.

    Raises `MalformedApiKey` for all that is not exactly a key of ours, None from a missing header
    too: another length, alphabet, type, flag or marker, or a wrong checksum.
    """
    # The length comes first, so that a value of ten megabytes costs nothing.
    if not isinstance(value, str) or len(value) != LENGTH:
        raise MalformedApiKey
    if not (form := _FORM.fullmatch(value)):
        raise MalformedApiKey
    prefix, key_id, kind, flag, marker, crc = form.groups()
    is_public = prefix == "p"
    if flag != _FLAGS[is_public] or marker != conf.MARKER or crc != checksum(value[:-8]):
        raise MalformedApiKey
    return ParsedKey(UUID(int=int(key_id, 16)), cast(Kind, kind), is_public)


def looks_like_a_key(value: str) -> bool:
    """Whether the value was at least meant to be a key of ours, if perhaps mistyped."""
    return value.startswith(("sk_", "pk_")) and conf.MARKER in value


def newest_pepper_id() -> int | None:
    """The pepper for new keys: the highest number, or None where no pepper is configured."""
    return max(conf.PEPPERS, default=None)


def digest(value: str, *, pepper_id: int | None) -> str:
    """What is stored of a key: hex of HMAC-SHA256 with the pepper, or of SHA-256 without one.

    The secret is random and long, so a fast hash is enough; the pepper keeps digests from a stolen
    database from being checked anywhere else. Raises `MissingPepper`.
    """
    if pepper_id is None:
        return hashlib.sha256(value.encode()).hexdigest()
    try:
        pepper = conf.PEPPERS[pepper_id]
    except KeyError:
        raise MissingPepper(pepper_id=str(pepper_id)) from None
    keyed = _keyed(pepper).copy()
    keyed.update(value.encode())
    return keyed.hexdigest()


@functools.cache
def _keyed(pepper: str) -> hmac.HMAC:
    """An HMAC that has taken in the key: two thirds of the work, and the same for each value."""
    return hmac.new(pepper.encode(), digestmod="sha256")


def issue(*, id: UUID, kind: Kind, is_public: bool = False) -> tuple[str, dict[str, Any]]:
    """A new key's value, and the columns that a row has of it."""
    value = generate(id=id, kind=kind, is_public=is_public)
    pepper_id = newest_pepper_id()
    return value, {
        "id": id,
        "digest": digest(value, pepper_id=pepper_id),
        "pepper_id": pepper_id,
        "last_four": value[-4:],
        "is_public": is_public,
    }
