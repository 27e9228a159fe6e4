"""Dates and times, in the visitor's language and the time zone of the site."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone, translation

import stack_apikeys
from stack_apikeys.pages import dates
from tests.pages.lists import get, in_days, text_of
from tests.settings_pages import address, make_key

MOMENT = datetime(2026, 11, 26, 20, 5, 30, 123000, tzinfo=UTC)

LOCALES = sorted(each.name for each in (Path(stack_apikeys.__file__).parent / "locale").iterdir())


# Languages ------------------------------------------------------------------------------------


def test_english_dates_leave_no_doubt_about_day_and_month():
    assert dates.short_date(MOMENT) == "26 Nov 2026"
    assert dates.long_moment(MOMENT) == "Thursday 26 November 2026, 20:05 UTC"


@pytest.mark.parametrize(
    ("language", "short", "weekday"),
    [
        ("de", r"26\.? nov\.? 2026", "donnerstag"),
        ("fr", r"26 nov\.? 2026", "jeudi"),
        ("nl", r"26 nov\.? 2026", "donderdag"),
        ("pl", r"26 lis\.?\w* 2026", "czwartek"),
        ("ja", r".*11月.*", "木曜日"),
        ("ar", r".*نوفمبر.*", "الخميس"),
        ("he", r".*נוב.*", "חמישי"),
    ],
)
def test_dates_have_the_words_of_the_language(language, short, weekday):
    with translation.override(language):
        assert re.fullmatch(short, dates.short_date(MOMENT).lower())
        assert weekday in dates.long_moment(MOMENT).lower()


@pytest.mark.parametrize("locale", LOCALES)
def test_dates_are_whole_in_every_language(locale):
    with translation.override(translation.to_language(locale)):
        for text in (dates.short_date(MOMENT), dates.long_moment(MOMENT)):
            assert "2026" in text
            assert "26" in text.replace("2026", "")
            assert "\n" not in text
        assert "20:05" in dates.long_moment(MOMENT)
        assert dates.long_moment(MOMENT).endswith("UTC")


def test_a_catalog_says_in_which_order_a_date_is_written(monkeypatch):
    forms = {"j M Y": "Y年n月j日", "l j F Y, H:i": "Y年n月j日 H:i"}
    monkeypatch.setattr(dates, "pgettext", lambda context, message: forms[message])
    assert dates.short_date(MOMENT) == "2026年11月26日"
    assert dates.long_moment(MOMENT) == "2026年11月26日 20:05 UTC"


# Time zones -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "machine", "date", "time"),
    [
        ("UTC", "2026-11-26T20:05:30+00:00", "26 Nov 2026", "20:05 UTC"),
        ("America/New_York", "2026-11-26T15:05:30-05:00", "26 Nov 2026", "15:05 EST"),
        ("Asia/Tokyo", "2026-11-27T05:05:30+09:00", "27 Nov 2026", "05:05 JST"),
        ("Asia/Kolkata", "2026-11-27T01:35:30+05:30", "27 Nov 2026", "01:35 IST"),
        ("America/Sao_Paulo", "2026-11-26T17:05:30-03:00", "26 Nov 2026", "17:05 -03"),
    ],
)
def test_a_date_is_that_of_the_time_zone_and_names_it(zone, machine, date, time):
    with timezone.override(ZoneInfo(zone)):
        tag = dates.time_tag(MOMENT)
        long_tag = dates.long_time_tag(MOMENT)
    assert tag == (
        f'<time datetime="{machine}" title="{date}, {time}">{date}<i>, {time}</i></time>'
    )
    assert long_tag.startswith(f'<time datetime="{machine}" data-apikeys-long>')
    assert text_of(long_tag).endswith(time)


def test_summer_time_is_told_from_winter_time():
    with timezone.override(ZoneInfo("Europe/Berlin")):
        assert dates.long_moment(MOMENT).endswith("21:05 CET")
        assert dates.long_moment(MOMENT - timedelta(days=180)).endswith("22:05 CEST")


@pytest.mark.django_db
def test_the_pages_use_the_current_time_zone(client, user, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    api_key = make_key(user, expires_at=in_days(90))
    for page in (get(client), client.get(address("api-key", api_key))):
        times = re.findall(r'<time datetime="([^"]*)"', page.text)
        assert len(times) >= 2
        assert all(each.endswith("+09:00") for each in times)
        assert "JST" in page.text
        assert "UTC" not in page.text
    assert "JST</time>." in client.get(address("api-key-create")).text


# How long until then --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("away", "text"),
    [
        (timedelta(minutes=1), "in less than a day"),
        (timedelta(hours=23, minutes=59), "in less than a day"),
        (timedelta(days=1), "in 1 day"),
        (timedelta(days=1, hours=23), "in 1 day"),
        (timedelta(days=30), "in 30 days"),
    ],
)
def test_the_days_until_a_moment_are_whole(monkeypatch, away, text):
    monkeypatch.setattr(timezone, "now", lambda: MOMENT)
    assert dates.days_until(MOMENT + away) == text


def test_the_days_until_a_moment_follow_the_rules_of_the_language(monkeypatch):
    monkeypatch.setattr(timezone, "now", lambda: MOMENT)
    with translation.override("pl"):
        said = {dates.days_until(MOMENT + timedelta(days=days)) for days in (1, 2, 5)}
    assert len({text.strip("za 0123456789") for text in said}) > 1
