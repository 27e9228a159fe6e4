"""Counters in Redis count as those in any cache do, in fewer round trips."""

from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.core.cache import caches
from django.test import RequestFactory
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis.strategies import integers, lists, sampled_from, tuples

from stack_apikeys.counters import CacheCounters, RedisCounters, counters_in
from stack_apikeys.exceptions import ApiKeyRateLimited, LimitUnavailable
from stack_apikeys.limits import Limit, Rate
from stack_apikeys.quotas import charge
from tests.conftest import Clock
from tests.core.test_limits import REDIS, all_at_once, is_let_through, redis_answers
from tests.requirements import require

BACKENDS = {
    "Django": "django.core.cache.backends.redis.RedisCache",
    "django-redis": "django_redis.cache.RedisCache",
}

RATES = [Rate(3, 1), Rate(7, 60), Rate(12, 3600)]

RATES_OF_KEYS = ["3/second", "7/minute", "12/hour"]


@pytest.fixture(params=BACKENDS)
def redis_cache(request, settings):
    require(f"Redis at {REDIS}", present=redis_answers())
    location = {"BACKEND": BACKENDS[request.param], "LOCATION": REDIS, "KEY_PREFIX": uuid4().hex}
    settings.CACHES = {"default": location}
    yield caches["default"]
    with connected(location["KEY_PREFIX"]) as (client, names):
        client.delete(*names(), "")


@contextmanager
def connected(prefix):
    """A client of Redis, and a function that returns the names of what is stored for a test."""
    import redis

    with redis.Redis.from_url(REDIS) as client:
        yield client, lambda: [*client.scan_iter(f"{prefix}*", count=1000)]


@pytest.fixture
def round_trips(monkeypatch):
    """What was sent to Redis, one item for each time that an answer was waited for."""
    from redis.connection import AbstractConnection

    sent = []
    send = AbstractConnection.send_packed_command

    def record(self, command, *args, **kwargs):
        sent.append(command)
        return send(self, command, *args, **kwargs)

    monkeypatch.setattr(AbstractConnection, "send_packed_command", record)
    return sent


def limit(cache, subject="somebody"):
    return Limit("key", None, subject, cache=cache)


def test_redis_has_counters_of_its_own_and_other_caches_do_not(redis_cache, settings):
    assert isinstance(counters_in(redis_cache), RedisCounters)
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    assert isinstance(counters_in(caches["default"]), CacheCounters)


@hypothesis_settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    start=integers(0, 3599),
    events=lists(
        tuples(integers(1, 14), sampled_from([0, 0, 0, 0.3, 1, 20, 61, 1800, 8000])),
        min_size=1,
        max_size=12,
    ),
)
def test_redis_counts_as_any_cache_does(redis_cache, start, events):
    clock, subject = Clock(1_800_000_000 + start), str(uuid4())
    both = [limit(cache, subject) for cache in (redis_cache, PortableCache(redis_cache))]
    for each in both:
        each.timer = clock
    for cost, pause in events:
        clock.now += pause
        quotas = [each.add_to_all(RATES, cost) for each in both]
        assert quotas[0] == quotas[1]


class PortableCache:
    """A cache with other names for its entries, which is not known to be Redis."""

    def __init__(self, cache):
        self.cache = cache

    def __getattr__(self, name):
        if name in {"_cache", "client"}:
            raise AttributeError(name)
        method = getattr(self.cache, name)
        return lambda key, *args, **kwargs: method(f"portable:{key}", *args, **kwargs)


def test_all_rates_of_a_key_take_one_round_trip(redis_cache, round_trips, limits_clock):
    limit(redis_cache).add_to_all(RATES)  # connects
    for pause in (0, 1, 60, 3600):  # the first request in a window, too
        limits_clock.now += pause
        del round_trips[:]
        assert not any(quota.wait for quota in limit(redis_cache).add_to_all(RATES))
        assert len(round_trips) == 1


def test_a_refused_key_takes_two(redis_cache, round_trips):
    for _ in range(4):
        del round_trips[:]
        limit(redis_cache).add_to_all(RATES)
    assert len(round_trips) == 2
    assert [quota.remaining for quota in limit(redis_cache).add_to_all(RATES)] == [0, 4, 9]


@pytest.mark.django_db
def test_a_request_with_a_key_takes_one_round_trip(redis_cache, round_trips, user, configure):
    configure(RATES=RATES_OF_KEYS)
    api_key = user.api_keys.create_key()[0]
    charge(api_key, RequestFactory().get("/"))
    del round_trips[:]
    charge(api_key, RequestFactory().get("/"))
    assert len(round_trips) == 1


def test_nothing_stays_in_redis_for_ever(redis_cache):
    mine = limit(redis_cache)
    with connected(redis_cache.key_prefix) as (client, names):
        mine.add(Rate(2, 60))
        client.delete(*names())  # evicted before it is given back
        mine.give_back()
        [name] = names()
        assert 0 < client.ttl(name) <= 180


def test_of_events_at_the_same_moment_none_is_lost(redis_cache):
    rate = Rate(10, 60)
    let_through = all_at_once(lambda _n: not limit(caches["default"]).add(rate).wait)
    assert let_through.count(True) == 10
    assert limit(redis_cache).add(rate).wait == 31


def test_what_is_given_back_can_be_taken_again(redis_cache):
    mine = Limit("create", "1/min", "somebody", cache=redis_cache)
    mine.take()
    mine.give_back()
    assert [is_let_through(mine) for _ in range(2)] == [True, False]


@pytest.mark.django_db
@pytest.mark.parametrize("backend", BACKENDS.values())
def test_if_redis_is_down_the_setting_decides(backend, settings, configure, user):
    options = {"BACKEND": backend, "LOCATION": "redis://127.0.0.1:1"}
    settings.CACHES = {"default": options}
    configure(RATES=RATES_OF_KEYS)
    api_key = user.api_keys.create_key()[0]
    charge(api_key, RequestFactory().get("/"))
    configure(ON_CACHE_FAILURE={"key": "refuse"})
    with pytest.raises(LimitUnavailable) as refused:
        charge(api_key, RequestFactory().get("/"))
    assert not isinstance(refused.value, ApiKeyRateLimited)
