"""The format of API keys: how they are generated, parsed and hashed.

    <prefix>_<secret 45><id 32><kind 4><flag 1><marker 9><checksum 8>

It is the format of Stack Auth's keys. Nothing here uses the database, a request or a model. The
checksum is no protection against forgery; it detects mistyped keys without a query.
"""

import functools
import hashlib
import hmac
import re
import secrets
import zlib
from collections.abc import Iterator
from typing import Any, Literal, NamedTuple, cast
from uuid import UUID, uuid4

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from stack_apikeys.conf import conf
from stack_apikeys.exceptions import MalformedApiKey, MissingPepper
from stack_apikeys.secret import Secret

Kind = Literal["user", "team"]

CreatedKey = tuple[Secret, UUID, str, str]
"""The value of a key, its id, its digest, and its last four characters."""

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's base 32 in lower case, which has no i, l, o or u."""

SECRET_LENGTH = 45
"""The number of characters of the secret. Each has 5 bits, which makes 225 bits."""

# Every character is equally likely, because 256 is a multiple of 32.
_CHARACTER_OF_BYTE = (ALPHABET * 8).encode()

LENGTH = 102
"""The number of characters of a key."""

_PREFIXES = {False: "sk", True: "pk"}
_FLAGS = {False: "1", True: "3"}
"""The flags of self-hosted keys, by whether they are public; 0 and 2 are those of the cloud."""

_FINGERPRINTED = b"fingerprint of a pepper of stack_apikeys"

FORM = re.compile(
    r"[sp]k_"  # whether it is public
    rf"[{ALPHABET}]{{{SECRET_LENGTH}}}"
    r"[0-9a-f]{32}"  # the id
    r"(?:user|team)"  # the kind
    r"[13]"  # the flag
    r"[0-9a-z]{9}"  # the marker
    r"[0-9a-f]{8}"  # the checksum
)
"""Matches every key, and other text only if its marker, flag or checksum is wrong."""

_ID, _KIND, _FLAG = slice(48, 80), slice(80, 84), slice(84, 85)
_BODY, _CHECKSUM = slice(0, -8), slice(-8, None)

MARKER = slice(-17, -8)
"""The position of the marker, from the end, so that it is found in a key without its beginning."""


class ParsedKey(NamedTuple):
    """What the value of a key claims. None of it is proven until the digest has matched."""

    id: UUID
    kind: Kind
    is_public: bool


def generate(*, id: UUID, kind: Kind, is_public: bool = False) -> str:
    """Return the value of a new key, with a secret from the operating system's random source."""
    secret = secrets.token_bytes(SECRET_LENGTH).translate(_CHARACTER_OF_BYTE).decode()
    return assemble(secret=secret, id=id, kind=kind, is_public=is_public)


def assemble(*, secret: str, id: UUID, kind: Kind, is_public: bool = False) -> str:
    """Return the value that consists of these parts."""
    prefix, flag = _PREFIXES[is_public], _FLAGS[is_public]
    body = f"{prefix}_{secret}{id.hex}{kind}{flag}{conf.MARKER}"
    return body + checksum(body)


def checksum(body: str) -> str:
    """Return the CRC-32 (IEEE 802.3) of ``body`` as eight lower-case hexadecimal digits."""
    return f"{zlib.crc32(body.encode('ascii')):08x}"


def as_secret(value: object) -> Secret:
    """Return the value as a `Secret`, without surrounding whitespace.

    The secret is empty if the value cannot be a key: if it is not a string, such as None from a
    missing header, or has the wrong length.
    """
    if isinstance(value, Secret):
        if len(value.reveal()) == LENGTH:
            return value
        value = value.reveal()
    return _wrap(value.strip() if isinstance(value, str) else value)


def _wrap(value: object) -> Secret:
    # The length first, so that a value of ten megabytes is not copied.
    return Secret(value) if isinstance(value, str) and len(value) == LENGTH else Secret("")


def parse(value: object) -> ParsedKey:
    """Return what the value of a key claims.

    Raises `MalformedApiKey` if it is not a key: not a string, or one with the wrong length,
    alphabet, kind, flag, marker or checksum.
    """
    value = value if isinstance(value, Secret) else _wrap(value)
    text = value.reveal()
    # The match is not assigned, because its repr() in an error report would show the value.
    if not FORM.fullmatch(text):
        raise MalformedApiKey
    is_public = text[0] == "p"
    if (
        text[_FLAG] != _FLAGS[is_public]
        or text[MARKER] != conf.MARKER
        or int(text[_CHECKSUM], 16) != zlib.crc32(text[_BODY].encode())
    ):
        raise MalformedApiKey
    return ParsedKey(UUID(int=int(text[_ID], 16)), cast(Kind, text[_KIND]), is_public)


def newest_pepper_id() -> int | None:
    """Return the id of the pepper for new keys, which is the highest, or None without peppers."""
    return max(conf.PEPPERS, default=None)


def digest(value: str | Secret, *, pepper_id: int | None) -> str:
    """Return the digest that is stored: HMAC-SHA256 with the pepper, or SHA-256 without one.

    A fast hash is enough, because the secret is random and long. The pepper prevents anyone who has
    only a copy of the database from testing values against it. Raises `MissingPepper` if the
    settings have no pepper with this id.
    """
    value = value if isinstance(value, Secret) else Secret(value)
    return _digest(value, _empty_hash(pepper_id))


def _digest(value: Secret, empty: Any) -> str:
    hashed = empty.copy()
    hashed.update(value.reveal().encode())
    digest: str = hashed.hexdigest()
    return digest


def pepper_fingerprint(pepper_id: int | None) -> int | None:
    """Return a number that identifies the pepper itself, or None without a pepper.

    It is stored with each key, so that a changed pepper can be distinguished from a wrong secret.
    It consists of 31 bits of an HMAC, and reveals no more of the pepper than the digest of a known
    key. Raises KeyError if the settings have no pepper with this id.
    """
    if pepper_id is None:
        return None
    return _fingerprint(conf.PEPPERS[pepper_id])


@functools.cache
def _fingerprint(pepper: str) -> int:
    return int(hmac.new(pepper.encode(), _FINGERPRINTED, "sha256").hexdigest()[:8], 16) >> 1


def _empty_hash(pepper_id: int | None) -> Any:
    """Return the hash of nothing, to be copied. Raises `MissingPepper`."""
    if pepper_id is None:
        return hashlib.sha256()
    try:
        pepper = conf.PEPPERS[pepper_id]
    except KeyError:
        raise MissingPepper(pepper_id=str(pepper_id)) from None
    return _keyed(pepper)


@functools.cache
def _keyed(pepper: str) -> hmac.HMAC:
    """Return an HMAC with the pepper as its key, to be copied: two thirds of the work of a digest."""
    return hmac.new(pepper.encode(), digestmod="sha256")


def _parse_given(value: Secret) -> ParsedKey:
    try:
        return parse(value)
    except MalformedApiKey:
        raise _wrong_value(_("This is not a well-formed API key.")) from None


def _wrong_value(message: str) -> ValidationError:
    return ValidationError({"value": ValidationError(message, code="invalid")})


def create(
    *,
    id: UUID | None = None,
    kind: Kind,
    is_public: bool = False,
    value: str | Secret | None = None,
) -> tuple[Secret, dict[str, Any]]:
    """Return the value of a new key, and the columns that are derived from it.

    If a ``value`` is given, it is used. Raises ValidationError if that value is malformed or does
    not agree with the other arguments.
    """
    if value is None:
        id = id or uuid4()  # noqa: A001  # Django's name for a primary key
        value = Secret(generate(id=id, kind=kind, is_public=is_public))
    else:
        value = Secret.of(value)
        parsed = _parse_given(value)
        if (parsed.kind, parsed.is_public, id or parsed.id) != (kind, is_public, parsed.id):
            raise _wrong_value(_("This is a key of another kind, or with another id."))
        id = parsed.id  # noqa: A001
    pepper_id = newest_pepper_id()
    return value, {
        "id": id,
        "digest": digest(value, pepper_id=pepper_id),
        "last_four": value.reveal()[-4:],
        **_columns_of_all(pepper_id, is_public=is_public),
    }


def create_many(
    number: int, *, kind: Kind, is_public: bool = False
) -> tuple[dict[str, Any], Iterator[CreatedKey]]:
    """Return the columns that this number of new keys have in common, and what they differ in."""
    pepper_id = newest_pepper_id()
    return _columns_of_all(pepper_id, is_public=is_public), _create_many(
        number, kind, is_public, _empty_hash(pepper_id)
    )


def _columns_of_all(pepper_id: int | None, *, is_public: bool) -> dict[str, Any]:
    return {
        "pepper_id": pepper_id,
        "pepper_fingerprint": pepper_fingerprint(pepper_id),
        "is_public": is_public,
    }


def _create_many(number: int, kind: Kind, is_public: bool, empty: Any) -> Iterator[CreatedKey]:
    for _number in range(number):
        id = uuid4()  # noqa: A001  # Django's name for a primary key
        value = Secret(generate(id=id, kind=kind, is_public=is_public))
        yield value, id, _digest(value, empty), value.reveal()[-4:]
