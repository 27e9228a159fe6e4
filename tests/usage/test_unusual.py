"""Unusual use: each rule at its limits."""

import logging
from datetime import timedelta

import pytest

from stack_apikeys import keys
from stack_apikeys.signals import unusual_use
from stack_apikeys.usage.models import UnusualUse
from tests.settings_pages import address

pytestmark = pytest.mark.django_db

START = (2026, 3, 2, 9, 30)
"""A moment that is not near the end of an hour."""


@pytest.fixture
def heard():
    """The episodes that the signal has told of."""
    episodes = []

    def listen(unusual_use, **_):
        episodes.append(unusual_use)

    unusual_use.connect(listen)
    yield episodes
    unusual_use.disconnect(listen)


@pytest.fixture
def key(user):
    return user.api_keys.create_key()


@pytest.fixture
def used_after(key, use, stored, at):
    """A function that uses the key so long after the start, and writes the counts."""
    start = at(*START)

    def send(delay=timedelta(0), times=1, **options):
        moment = start + delay
        at(*moment.timetuple()[:6])
        for _ in range(times):
            use(key[1], **options)
        stored()

    return send


def rules(heard):
    stored = [*UnusualUse.objects.order_by("moment", "pk").values_list("rule", "about")]
    assert sorted(stored) == sorted((each.rule, each.about) for each in heard)
    return stored


def test_the_first_use_of_a_key_is_not_unusual(used_after, heard):
    used_after(times=3)
    assert rules(heard) == []


@pytest.mark.parametrize(("days", "expected"), [(29.9, []), (30, [("idle", "2026-04-01")])])
def test_a_use_after_an_idle_month_is(used_after, heard, days, expected):
    used_after()
    used_after(timedelta(days=days))
    used_after(timedelta(days=days + 0.01))
    assert rules(heard) == expected


@pytest.mark.parametrize(("days", "expected"), [(6.9, []), (7, [("network", "198.51.100.0/24")])])
def test_a_new_network_is_after_the_first_week(used_after, heard, days, expected):
    used_after()
    used_after(timedelta(days=days), address="198.51.100.9")
    used_after(timedelta(days=days + 1), address="198.51.100.77")
    assert rules(heard) == expected


def test_a_network_that_was_not_seen_for_90_days_is_new_again(used_after, heard, configure):
    configure(UNUSUAL_IDLE_DAYS=365)
    used_after()
    used_after(timedelta(days=10))
    used_after(timedelta(days=90), address="198.51.100.9")
    assert rules(heard) == [("network", "198.51.100.0/24")]
    used_after(timedelta(days=99))
    used_after(timedelta(days=189))
    assert ("network", "192.0.2.0/24") in rules(heard)


@pytest.mark.parametrize(
    ("usual", "number", "expected"),
    [
        (1, 10, []),
        (1, 11, [("busy", "2026-03-03 09:00")]),
        (2, 11, []),
    ],
)
def test_an_hour_of_many_more_requests_is(used_after, heard, configure, usual, number, expected):
    configure(UNUSUAL_REQUESTS=10)
    used_after(times=usual)
    used_after(timedelta(days=1), times=number // 2)
    used_after(timedelta(days=1, minutes=5), times=number - number // 2)
    assert rules(heard) == expected


def test_an_hour_is_told_of_once(used_after, heard, configure):
    configure(UNUSUAL_REQUESTS=10)
    used_after()
    for minutes in range(3):
        used_after(timedelta(days=1, minutes=minutes), times=11)
    assert rules(heard) == [("busy", "2026-03-03 09:00")]


@pytest.mark.parametrize(("hours", "expected"), [(23.9, []), (24, [("ended", "2026-03-03")])])
def test_a_revoked_key_that_is_tried_after_a_day_of_silence_is(
    key, used_after, heard, hours, expected
):
    used_after()
    key[0].revoke()
    used_after(timedelta(hours=hours), times=2)
    used_after(timedelta(hours=hours + 1))
    assert rules(heard) == expected


def test_a_wrong_secret_is_not_counted_as_such_a_try(key, used_after, use, at, stored, heard):
    used_after()
    parsed = keys.parse(key[1])
    at(2026, 6, 1)
    use(keys.generate(id=parsed.id, kind=parsed.kind))
    stored()
    assert rules(heard) == []


def test_the_history_of_the_key_tells_it(client, user, key, used_after):
    used_after()
    used_after(timedelta(days=40))
    client.force_login(user)
    page = client.get(address("api-key", key[0])).text
    assert "First used" in page
    assert "First use after a long time" in page


def test_the_log_tells_of_the_first_use_and_of_refusals(key, used_after, use, caplog):
    api_key, value = key
    with caplog.at_level(logging.INFO, "stack_apikeys.usage"):
        used_after(times=2)
        api_key.revoke()
        use(value)
    records = [each for each in caplog.records if each.name == "stack_apikeys.usage"]
    first, refusal = records
    assert "used for the first time" in first.message
    assert (refusal.reason, refusal.kind) == ("API_KEY_REVOKED", "user")
    assert first.address == refusal.address == "192.0.2.7"
    assert refusal.path == "/api/protected"
    assert refusal.api_key_id == first.api_key_id == str(api_key.pk)
    assert value not in str([vars(each) for each in records])
