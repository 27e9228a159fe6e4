"""Guessing passwords is slow, and does not lock users out."""

import pytest
from django.core.cache import cache
from django.db import connection

from stack_apikeys.sdk.models import Session
from tests.factories import PASSWORD, UserFactory
from tests.wire import anyone, person

pytestmark = pytest.mark.django_db

HOME, ELSEWHERE, GUESSER = "198.51.100.1", "198.51.100.2", "203.0.113.7"


def attempt(email, password="wrong", *, address):
    caller = anyone()
    caller.client.defaults["REMOTE_ADDR"] = address
    return caller.post("/auth/password/sign-in", {"email": email, "password": password})


def guess(email, times, *, address):
    """Send wrong passwords, and return the status codes."""
    return [attempt(email, address=address).status_code for _ in range(times)]


def test_wrong_passwords_for_an_account_are_limited_and_the_client_is_told_when_to_return(user):
    assert guess(user.email, 6, address=GUESSER) == [400] * 5 + [429]
    refused = attempt(user.email, PASSWORD, address=GUESSER)
    assert refused.status_code == 429
    assert refused["Retry-After"] == "10"
    assert refused["Content-Type"] == "text/plain; charset=utf-8"
    assert "retry-after" in refused["Access-Control-Expose-Headers"]
    assert not Session.objects.exists()


def test_after_a_while_there_are_new_attempts_one_by_one(user, limits_clock):
    assert guess(user.email, 6, address=GUESSER) == [400] * 5 + [429]
    limits_clock.now += 25
    assert attempt(user.email, address=GUESSER)["Retry-After"] == "6"
    limits_clock.now += 6
    assert guess(user.email, 2, address=GUESSER) == [400, 429]
    limits_clock.now += 90
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


SPELLINGS = ["{}", " {}", "{}\t", "\u00a0{}", "{} "]


@pytest.mark.parametrize("exists", [True, False])
def test_blanks_around_an_address_give_no_further_guesses(user, exists):
    email = user.email if exists else "nobody@example.com"
    statuses = [
        attempt(SPELLINGS[n % 5].format(email), address=GUESSER).status_code for n in range(20)
    ]
    assert statuses == [400] * 5 + [429] * 15


def test_blanks_do_not_get_around_the_limit_for_strangers(user, configure):
    configure(SIGN_IN_STRANGERS_RATE="10/hour", SIGN_IN_RATE=None, SIGN_IN_ADDRESS_RATE=None)
    statuses = [
        attempt(SPELLINGS[n % 5].format(user.email), address=GUESSER).status_code for n in range(20)
    ]
    assert statuses == [400] * 13 + [429] * 7


@pytest.mark.parametrize(
    "name",
    [
        "NOBODY@Example.com",
        "nobody@example.com\u200b",
        "\uff4eobody@example.com",
        "nobódy@example.com",
        "Nobody@example.com ",
    ],
)
def test_what_reaches_no_account_is_counted_without_case_width_and_accents(name):
    guess("nobody@example.com", 5, address=GUESSER)
    assert guess(name, 1, address=GUESSER) == [429]


def test_spellings_that_mariadb_takes_for_equal_share_a_count(user):
    if connection.vendor != "mysql":
        pytest.skip("needs the collations of MariaDB")
    user.email = "straße@example.com"
    user.save()
    names = ["straße@example.com", "strásse@example.com", "STRASSE@example.com  "]
    reaching = [name for name in names if type(user).objects.filter(email=name).exists()]
    assert reaching
    statuses = [attempt(reaching[n % len(reaching)], address=GUESSER).status_code for n in range(8)]
    assert statuses == [400] * 5 + [429] * 3
