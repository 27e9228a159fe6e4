"""Sign and verify access tokens: section 4.1 of the wire contract.

Access tokens are JSON Web Tokens that are signed with ES256 (RFC 7518, section 3.4), so that other
services can verify them with the public keys.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from django.utils import timezone
from django.utils.encoding import force_bytes
from jwt.algorithms import ECAlgorithm

from stack_apikeys.conf import conf
from stack_apikeys.sdk.sessions.exceptions import AccessTokenExpired, InvalidProjectForAccessToken
from stack_apikeys.secret import Secret
from stack_apikeys.wire.exceptions import UnparsableAccessToken

ALGORITHM = "ES256"

_CURVE = ec.SECP256R1()

_CURVE_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""The order of the curve (SEC 2, section 2.4.2). Private keys are smaller."""

_REQUIRED_CLAIMS = ["sub", "aud", "iat", "exp", "refresh_token_id"]


@dataclass(frozen=True, slots=True, repr=False)
class SigningKey:
    """A private key, and its public key as a JSON Web Key."""

    private: ec.EllipticCurvePrivateKey
    jwk: Mapping[str, str]


def signing_keys() -> list[SigningKey]:
    """Return the keys from the settings. The first one signs, and all of them verify.

    Without ``ACCESS_TOKEN_KEYS``, the keys are derived from ``SECRET_KEY`` and
    ``SECRET_KEY_FALLBACKS``. Raises ValueError for a key in ``ACCESS_TOKEN_KEYS`` that is not a
    P-256 private key, which system check ``stack_apikeys_sdk.E001`` also reports.
    """
    if pems := conf.ACCESS_TOKEN_KEYS:
        return [_from_pem(pem) for pem in pems]
    return [
        _derived_from(force_bytes(secret))
        for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    ]


@lru_cache
def _from_pem(pem: str) -> SigningKey:
    private = load_pem_private_key(pem.encode(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey) or private.curve.name != _CURVE.name:
        raise ValueError("The key is not on the curve P-256.")
    return _signing_key(private)


@lru_cache
def _derived_from(secret: bytes) -> SigningKey:
    # 128 bits more than the order, so that the remainder is almost uniformly distributed (FIPS
    # 186-5, appendix A.2.1).
    hkdf = HKDF(algorithm=SHA256(), length=48, salt=None, info=b"stack_apikeys.sdk access token")
    number = int.from_bytes(hkdf.derive(secret), "big") % (_CURVE_ORDER - 1) + 1
    return _signing_key(ec.derive_private_key(number, _CURVE))


def _signing_key(private: ec.EllipticCurvePrivateKey) -> SigningKey:
    public = cast(dict[str, str], ECAlgorithm.to_jwk(private.public_key(), as_dict=True))
    # The thumbprint of RFC 7638: these members only, in this order, without spaces.
    members = {name: public[name] for name in ("crv", "kty", "x", "y")}
    digest = hashlib.sha256(json.dumps(members, separators=(",", ":")).encode()).digest()
    kid = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
    return SigningKey(private, {**members, "kid": kid, "alg": ALGORITHM, "use": "sig"})


def sign(claims: Mapping[str, object]) -> Secret:
    """Return a token with these claims and its times of issue and expiration."""
    key = signing_keys()[0]
    issued_at = int(timezone.now().timestamp())
    lifetime = int(conf.ACCESS_TOKEN_LIFETIME.total_seconds())
    return Secret(
        jwt.encode(
            {**claims, "iat": issued_at, "exp": issued_at + lifetime},
            key.private,
            algorithm=ALGORITHM,
            headers={"kid": key.jwk["kid"]},
        )
    )


def read(token: Secret) -> dict[str, Any]:
    """Return the claims of a token.

    Raises `UnparsableAccessToken` for a token with a wrong signature or form, then
    `AccessTokenExpired`, then `InvalidProjectForAccessToken`.
    """
    claims = _verified_claims(token)
    if claims["exp"] <= timezone.now().timestamp():
        raise expired(claims, at_millis=f"{claims['exp'] * 1000:.0f}")
    if claims["aud"] != conf.PROJECT_ID:
        raise InvalidProjectForAccessToken(
            expected_project_id=conf.PROJECT_ID, actual_project_id=claims["aud"]
        )
    return claims


def expired(claims: Mapping[str, Any], *, at_millis: str = "") -> AccessTokenExpired:
    """Return the error for a token that has expired or, without a time, whose session has ended."""
    return AccessTokenExpired(
        expired_at_millis=at_millis,
        project_id=claims["aud"],
        user_id=claims["sub"],
        refresh_token_id=claims["refresh_token_id"],
    )


def _verified_claims(token: Secret) -> dict[str, Any]:
    try:
        kid = jwt.get_unverified_header(token.reveal())["kid"]
        key = next(key for key in signing_keys() if key.jwk["kid"] == kid)
        claims: dict[str, Any] = jwt.decode(
            token.reveal(),
            key.private.public_key(),
            # Do not trust the algorithm in the token, which may be "none".
            algorithms=[ALGORITHM],
            options={
                "require": _REQUIRED_CLAIMS,
                # `read` checks "exp" and "aud" itself. "iat" may be in the near future, because
                # the clocks of servers differ.
                "verify_exp": False,
                "verify_aud": False,
                "verify_iat": False,
            },
        )
        UUID(claims["refresh_token_id"])
    except (jwt.InvalidTokenError, LookupError, StopIteration, ValueError, RecursionError):
        raise UnparsableAccessToken from None
    return claims
