"""Guessing passwords is slow, and nobody is locked out by others."""

import pytest
from django.core.cache import cache
from django.test import RequestFactory
from rest_framework.settings import api_settings

from stack_apikeys.sdk.models import Session
from stack_apikeys.sdk.throttling import Limit, address_of
from tests.factories import PASSWORD, UserFactory
from tests.wire import anyone, person

pytestmark = pytest.mark.django_db

HOME, ELSEWHERE, GUESSER = "198.51.100.1", "198.51.100.2", "203.0.113.7"


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def configure(settings):
    def set_names(**changes):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | changes

    return set_names


@pytest.fixture
def proxies(monkeypatch):
    """Sets DRF's own setting for the test."""
    return lambda number: monkeypatch.setattr(api_settings, "NUM_PROXIES", number)


class Clock:
    """Stands still, so that no window ends in the middle of a test."""

    def __init__(self):
        self.now = 1_800_000_030

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(Limit, "timer", clock)
    return clock


def attempt(email, password="wrong", *, address):
    caller = anyone()
    caller.client.defaults["REMOTE_ADDR"] = address
    return caller.post("/auth/password/sign-in", {"email": email, "password": password})


def guess(email, times, *, address):
    """The statuses of wrong guesses."""
    return [attempt(email, address=address).status_code for _ in range(times)]


def test_wrong_passwords_for_an_account_are_limited_and_the_client_is_told_when_to_return(user):
    assert guess(user.email, 6, address=GUESSER) == [400] * 5 + [429]
    refused = attempt(user.email, PASSWORD, address=GUESSER)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "10"
    assert refused["Content-Type"] == "text/plain; charset=utf-8"
    assert "retry-after" in refused["Access-Control-Expose-Headers"]
    assert not Session.objects.exists()


def test_after_a_minute_there_are_new_attempts(user, clock):
    assert guess(user.email, 6, address=GUESSER) == [400] * 5 + [429]
    clock.now += 25
    assert attempt(user.email, address=GUESSER)["Retry-After"] == "5"
    clock.now += 5
    assert guess(user.email, 6, address=GUESSER) == [400] * 5 + [429]


def test_the_sdk_hears_of_the_limit_in_its_own_way(user):
    guess(user.email, 5, address=GUESSER)
    caller = anyone(override_error_status="true")
    caller.client.defaults["REMOTE_ADDR"] = GUESSER
    response = caller.post("/auth/password/sign-in", {"email": user.email, "password": "wrong"})
    assert (response.status_code, response["X-Hexclave-Actual-Status"]) == (200, "429")


def test_a_stranger_locks_nobody_out(user):
    guess(user.email, 6, address=GUESSER)
    assert attempt(user.email, PASSWORD, address=HOME).status_code == 200


def test_right_passwords_are_not_counted(user):
    for _ in range(7):
        assert attempt(user.email, PASSWORD, address=HOME).status_code == 200


def test_the_limit_is_the_accounts_whatever_the_case_of_its_name(user):
    assert guess(user.email, 5, address=GUESSER) == [400] * 5
    assert guess(user.email.upper(), 1, address=GUESSER) == [429]


def test_accounts_that_do_not_exist_are_limited_like_others():
    assert guess("nobody@example.com", 6, address=GUESSER) == [400] * 5 + [429]


def test_wrong_passwords_from_an_address_are_limited_whichever_the_accounts(configure):
    configure(SIGN_IN_ADDRESS_RATE="3/min")
    users = [UserFactory() for _ in range(4)]
    assert [guess(each.email, 1, address=GUESSER) for each in users] == [[400]] * 3 + [[429]]
    assert attempt(users[0].email, PASSWORD, address=HOME).status_code == 200


def test_a_guesser_with_many_addresses_is_left_few_guesses_from_each(user, configure):
    configure(SIGN_IN_STRANGERS_RATE="10/hour")
    for last in range(2):
        assert guess(user.email, 5, address=f"203.0.113.{last}") == [400] * 5
    assert guess(user.email, 4, address="203.0.113.100") == [400] * 3 + [429]


def test_an_attack_on_an_account_locks_nobody_out(user, configure):
    configure(SIGN_IN_STRANGERS_RATE="10/hour")
    attempt(user.email, PASSWORD, address=HOME)
    for last in range(8):
        guess(user.email, 5, address=f"203.0.113.{last}")
    # At a known address nothing has changed, and elsewhere a few typing errors are still allowed.
    assert guess(user.email, 5, address=HOME) == [400] * 5
    assert guess(user.email, 2, address=ELSEWHERE) == [400] * 2
    assert attempt(user.email, PASSWORD, address=ELSEWHERE).status_code == 200
    assert guess(user.email, 3, address=ELSEWHERE) == [400] * 3


def test_no_limit_is_a_choice(user, configure):
    configure(SIGN_IN_RATE=None, SIGN_IN_ADDRESS_RATE=None, SIGN_IN_STRANGERS_RATE=None)
    assert guess(user.email, 40, address=GUESSER) == [400] * 40
    assert attempt(user.email, PASSWORD, address=GUESSER).status_code == 200


def test_sign_ups_are_limited_by_address(configure):
    configure(ALLOW_SIGN_UP=True, SIGN_UP_RATE="2/min")
    statuses = [
        anyone()
        .post("/auth/password/sign-up", {"email": f"new{n}@example.com", "password": PASSWORD})
        .status_code
        for n in range(3)
    ]
    assert statuses == [200, 200, 429]


def test_the_old_password_is_no_easier_to_guess(user):
    caller = person(user)
    body = {"old_password": "wrong", "new_password": "something else entirely"}
    statuses = [caller.post("/auth/password/update", body).status_code for _ in range(6)]
    assert statuses == [400] * 5 + [429]


def test_a_cache_that_keeps_nothing_limits_nothing(user, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    assert guess(user.email, 7, address=GUESSER) == [400] * 7
    assert attempt(user.email, PASSWORD, address=GUESSER).status_code == 200


def test_no_address_and_no_account_is_in_the_cache(user):
    guess(user.email, 1, address=GUESSER)
    attempt(user.email, PASSWORD, address=HOME)
    held = str(cache._cache)
    assert held != "OrderedDict()"
    for told in (user.email, GUESSER, HOME, PASSWORD):
        assert told not in held


@pytest.mark.parametrize(
    ("number", "forwarded", "address"),
    [
        (None, "192.0.2.1", "10.0.0.1"),
        (0, "192.0.2.1", "10.0.0.1"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "192.0.2.66, 192.0.2.1", "192.0.2.1"),
        (2, "192.0.2.66, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        (1, "nonsense", "nonsense"),
    ],
)
def test_only_the_hosts_proxies_are_believed(proxies, number, forwarded, address):
    proxies(number)
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded}
    )
    assert address_of(request) == address


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_a_customer_has_one_address(remote, address):
    assert address_of(RequestFactory().get("/", REMOTE_ADDR=remote)) == address
