"""Access tokens: what they say, who may make them, and when they stop."""

import base64
import hashlib
import hmac
import json
import time

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

from stack_apikeys.api import access
from stack_apikeys.sdk import tokens
from stack_apikeys.sdk.models import Session
from tests.factories import UserFactory
from tests.wire import anyone, assert_known_error, person, refresh, server, sign_in

pytestmark = pytest.mark.django_db

PROJECT_ID = django_settings.STACK_APIKEYS["PROJECT_ID"]
JWKS = f"/api/v1/projects/{PROJECT_ID}/.well-known/jwks.json"


@pytest.fixture
def user():
    return UserFactory(display_name="Ada")


@pytest.fixture
def token(user):
    return sign_in(user)["access_token"]


@pytest.fixture
def configure(settings):
    def set_names(**changes):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | changes

    return set_names


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


def test_a_token_says_what_the_sdks_schema_asks_for(user, token):
    claims = claims_of(token)
    now = time.time()
    assert abs(claims.pop("iat") - now) < 60
    assert abs(claims.pop("exp") - now - 600) < 60
    assert claims == {
        "sub": str(user.pk),
        "iss": f"http://testserver/api/v1/projects/{PROJECT_ID}",
        "aud": PROJECT_ID,
        "project_id": PROJECT_ID,
        "branch_id": "main",
        "refresh_token_id": str(Session.objects.get().pk),
        "role": "authenticated",
        "name": "Ada",
        "email": user.email,
        "email_verified": False,
        "selected_team_id": None,
        "signed_up_at": int(user.date_joined.timestamp()),
        "is_anonymous": False,
        "is_restricted": False,
        "restricted_reason": None,
        "requires_totp_mfa": False,
    }


def test_a_client_request_takes_one_query_for_token_session_and_user(
    user, token, django_assert_num_queries
):
    caller = anyone(access_token=token)
    with django_assert_num_queries(2):  # the other one is the list
        response = caller.get("/user-api-keys?user_id=me")
    assert response.status_code == 200


def test_a_token_opens_the_key_endpoints_without_csrf(user, token):
    caller = anyone(access_token=token, client=Client(enforce_csrf_checks=True))
    created = caller.post(
        "/user-api-keys", {"user_id": "me", "description": "", "expires_at_millis": None}
    )
    assert created.status_code == 200
    assert user.api_keys.get().created_by == user


def test_a_token_comes_before_the_session_of_a_page(user, token):
    client = Client(enforce_csrf_checks=True)
    client.force_login(UserFactory())
    assert anyone(access_token=token, client=client).get("/users/me").json()["id"] == str(user.pk)


def test_a_backend_with_a_visitors_token_may_say_me(user, token):
    assert server().get("/users/me", access_token=token).json()["id"] == str(user.pk)
    other = UserFactory()
    response = server().get(f"/user-api-keys?user_id={other.pk}", access_token=token)
    assert response.status_code == 200


@pytest.mark.parametrize("family", ["x-stack-", "X-Hexclave-"])
def test_both_header_families_carry_a_token(user, token, family):
    caller = anyone(access_token=token)
    caller.headers = {
        name.replace("X-Hexclave-", family): value for name, value in caller.headers.items()
    }
    assert caller.get("/users/me").status_code == 200


def test_the_project_key_is_checked_before_anything_is_looked_up(token, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = anyone(access_token=token).get("/users/me", publishable_client_key="wrong")
    assert response.json()["code"] == "INVALID_PUBLISHABLE_CLIENT_KEY"


def test_a_token_without_access_type_is_no_access(token):
    response = anyone().get("/users/me", access_token=token, access_type="", project_id="")
    assert response.json()["code"] == "PROJECT_KEY_WITHOUT_ACCESS_TYPE"


def test_without_the_app_no_token_is_ours(token, monkeypatch):
    monkeypatch.setattr(access, "read_access_token", None)
    assert_unparsable(token)


def test_what_is_wrong_is_told_in_the_contracts_order(token):
    caller = anyone(access_token="nonsense")
    path = "/auth/password/update"
    assert caller.post(path, b"{", publishable_client_key="x").json()["code"] == (
        "BODY_PARSING_ERROR"
    )
    response = caller.post(path, {}, publishable_client_key="x")
    assert response.json()["code"] == "INVALID_PUBLISHABLE_CLIENT_KEY"
    assert caller.post(path, {}).json()["code"] == "UNPARSABLE_ACCESS_TOKEN"
    assert anyone().post(path, {}).json()["code"] == "SCHEMA_ERROR"
    body = {"old_password": "x", "new_password": "y"}
    assert anyone().post(path, body).json()["code"] == "USER_AUTHENTICATION_REQUIRED"


# What is no token of ours ---------------------------------------------------------------------


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


def test_a_token_signed_by_somebody_else_is_not_parsable(token):
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
def test_a_token_of_our_key_that_lacks_a_claim_is_not_parsable(token, missing):
    claims = claims_of(token)
    del claims[missing]
    key = tokens.signing_keys()[0]
    assert_unparsable(jwt.encode(claims, key.private, "ES256", headers={"kid": key.jwk["kid"]}))


def test_a_token_that_is_not_of_a_session_is_not_parsable(token):
    key = tokens.signing_keys()[0]
    claims = claims_of(token) | {"refresh_token_id": "nonsense"}
    assert_unparsable(jwt.encode(claims, key.private, "ES256", headers={"kid": key.jwk["kid"]}))


def test_another_projects_token_is_told(configure, token):
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


# When a token stops ---------------------------------------------------------------------------


def test_an_expired_token_is_told(user, token):
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


def assert_ended(token):
    response = me(token)
    assert (response.status_code, response.json()["code"]) == (401, "ACCESS_TOKEN_EXPIRED")
    assert response.json()["details"]["expired_at_millis"] is None
    assert "expired at" not in response.json()["error"]


def test_a_deactivated_users_token_stops_at_once(user, token):
    user.is_active = False
    user.save()
    assert_ended(token)


def test_a_deleted_users_token_stops_at_once(user, token):
    user.delete()
    assert_ended(token)


def test_a_signed_out_sessions_token_stops_at_once(token):
    assert anyone(access_token=token).delete("/auth/sessions/current", {}).status_code == 200
    assert_ended(token)


def test_a_token_stops_at_once_when_the_password_changes_by_whatever_means(user, token):
    user.set_password("another password of theirs")
    user.save()
    assert_ended(token)


def test_a_token_stops_with_its_session(token):
    session = Session.objects.get()
    Session.objects.update(expires_at=session.created_at)
    assert_ended(token)


# Keys -----------------------------------------------------------------------------------------


def test_other_services_check_a_token_by_the_public_keys_alone(token):
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


def test_the_public_keys_are_the_projects_own():
    path = f"/api/v1/projects/{'0' * 8}-0000-4000-8000-{'0' * 12}/.well-known/jwks.json"
    assert Client().get(path).status_code == 404


def test_the_key_is_the_same_in_every_process_and_another_for_another_secret(settings):
    settings.SECRET_KEY = "one"
    one = tokens.signing_keys()[0].jwk
    tokens._derived_from.cache_clear()
    assert tokens.signing_keys()[0].jwk == one
    settings.SECRET_KEY = "two"
    assert tokens.signing_keys()[0].jwk != one


def test_a_changed_secret_key_signs_nobody_out_while_it_has_a_fallback(user, settings):
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


def test_a_session_that_was_used_since_outlives_the_fallback_of_the_secret_key(user, settings):
    signed_in = sign_in(user)
    Session.objects.update(last_used_at="2020-01-01T00:00:00Z")
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "the next one"
    assert refresh(signed_in["refresh_token"]).status_code == 200
    settings.SECRET_KEY_FALLBACKS = []
    assert refresh(signed_in["refresh_token"]).status_code == 200


def test_configured_keys_sign_and_verify_and_are_rotated(user, configure):
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


def test_no_private_key_shows_in_a_repr():
    assert "private" not in repr(tokens.signing_keys()[0])


def test_a_selected_team_is_in_the_next_token(user):
    caller = person(user)
    from stack_apikeys.teams.models import Team

    team = Team.objects.create_team(display_name="Analysts", creator=user)
    caller.patch("/users/me", {"selected_team_id": str(team.pk)})
    assert claims_of(sign_in(user)["access_token"])["selected_team_id"] == str(team.pk)
    team.remove_member(user)
    assert claims_of(sign_in(user)["access_token"])["selected_team_id"] is None
