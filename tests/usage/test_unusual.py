"""Unusual use: each rule at its limits."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stack_apikeys import keys
from stack_apikeys.signals import unusual_use
from stack_apikeys.usage import receivers
from stack_apikeys.usage.models import KeyNetwork, UnusualUse
from stack_apikeys.usage.recorder import recorder
from stack_apikeys.verification import verify_api_key
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


def test_a_network_that_comes_back_is_told_of_again_after_90_days(used_after, heard, configure):
    configure(UNUSUAL_IDLE_DAYS=365)
    expected = []
    used_after()
    for day in (10, 11, 101, 102, 192, 283):
        used_after(timedelta(days=day - 1))  # from the usual network
        used_after(timedelta(days=day), address="198.51.100.9")
        expected += [] if day in (11, 102) else [("network", "198.51.100.0/24")]
        assert [each for each in rules(heard) if each[1] == "198.51.100.0/24"] == expected


def test_a_network_that_is_forgotten_and_seen_again_is_told_of_once(used_after, heard):
    used_after()
    for day in (10, 11, 12):
        used_after(timedelta(days=day), address="198.51.100.9")
        KeyNetwork.objects.filter(network="198.51.100.0/24").delete()  # there were 50 others
    assert rules(heard) == [("network", "198.51.100.0/24")]


@pytest.mark.parametrize("number", [1, 30])
def test_all_episodes_take_the_same_number_of_statements(user, use, stored, at, heard, number):
    values = [user.api_keys.create_key()[1] for _ in range(number)]
    for month in (1, 6):
        at(2026, month, 1)
        for value in values:
            use(value, address=f"192.0.{month}.7")
        with CaptureQueriesContext(connection) as queries:
            stored()
    assert len([each for each in queries if "unusualuse" in each["sql"]]) == 3
    assert len(heard) == UnusualUse.objects.count() == 2 * number
    assert {each.pk for each in heard} == {each.pk for each in UnusualUse.objects.all()}


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


def test_wrong_secrets_do_not_hide_the_right_one(key, used_after, use, at, stored, heard):
    used_after()
    key[0].revoke()
    parsed = keys.parse(key[1])
    for hour in range(12, 36, 12):
        at(2026, 3, 2 + hour // 24, hour % 24)
        use(keys.generate(id=parsed.id, kind=parsed.kind))
        stored()
    used_after(timedelta(hours=30))
    assert rules(heard) == [("ended", "2026-03-03")]


def test_a_key_that_was_in_use_until_its_end_is_not_unusual(key, used_after, use, at, heard):
    used_after()
    at(2026, 3, 9, 9, 29)
    use(key[1])
    key[0].revoke()
    used_after(timedelta(days=7))  # both are written together
    assert rules(heard) == []


def test_a_key_that_was_over_its_rate_until_its_end_is_not_unusual(
    key, used_after, user, stored, at, heard
):
    used_after()
    at(2026, 3, 9, 9, 29)
    recorder.refuse(key[0].pk, "user", timezone.now(), "rate")
    stored()
    key[0].revoke()
    used_after(timedelta(days=7))
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
    assert first.path == refusal.path == "/api/protected"
    assert refusal.api_key_id == first.api_key_id == str(api_key.pk)
    assert value not in str([vars(each) for each in records])


def test_a_value_in_the_path_is_not_logged(user, caplog):
    api_key, value = user.api_keys.create_key()
    client = Client(headers={"X-Stack-Api-Key": value})
    with caplog.at_level(logging.INFO, "stack_apikeys.usage"):
        verify_api_key(value, request=RequestFactory().get(f"/hooks/{value}"))
        recorder.write()
        api_key.revoke()
        client.get(f"/api/protected?key={value}")
    records = [each for each in caplog.records if each.name == "stack_apikeys.usage"]
    assert len(records) == 2
    assert records[0].path.startswith("/hooks/")
    assert value not in str([vars(each) for each in records])


def test_without_a_listener_no_record_of_a_refusal_is_made(key, use, monkeypatch, caplog):
    key[0].revoke()
    monkeypatch.setattr(receivers, "redact", lambda _path: pytest.fail("It takes long."))
    with caplog.at_level(logging.WARNING, "stack_apikeys.usage"):
        assert use(key[1]).status_code == 401
