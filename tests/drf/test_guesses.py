"""Refused keys are limited by address, and nobody is locked out by them."""

import pytest
from django.core.cache import cache
from django.test import Client

from stack_apikeys.keys import generate
from stack_apikeys.limits import Limit, Rate
from tests.drf.test_rates import MIDDLEWARE, get

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.drf.test_rates")]


@pytest.mark.parametrize("with_middleware", [False, True])
@pytest.mark.parametrize("view", ["drf", "required"])
def test_refused_keys_are_limited_by_address_and_good_ones_are_not(
    view, with_middleware, value, configure, settings
):
    configure(GUESS_RATE="3/min", RATES=[])
    if with_middleware:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    guesses = [get(view, "sk_mistyped") for _ in range(5)]
    assert [guess.status_code for guess in guesses] == [401] * 3 + [429] * 2
    assert guesses[-1].json()["code"] == "rate_limited"
    assert int(guesses[-1]["Retry-After"]) > 0
    assert [get(view, value).status_code for _ in range(10)] == [200] * 10


def test_nobody_can_lock_an_owner_out(user, configure):
    """Guesses at the id of a key, from the owner's own address, do not count against the key."""
    configure(GUESS_RATE="3/min")
    api_key, value = user.api_keys.create_key()
    guess = generate(kind="user", id=api_key.pk)
    assert [get("drf", guess).status_code for _ in range(20)] == [401] * 3 + [429] * 17
    assert [get("drf", value).status_code for _ in range(10)] == [200] * 10


def test_guesses_from_one_network_are_counted_together_and_from_others_apart(configure):
    configure(GUESS_RATE="1/min")

    def guess(address):
        return (
            Client(REMOTE_ADDR=address)
            .get("/drf", headers={"X-Stack-Api-Key": "sk_mistyped"})
            .status_code
        )

    assert [guess("2001:db8::1"), guess("2001:db8::2"), guess("2001:db8:0:1::1")] == [401, 429, 401]
    assert [guess("192.0.2.1"), guess("192.0.2.1"), guess("192.0.2.2")] == [401, 429, 401]


def test_a_request_without_a_key_and_a_limited_key_are_no_guesses(value, configure):
    configure(GUESS_RATE="1/min", RATES=["1/min"])
    for _ in range(3):
        assert Client().get("/required").status_code == 401
        get("drf", value)
    assert get("drf", "sk_mistyped").status_code == 401
    assert get("drf", "sk_mistyped").status_code == 429


def test_by_default_an_address_has_a_thousand_guesses_a_minute_and_good_keys_no_limit(
    value, cache_operations
):
    Limit("guess", None, "127.0.0.1").add(Rate(1000, 60), 999)
    assert [get("drf", "sk_mistyped").status_code for _ in range(2)] == [401, 429]
    del cache_operations[:]
    assert [get("drf", value).status_code for _ in range(10)] == [200] * 10
    assert cache_operations == []


def test_no_address_is_in_the_cache(configure):
    configure(GUESS_RATE="60/min")
    get("drf", "sk_mistyped")
    assert "127.0.0.1" not in str(cache._cache)
