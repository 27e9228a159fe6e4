"""``/api/v1/api-key``: a key asks who it is, ends itself, and rotates itself."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from stack_apikeys import timestamps
from stack_apikeys.verification import verify_api_key
from tests.factories import UserFactory
from tests.scopes import SCOPES
from tests.wire import BASE, Caller, assert_known_error, assert_plain_error, browser, server

pytestmark = pytest.mark.django_db

REFUSED = "An API key cannot manage API keys. Sign in, and send the request without the key."


def key(value, **options):
    """A caller with nothing but a key."""
    return Caller(api_key=value, **options)


# Who it is ----------------------------------------------------------------------------------------


def test_a_key_reads_itself_with_one_query(owner, kind, configure, django_assert_num_queries):
    configure(SCOPES=SCOPES)
    api_key, value = owner.api_keys.create_key(
        description="CI", scopes=["reports:read"], networks=["127.0.0.0/8"], rates=["9/day"]
    )
    with django_assert_num_queries(1):
        response = key(value).get("/api-key")
    assert response["Cache-Control"] == "no-store, max-age=0"
    expected = server().get(f"/{kind}-api-keys/{api_key.pk}").json()
    assert expected["scopes"] == ["reports:read"]
    assert response.json() == expected | {
        "rate_limits": [
            {
                "rate": "9/day",
                "remaining": 8,
                "reset_millis": response.json()["rate_limits"][0]["reset_millis"],
            }
        ]
    }


def test_a_cached_key_reads_itself_without_a_query(
    transactional_db, user, configure, django_assert_num_queries
):
    configure(VERIFICATION_CACHE_SECONDS=60)
    _api_key, value = user.api_keys.create_key()
    assert key(value).get("/api-key").status_code == 200
    with django_assert_num_queries(0):
        assert key(value).get("/api-key").status_code == 200


def test_what_the_rates_leave_is_told(user, configure):
    configure(RATES=["20/second", "1000/hour"])
    _api_key, value = user.api_keys.create_key()
    key(value).get("/api-key")
    response = key(value).get("/api-key")
    assert response.json()["rate_limits"] == [
        {"rate": "20/second", "remaining": 18, "reset_millis": 1000},
        {"rate": "1000/hour", "remaining": 998, "reset_millis": 3570 * 1000},
    ]
    assert response["RateLimit"] == '"second";r=18;t=1, "hour";r=998;t=3570'


def test_a_key_without_rates_is_not_told_of_any(value):
    assert "rate_limits" not in key(value).get("/api-key").json()


def test_a_key_over_its_rate_is_told_to_wait(user):
    _api_key, value = user.api_keys.create_key(rates=["1/hour"])
    assert key(value).get("/api-key").status_code == 200
    response = key(value).get("/api-key")
    assert (response.status_code, response["Retry-After"]) == (429, "10")


def test_other_access_makes_no_difference(user):
    api_key, value = user.api_keys.create_key()
    for caller in (browser(UserFactory()), server()):
        assert caller.get("/api-key", api_key=value).json()["id"] == str(api_key.pk)


def test_a_key_may_be_in_any_of_the_configured_headers(user, configure):
    configure(HEADERS=["Authorization"])
    api_key, value = user.api_keys.create_key()
    response = Client().get(f"{BASE}/api-key", headers={"authorization": f"Bearer {value}"})
    assert response.json()["id"] == str(api_key.pk)


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/rotate")])
def test_a_key_is_required(user, method, path):
    for caller in (Caller(), browser(user), server()):
        body = {"overlap_millis": 0} if method == "POST" else None
        answer = caller.send(method, f"/api-key{path}", body)
        assert_plain_error(answer, 401, "An API key is required.")
        assert answer["WWW-Authenticate"] == 'ApiKey realm="api"'


@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("DELETE", ""), ("POST", "/rotate")])
def test_a_key_that_cannot_be_used_is_told_why(user, method, path, configure):
    configure(SELF_ROTATION=True)
    revoked, of_revoked = user.api_keys.create_key()
    revoked.revoke()
    _expired, of_expired = user.api_keys.create_key(expires_at=timezone.now() - timedelta(1))
    body = {"overlap_millis": 0} if method == "POST" else None
    for value, status, code in (
        ("sk_garbage", 404, "API_KEY_NOT_FOUND"),
        (of_revoked, 401, "API_KEY_REVOKED"),
        (of_expired, 401, "API_KEY_EXPIRED"),
    ):
        answer = key(value).send(method, f"/api-key{path}", body)
        assert_known_error(answer, status, code)
        assert value not in answer.text
        challenge = 'ApiKey realm="api", error="invalid_token"' if status == 401 else None
        assert answer.get("WWW-Authenticate") == challenge
    assert user.api_keys.count() == 2


@pytest.mark.parametrize("header", ["X-Stack-Api-Key", "X-Api-Key", "Authorization"])
def test_a_page_of_another_origin_may_send_a_key_and_read_what_its_rates_leave(
    user, configure, header
):
    configure(HEADERS=[header], RATES=["20/hour"])
    _api_key, value = user.api_keys.create_key()
    preflight = Client().options(f"{BASE}/api-key")
    allowed = preflight["Access-Control-Allow-Headers"].split(", ")
    assert allowed.count(header.lower()) == 1
    response = Client().get(f"{BASE}/api-key", headers={header: f"Bearer {value}"})
    exposed = response["Access-Control-Expose-Headers"].split(", ")
    assert response["RateLimit"]
    assert {"ratelimit", "ratelimit-policy"} <= {*exposed}


def test_a_key_over_plain_http_is_refused(value, configure):
    configure(REQUIRE_HTTPS=True)
    assert key(value).get("/api-key").status_code == 403


def test_other_methods_are_refused(value):
    assert key(value).post("/api-key", {}).status_code == 405
    assert key(value).get("/api-key/rotate").status_code == 405


# It ends itself -----------------------------------------------------------------------------------


def test_a_key_revokes_itself(owner):
    api_key, value = owner.api_keys.create_key()
    response = key(value).delete("/api-key")
    api_key.refresh_from_db()
    assert response.json()["manually_revoked_at_millis"] == timestamps.to_millis(
        api_key.manually_revoked_at
    )
    assert "key itself" in api_key.revoked_reason
    assert api_key.revoked_by is None
    assert_known_error(key(value).delete("/api-key"), 401, "API_KEY_REVOKED")


def test_nobody_ends_a_public_key_by_having_read_it(user, configure):
    configure(SELF_ROTATION=True)
    api_key, value = user.api_keys.create_key(is_public=True)
    assert key(value).get("/api-key").status_code == 401
    configure(SELF_ROTATION=True, ACCEPT_PUBLIC_KEYS=True)
    assert key(value).get("/api-key").status_code == 200
    sentence = "A secret API key is required."
    assert_plain_error(key(value).delete("/api-key"), 403, sentence)
    assert_plain_error(key(value).post("/api-key/rotate", {"overlap_millis": 0}), 403, sentence)
    api_key.refresh_from_db()
    assert (api_key.status, user.api_keys.count()) == ("valid", 1)


# It rotates itself --------------------------------------------------------------------------------


def test_a_key_does_not_rotate_itself_by_default(user):
    _api_key, value = user.api_keys.create_key()
    answer = key(value).post("/api-key/rotate", {"overlap_millis": 0})
    assert_plain_error(answer, 403, REFUSED)
    assert user.api_keys.count() == 1


def test_a_key_rotates_itself_where_the_settings_allow_it(owner, configure):
    configure(SELF_ROTATION=True)
    creator = UserFactory()
    api_key, value = owner.api_keys.create_key(description="CI", created_by=creator)
    response = key(value).post("/api-key/rotate", {"overlap_millis": 60_000})
    assert response["Cache-Control"] == "no-store, max-age=0"
    body = response.json()
    new = verify_api_key(body["value"])
    assert (new.owner, new.rotated_from, new.description) == (owner, api_key, "CI")
    assert new.created_by == creator
    assert verify_api_key(value).expires_at is not None
    answer = key(value).post("/api-key/rotate", {"overlap_millis": 0})
    assert_plain_error(answer, 409, "The API key has already been rotated.")


def test_a_key_that_rotates_itself_does_not_choose_a_longer_life(user, configure):
    configure(SELF_ROTATION=True)
    _api_key, value = user.api_keys.create_key(expires_at=timezone.now() + timedelta(days=7))
    body = {"overlap_millis": 0, "expires_at_millis": None}
    answer = key(value).post("/api-key/rotate", body)
    assert (answer.status_code, answer.json()["code"]) == (400, "SCHEMA_ERROR")
    assert user.api_keys.count() == 1


def test_rotations_by_keys_of_an_owner_are_counted(user, configure):
    configure(SELF_ROTATION=True, CREATE_RATE="2/min")
    _api_key, value = user.api_keys.create_key()
    statuses = []
    for _ in range(3):
        answer = key(value).post("/api-key/rotate", {"overlap_millis": 0})
        statuses.append(answer.status_code)
        if answer.status_code == 200:
            value = answer.json()["value"]
    assert statuses == [200, 200, 429]
