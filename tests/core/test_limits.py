"""Rate limits are exact, even if many requests arrive at the same moment."""

import pickle
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from uuid import uuid4

import pytest
from django.core.cache import cache, caches
from django.utils import translation
from hypothesis import given
from hypothesis.strategies import floats, integers, sampled_from
from rest_framework.test import APIRequestFactory

from stack_apikeys.exceptions import LimitUnavailable, RateLimited
from stack_apikeys.limits import Limit, Rate, Window
from stack_apikeys.models import UserApiKey
from stack_apikeys.throttling import ApiKeyRateThrottle
from tests import ROOT
from tests.conftest import Clock
from tests.factories import UserFactory
from tests.parallel import close_connections
from tests.requirements import require
from tests.wire import anyone, browser

AT_ONCE = 50

REDIS = "redis://127.0.0.1:6379"


def all_at_once(task, times=AT_ONCE):
    """Run the task in many threads at the same moment, and return the results."""
    barrier = threading.Barrier(times)

    def run(number):
        try:
            barrier.wait()
            return task(number)
        finally:
            close_connections()

    with ThreadPoolExecutor(times) as pool:
        return [*pool.map(run, range(times))]


def is_let_through(limit):
    try:
        limit.take()
    except RateLimited:
        return False
    return True


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("5/s", (5, 1)),
        ("120/min", (120, 60)),
        ("3/hour", (3, 3600)),
        ("1/day", (1, 86400)),
    ],
)
def test_a_rate_is_written_as_drf_has_it(text, rate):
    assert Rate.parse(text) == rate


@pytest.mark.parametrize(
    ("moment", "window"),
    [(0, (0, 0)), (59.5, (0, 59_500)), (60, (1, 0)), (119, (1, 59_000))],
)
def test_windows_begin_at_whole_periods(moment, window):
    assert Window.at(moment, 60) == (*window, 60_000)


def test_the_events_of_the_window_before_lose_their_weight_evenly(limits_clock):
    limit = Limit("create", "4/min", "somebody")
    assert [is_let_through(limit) for _ in range(5)] == [True] * 4 + [False]
    limits_clock.now += 30
    assert not is_let_through(limit)
    for _quarter in range(4):
        limits_clock.now += 1
        assert [is_let_through(limit) for _ in range(2)] == [True, False]
        limits_clock.now += 14


def test_after_two_windows_nothing_counts(limits_clock):
    limit = Limit("create", "4/min", "somebody")
    assert [is_let_through(limit) for _ in range(5)] == [True] * 4 + [False]
    limits_clock.now += 90
    assert [is_let_through(limit) for _ in range(5)] == [True] * 4 + [False]


def test_what_is_refused_is_not_counted(limits_clock):
    limit = Limit("create", "10/min", "somebody")
    assert [is_let_through(limit) for _ in range(100)].count(True) == 10
    limits_clock.now += 60
    assert [is_let_through(limit) for _ in range(100)].count(True) == 5


def test_somebody_who_never_stops_gets_exactly_the_rate(limits_clock):
    limit = Limit("create", "20/min", "somebody")
    limits_clock.now += 30
    minutes = []
    for _minute in range(4):
        admitted = 0
        for _second in range(60):
            admitted += is_let_through(limit) + is_let_through(limit)
            limits_clock.now += 1
        minutes.append(admitted)
    assert minutes == [20] * 4


@given(
    events=integers(1, 50),
    seconds=sampled_from([1, 60, 3600, 86400]),
    before=integers(0, 50),
    counted=integers(0, 50),
    cost=integers(1, 60),
    elapsed=floats(0, 0.999),
)
def test_who_waits_as_long_as_told_is_let_through_and_nobody_sooner(
    events, seconds, before, counted, cost, elapsed
):
    """The wait is exact to a second."""
    rate = Rate(events, seconds)
    clock = Clock(1_800_000_000 // seconds * seconds - seconds)
    limit = Limit("create", rate, str(uuid4()))
    limit.timer = clock
    for _ in range(min(before, events)):
        limit.add(rate)
    clock.now += seconds + elapsed * seconds
    for _ in range(counted):
        limit.add(rate)
    quota = limit.add(rate, cost)
    if not quota.wait:
        return
    asked = clock.now
    clock.now = asked + quota.wait - 1
    if quota.wait > 1:
        assert limit.add(rate, cost).wait == 1
    clock.now = asked + quota.wait
    assert not limit.add(rate, cost).wait


def test_a_quota_tells_what_remains_and_until_when(limits_clock):
    rate = Rate(3, 60)
    limit = Limit("create", rate, "somebody")
    assert [limit.add(rate) for _ in range(4)] == [
        (rate, 2, 0, 30),
        (rate, 1, 0, 30),
        (rate, 0, 0, 31),
        (rate, 0, 31, 31),
    ]
    limits_clock.now += 50
    assert limit.add(rate, 2) == (rate, 1, 1, 1)
    assert limit.add(rate) == (rate, 0, 0, 1)


def test_a_cost_above_the_rate_costs_the_whole_rate():
    rate = Rate(3, 60)
    limit = Limit("create", rate, "somebody")
    assert limit.add(rate, 5).remaining == 0
    assert limit.add(rate).wait == 31


def test_of_several_rates_none_counts_what_one_refuses():
    few, many = Rate(1, 60), Rate(9, 3600)
    limit = Limit("create", None, "somebody")
    assert [quota.remaining for quota in limit.add_to_all([few, many])] == [0, 8]
    assert [quota.wait for quota in limit.add_to_all([few, many])] == [31, 0]
    assert limit.add(many).remaining == 7


def test_an_entry_that_was_evicted_before_it_was_given_back_does_not_become_huge():
    rate = Rate(3, 60)
    limit = Limit("create", rate, "somebody")
    limit.add(rate)
    cache.clear()
    other = Limit("create", rate, "somebody")
    other.add(rate)
    other.give_back()
    limit.give_back()
    assert Limit("create", rate, "somebody").add(rate) == (rate, 3, 0, 30)


def test_an_event_is_one_operation_of_the_cache(limits_clock, cache_operations):
    limit = Limit("create", "4/min", "somebody")
    limit.take()
    assert cache_operations == ["incr", "get", "add"]
    limit.take()
    assert cache_operations[3:] == ["incr"]
    limits_clock.now += 30
    limit.add(Rate(4, 60))
    assert cache_operations[4:] == ["incr", "get", "add"]


def test_what_is_limited_apart_is_counted_apart():
    assert is_let_through(Limit("create", "1/min", "one"))
    assert is_let_through(Limit("create", "1/min", "other"))
    assert is_let_through(Limit("session", "1/min", "one"))
    assert not is_let_through(Limit("create", "1/min", "one"))


def test_of_events_at_the_same_moment_each_is_counted():
    let_through = all_at_once(lambda _n: is_let_through(Limit("create", "10/min", "somebody")))
    assert let_through.count(True) == 10


def test_what_is_given_back_can_be_taken_again():
    limit = Limit("create", "1/min", "somebody")
    limit.take()
    limit.give_back()
    assert is_let_through(limit)
    cache.clear()
    limit.give_back()  # evicted meanwhile: nothing to do


def test_the_cache_holds_digests_only():
    Limit("create", "1/min", "ada@example.com").take()
    assert "ada@example.com" not in str(cache._cache)


@pytest.mark.parametrize(
    ("wait", "message"),
    [
        (1, "Too many attempts. Try again in 1 second."),
        (90, "Too many attempts. Try again in 90 seconds."),
        (91, "Too many attempts. Try again in 2 minutes."),
        (3600, "Too many attempts. Try again in 60 minutes."),
    ],
)
def test_a_person_reads_how_long_to_wait(wait, message):
    with translation.override("en"):
        assert RateLimited(wait=str(wait)).translated_message == message


@pytest.mark.parametrize("error", [RateLimited(wait="7"), LimitUnavailable(wait="7")])
def test_the_errors_survive_pickling(error):
    assert pickle.loads(pickle.dumps(error)).wait == 7


# Throttles and endpoints ----------------------------------------------------------------------


class TenPerDay(ApiKeyRateThrottle):
    rate = "10/day"


def test_the_throttle_of_keys_counts_requests_at_the_same_moment():
    request = APIRequestFactory().get("/")
    request.auth = UserApiKey(id=uuid4())
    allowed = all_at_once(lambda _n: TenPerDay().allow_request(request, None))
    assert allowed.count(True) == 10


def test_the_throttle_of_keys_says_how_long_to_wait(limits_clock):
    class OnePerMinute(ApiKeyRateThrottle):
        rate = "1/min"

    request = APIRequestFactory().get("/")
    request.auth = UserApiKey(id=uuid4())
    throttle = OnePerMinute()
    limits_clock.now += 10
    assert throttle.allow_request(request, None)
    assert not throttle.allow_request(request, None)
    assert throttle.wait() == 21


def test_a_throttle_may_have_a_cache_of_its_own(settings):
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {
        "default": {"BACKEND": backend, "LOCATION": "one"},
        "other": {"BACKEND": backend, "LOCATION": "other"},
    }

    class Elsewhere(TenPerDay):
        cache = caches["other"]

    request = APIRequestFactory().get("/")
    request.auth = UserApiKey(id=uuid4())
    assert Elsewhere().allow_request(request, None)
    assert (len(caches["default"]._cache), len(caches["other"]._cache)) == (0, 1)


@pytest.mark.django_db(transaction=True)
def test_wrong_passwords_at_the_same_moment_are_all_counted():
    user = UserFactory()

    def guess(number):
        body = {"email": user.email, "password": f"wrong {number}"}
        return anyone().post("/auth/password/sign-in", body).status_code

    statuses = all_at_once(guess)
    assert (statuses.count(400), statuses.count(429)) == (5, AT_ONCE - 5)


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_keys_created_at_the_same_moment_are_all_counted(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"CREATE_RATE": "10/min"}
    user = UserFactory()
    callers = [browser(user) for _ in range(20)]
    body = {"user_id": str(user.pk), "description": "CI", "expires_at_millis": None}
    statuses = all_at_once(
        lambda number: callers[number].post("/user-api-keys", body).status_code, times=20
    )
    assert (statuses.count(200), statuses.count(429)) == (10, 10)
    assert user.api_keys.count() == 10


GUESSER = """
import sys
import django
from django.conf import settings

settings.configure(
    SECRET_KEY="of the tests",
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
    CACHES={"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache",
                        "LOCATION": sys.argv[1]}},
)
django.setup()
from django.test import RequestFactory
from stack_apikeys.exceptions import (RateLimited)
from stack_apikeys.limits import Limit
from stack_apikeys.sign_in_limits import SignInLimits

Limit.timer = staticmethod(lambda: 1_800_000_030)
request = RequestFactory().get("/", REMOTE_ADDR=sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
admitted = 0
for _ in range(50):
    try:
        SignInLimits(request, None, sys.argv[2]).admit()
        admitted += 1
    except RateLimited:
        pass
print(admitted)
"""


def test_on_redis_processes_share_one_exact_count():
    require(f"Redis at {REDIS}", present=redis_answers())
    nobody = f"{uuid4()}@example.com"
    with ExitStack() as running:
        processes = [
            running.enter_context(
                subprocess.Popen(
                    [sys.executable, "-c", GUESSER, REDIS, nobody],
                    cwd=ROOT,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                )
            )
            for _ in range(4)
        ]
        assert [process.stdout.readline() for process in processes] == ["ready\n"] * 4
        for process in processes:
            process.stdin.write("go\n")
            process.stdin.flush()
        admitted = [int(process.stdout.readline()) for process in processes]
    assert sum(admitted) == 5


def redis_answers():
    import redis  # which no other test needs

    with redis.Redis.from_url(REDIS, socket_connect_timeout=2) as client:
        try:
            return client.ping()
        except redis.RedisError:
            return False
