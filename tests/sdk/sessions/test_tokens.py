"""The signatures of access tokens, and the keys that make them."""

import base64
import hashlib
import hmac
import json

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from django.conf import settings as django_settings
from django.test import Client

from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.sessions import tokens
from tests.factories import UserFactory
from tests.wire import anyone, assert_known_error, refresh, sign_in

pytestmark = pytest.mark.django_db
PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
JWKS = f"/api/v1/projects/{PROJECT_ID}/.well-known/jwks.json"


@pytest.fixture
def token(user):
    return sign_in(user)["access_token"]


def claims_of(token):
    return jwt.decode(token, options={"verify_signature": False})


def me(token):
    return anyone().get("/users/me", access_token=token)


def pem(key=None):
    key = key or ec.generate_private_key(ec.SECP256R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def part(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def assert_unparsable(token):
    assert_known_error(me(token), 401, "UNPARSABLE_ACCESS_TOKEN", "Access token is not parsable.")


@pytest.mark.parametrize(
    "token",
    ["x", "x.y.z", "..", "ünïcödé", "a" * 5000, "[" * 5000, part({"alg": "ES256"}) + ".e30.e30"],
)
def test_nonsense_is_not_parsable(token, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert_unparsable(token)


def test_deep_nesting_in_an_unsigned_part_is_not_parsable():
    header = base64.urlsafe_b64encode(b"[" * 100_000).decode()
    assert_unparsable(f"{header}.e30.e30")


def test_a_token_signed_with_another_key_is_not_parsable(token):
    key = ec.generate_private_key(ec.SECP256R1())
    kid = jwt.get_unverified_header(token)["kid"]
    for headers in ({"kid": kid}, {"kid": "another"}, {}):
        assert_unparsable(jwt.encode(claims_of(token), key, "ES256", headers=headers))


def test_a_repacked_token_is_not_parsable(user, token):
    header, _payload, signature = token.split(".")
    other = claims_of(token) | {"sub": str(UserFactory().pk)}
    assert_unparsable(f"{header}.{part(other)}.{signature}")


def test_an_unsigned_token_is_not_parsable(token):
    kid = jwt.get_unverified_header(token)["kid"]
    payload = part(claims_of(token))
    for algorithm in ("none", "None", "NONE", "ES256"):
        header = part({"alg": algorithm, "typ": "JWT", "kid": kid})
        assert_unparsable(f"{header}.{payload}.")


def test_a_token_signed_with_the_public_key_as_a_shared_secret_is_not_parsable(token):
    public = tokens.signing_keys()[0].private.public_key()
    header = part({"alg": "HS256", "typ": "JWT", "kid": jwt.get_unverified_header(token)["kid"]})
    signed = f"{header}.{part(claims_of(token))}"
    for secret in (
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        json.dumps(tokens.signing_keys()[0].jwk).encode(),
    ):
        mac = hmac.digest(secret, signed.encode(), hashlib.sha256)
        assert_unparsable(f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}")


@pytest.mark.parametrize("missing", ["sub", "aud", "exp", "iat", "refresh_token_id"])
def test_a_signed_token_without_a_required_claim_is_not_parsable(token, missing):
    claims = claims_of(token)
    del claims[missing]
    key = tokens.signing_keys()[0]
    assert_unparsable(jwt.encode(claims, key.private, "ES256", headers={"kid": key.jwk["kid"]}))


def test_a_signed_token_without_a_session_id_is_not_parsable(token):
    key = tokens.signing_keys()[0]
    claims = claims_of(token) | {"refresh_token_id": "nonsense"}
    assert_unparsable(jwt.encode(claims, key.private, "ES256", headers={"kid": key.jwk["kid"]}))


def test_a_token_for_another_project_is_refused(configure, token):
    configure(PROJECT_ID="internal")
    response = anyone().get("/users/me", access_token=token, project_id="internal")
    assert_known_error(
        response,
        401,
        "INVALID_PROJECT_FOR_ACCESS_TOKEN",
        'Access token not valid for this project. Expected project ID "internal", but the token '
        f'is for project ID "{PROJECT_ID}".',
        {"expected_project_id": "internal", "actual_project_id": PROJECT_ID},
    )


def test_an_expired_token_is_refused(user, token):
    key = tokens.signing_keys()[0]
    claims = claims_of(token) | {"exp": 1_700_000_000}
    expired = jwt.encode(claims, key.private, "ES256", headers={"kid": key.jwk["kid"]})
    session_id = claims["refresh_token_id"]
    response = me(expired)
    assert_known_error(
        response,
        401,
        "ACCESS_TOKEN_EXPIRED",
        details={
            "expired_at_millis": 1_700_000_000_000,
            "project_id": PROJECT_ID,
            "user_id": str(user.pk),
            "refresh_token_id": session_id,
        },
    )
    assert response.json()["error"].startswith(
        "Access token has expired. Please refresh it and try again. (The access token expired at "
        f"2023-11-14T22:13:20.000Z.) Project ID: {PROJECT_ID}. User ID: {user.pk}. "
        f"Refresh token ID: {session_id}.\n\n"
    )


def test_other_services_can_verify_a_token_with_the_public_keys(token):
    response = Client().get(JWKS)
    assert response.status_code == 200
    assert response["Access-Control-Allow-Origin"] == "*"
    [jwk] = response.json()["keys"]
    assert jwk.keys() == {"kty", "crv", "x", "y", "kid", "alg", "use"}
    assert (jwk["kty"], jwk["crv"], jwk["alg"], jwk["use"]) == ("EC", "P-256", "ES256", "sig")
    claims = jwt.decode(
        token,
        jwt.PyJWKSet.from_dict(response.json())[jwt.get_unverified_header(token)["kid"]],
        audience=PROJECT_ID,
        issuer=f"http://testserver/api/v1/projects/{PROJECT_ID}",
    )
    assert claims["role"] == "authenticated"


def test_the_public_keys_of_other_projects_are_not_found():
    path = f"/api/v1/projects/{'0' * 8}-0000-4000-8000-{'0' * 12}/.well-known/jwks.json"
    assert Client().get(path).status_code == 404


def test_the_signing_key_depends_on_the_secret_key_only(settings):
    settings.SECRET_KEY = "one"
    one = tokens.signing_keys()[0].jwk
    tokens._derived_from.cache_clear()
    assert tokens.signing_keys()[0].jwk == one
    settings.SECRET_KEY = "two"
    assert tokens.signing_keys()[0].jwk != one


def test_tokens_stay_valid_while_the_old_secret_key_is_a_fallback(user, settings):
    signed_in = sign_in(user)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    assert me(signed_in["access_token"]).status_code == 200
    renewed = refresh(signed_in["refresh_token"]).json()["access_token"]
    kids = [key["kid"] for key in Client().get(JWKS).json()["keys"]]
    assert jwt.get_unverified_header(renewed)["kid"] == kids[0]
    assert jwt.get_unverified_header(signed_in["access_token"])["kid"] == kids[1]

    settings.SECRET_KEY_FALLBACKS = []
    assert_unparsable(signed_in["access_token"])


def test_a_session_that_is_used_stays_valid_after_the_fallback_is_removed(user, settings):
    signed_in = sign_in(user)
    Session.objects.update(last_used_at="2020-01-01T00:00:00Z")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    assert refresh(signed_in["refresh_token"]).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert refresh(signed_in["refresh_token"]).status_code == 200


def test_configured_keys_can_be_rotated(user, configure):
    old, new = pem(), pem()
    configure(ACCESS_TOKEN_KEYS=[old])
    token = sign_in(user)["access_token"]
    configure(ACCESS_TOKEN_KEYS=[new, old])
    assert me(token).status_code == 200
    assert len(Client().get(JWKS).json()["keys"]) == 2
    configure(ACCESS_TOKEN_KEYS=[new])
    assert_unparsable(token)


@pytest.mark.parametrize(
    "key",
    [
        "nonsense",
        pem(ec.generate_private_key(ec.SECP384R1())),
        pem(ed25519.Ed25519PrivateKey.generate()),
    ],
    ids=["nonsense", "another-curve", "another-kind"],
)
def test_other_keys_are_refused(configure, key):
    configure(ACCESS_TOKEN_KEYS=[key])
    with pytest.raises(ValueError):  # noqa: PT011  # the words are cryptography's
        tokens.signing_keys()


def test_the_repr_of_a_signing_key_does_not_show_it():
    assert "private" not in repr(tokens.signing_keys()[0])
