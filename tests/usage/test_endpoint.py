"""``GET /api/v1/{T}-api-keys/{id}/usage``."""

from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from stack_apikeys import timestamps
from stack_apikeys.exceptions import NotOwnApiKeys
from stack_apikeys.usage.models import REASONS
from tests.factories import UserFactory
from tests.settings_pages import make_key
from tests.usage.test_pages import store
from tests.wire import (
    UNKNOWN_ID,
    admin,
    assert_not_found,
    assert_plain_error,
    browser,
    person,
    server,
)

pytestmark = pytest.mark.django_db

DAY = 24 * 60 * 60 * 1000


def millis(*parts):
    return timestamps.to_millis(datetime(*parts, tzinfo=UTC))


def path(api_key, **query):
    url = f"/{api_key.KIND}-api-keys/{api_key.pk}/usage"
    return f"{url}?{urlencode(query)}" if query else url


@pytest.fixture
def owner(kind, request):
    return request.getfixturevalue(kind)


def test_the_days_of_a_time_are_listed_with_their_requests(owner):
    api_key = make_key(owner)
    store(api_key, datetime(2026, 5, 4, 12, tzinfo=UTC), accepted=7, revoked=2)
    store(api_key, datetime(2026, 5, 4, 23, tzinfo=UTC), accepted=1)
    store(api_key, datetime(2026, 5, 7, tzinfo=UTC), accepted=100)
    begin = millis(2026, 5, 3)
    answer = server().get(path(api_key, from_millis=begin, until_millis=begin + 3 * DAY))
    assert answer.status_code == 200
    assert answer.json()["items"] == [
        {
            "from_millis": begin + number * DAY,
            "until_millis": begin + (number + 1) * DAY,
            "accepted": accepted,
            "refused": refused,
        }
        for number, (accepted, refused) in enumerate([(0, {}), (8, {"revoked": 2}), (0, {})])
    ]
    assert answer.json()["total"] == {"accepted": 8, "refused": 2}
    assert answer.json()["last_used_at_millis"] == millis(2026, 5, 7)


@pytest.mark.parametrize(("interval", "expected"), [("hour", 24 * 29), ("day", 29), ("month", 2)])
def test_an_interval_is_an_hour_a_day_or_a_month(user, interval, expected):
    query = {
        "from_millis": millis(2026, 2, 1),
        "until_millis": millis(2026, 3, 2),
        "interval": interval,
    }
    items = server().get(path(make_key(user), **query)).json()["items"]
    assert len(items) == expected
    for one, other in pairwise(items):
        assert one["until_millis"] == other["from_millis"]
    assert items[0]["from_millis"] == query["from_millis"]


def test_without_a_time_it_is_the_last_30_days(user):
    answer = admin().get(path(make_key(user))).json()
    assert len(answer["items"]) in {30, 31}
    assert answer["first_used_at_millis"] is None
    assert answer["last_used_at_millis"] is None
    assert answer["total"] == {"accepted": 0, "refused": 0}


def test_what_is_not_written_yet_is_counted_in(user, use):
    api_key, value = user.api_keys.create_key()
    for _ in range(4):
        use(value)
    answer = server().get(path(api_key)).json()
    assert answer["total"]["accepted"] == 4
    assert answer["items"][-1]["accepted"] == 4


def test_what_was_refused_is_told_by_reason(user, at):
    api_key = make_key(user)
    numbers = dict(zip(REASONS, range(1, len(REASONS) + 1), strict=True))
    store(api_key, at(2026, 5, 4, 12), accepted=0, **numbers)
    answer = server().get(path(api_key)).json()
    assert answer["items"][-1]["refused"] == numbers
    assert answer["total"] == {"accepted": 0, "refused": sum(numbers.values())}


def test_a_time_is_extended_to_whole_intervals(user):
    api_key = make_key(user)
    store(api_key, datetime(2026, 5, 4, 1, tzinfo=UTC), accepted=3)
    store(api_key, datetime(2026, 5, 4, 23, tzinfo=UTC), accepted=4)
    query = {"from_millis": millis(2026, 5, 4, 9, 30), "until_millis": millis(2026, 5, 4, 10)}
    [day] = server().get(path(api_key, **query)).json()["items"]
    assert (day["from_millis"], day["until_millis"]) == (millis(2026, 5, 4), millis(2026, 5, 5))
    assert day["accepted"] == 7
    [hour] = server().get(path(api_key, **query | {"interval": "hour"})).json()["items"]
    assert hour["from_millis"] == millis(2026, 5, 4, 9)
    assert hour["accepted"] == 0


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "America/Los_Angeles", "Asia/Kathmandu"])
def test_intervals_are_those_of_utc_wherever_the_site_is(user, settings, zone):
    settings.TIME_ZONE = zone
    api_key = make_key(user)
    store(api_key, datetime(2026, 3, 1, 0, tzinfo=UTC), accepted=1)
    store(api_key, datetime(2026, 3, 31, 23, tzinfo=UTC), accepted=2)
    query = {"from_millis": millis(2026, 3, 1), "until_millis": millis(2026, 4, 1)}
    with timezone.override(zone):
        [month] = server().get(path(api_key, interval="month", **query)).json()["items"]
        days = server().get(path(api_key, interval="day", **query)).json()["items"]
    assert month["accepted"] == 3
    assert [days[0]["accepted"], days[-1]["accepted"]] == [1, 2]


def test_a_time_may_begin_in_1970(user):
    query = {"from_millis": 0, "interval": "month", "until_millis": millis(2026, 1, 1)}
    items = server().get(path(make_key(user), **query)).json()["items"]
    assert (items[0]["from_millis"], len(items)) == (0, 56 * 12)


@pytest.mark.parametrize("interval", ["hour", "day", "month"])
def test_there_are_at_most_1000_items(user, interval):
    api_key = make_key(user)
    hours = {"hour": 1, "day": 24, "month": 30.5 * 24}[interval]
    query = {"from_millis": DAY, "interval": interval}
    for number in (990, 1010):
        query["until_millis"] = DAY + int(number * hours * 60 * 60 * 1000)
        answer = server().get(path(api_key, **query))
        assert answer.status_code == (200 if number < 1000 else 400)
        assert ("query.interval" in answer.text) == (number > 1000)


EARLIEST, LATEST = map(timestamps.to_millis, (timestamps.EARLIEST, timestamps.LATEST))


@pytest.mark.parametrize("interval", ["hour", "day", "month"])
@pytest.mark.parametrize(
    "query",
    [
        {"until_millis": EARLIEST},
        {"from_millis": LATEST - 1, "until_millis": LATEST},
        {"from_millis": EARLIEST, "until_millis": EARLIEST + 1},
    ],
)
def test_the_first_and_the_last_times_are_answered(user, query, interval):
    answer = server().get(path(make_key(user), interval=interval, **query))
    assert answer.status_code == 200
    assert answer.json()["total"] == {"accepted": 0, "refused": 0}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"interval": "year"}, "interval"),
        ({"interval": ""}, "interval"),
        ({"interval": "Hour"}, "interval"),
        ({"from_millis": "yesterday"}, "from_millis"),
        ({"from_millis": "NaN"}, "from_millis"),
        ({"from_millis": "Infinity"}, "from_millis"),
        ({"from_millis": EARLIEST - 1}, "from_millis"),
        ({"from_millis": 10**400}, "from_millis"),
        ({"until_millis": "2026-05-04"}, "until_millis"),
        ({"until_millis": ""}, "until_millis"),
        ({"until_millis": LATEST + 1}, "until_millis"),
        ({"from_millis": 2 * DAY, "until_millis": DAY}, "from_millis"),
        ({"from_millis": DAY, "until_millis": DAY}, "from_millis"),
        ({"from_millis": DAY, "until_millis": 0}, "from_millis"),
        ({"from_millis": LATEST}, "from_millis"),
        ({"from_millis": DAY, "until_millis": 1000 * DAY, "interval": "hour"}, "interval"),
        ({"from_millis": EARLIEST, "until_millis": LATEST, "interval": "month"}, "interval"),
        ({"from_millis": EARLIEST, "until_millis": LATEST, "interval": "hour"}, "interval"),
    ],
)
def test_a_bad_request_names_the_field(user, query, field):
    answer = server().get(path(make_key(user), **query))
    assert (answer.status_code, answer.json()["code"]) == (400, "SCHEMA_ERROR")
    assert f"query.{field}" in answer.text


@pytest.mark.parametrize("interval", ["hour", "day", "month"])
def test_a_key_takes_the_same_queries_however_much_it_was_used(
    user, django_assert_num_queries, interval
):
    api_key = make_key(user)
    for day in range(1, 20):
        store(api_key, datetime(2026, 5, day, tzinfo=UTC))
    with django_assert_num_queries(3):  # the key, its hours, its totals
        assert server().get(path(api_key, interval=interval)).status_code == 200


def test_the_backend_sees_the_use_of_each_key(owner):
    api_key = make_key(owner)
    for caller in (server(), admin()):
        assert caller.get(path(api_key)).status_code == 200


def test_a_person_sees_the_use_of_their_own_keys(user):
    api_key = make_key(user)
    for caller in (browser(user), person(user)):
        assert caller.get(path(api_key)).status_code == 200
    other = UserFactory()
    for caller in (browser(other), person(other)):
        assert_plain_error(caller.get(path(api_key)), 403, NotOwnApiKeys().message)
    assert browser().get(path(api_key)).status_code == 401


def test_a_team_shows_the_use_of_its_keys_to_members_who_manage_them(team):
    api_key = make_key(team)
    manager, member = UserFactory.create_batch(2)
    team.add_member(manager, permission_ids=["$manage_api_keys"])
    team.add_member(member)
    assert browser(manager).get(path(api_key)).status_code == 200
    for caller in (browser(member), browser(UserFactory())):
        answer = caller.get(path(api_key))
        assert answer.status_code == 404
        # Exactly as who reads the key is answered.
        assert answer.content == caller.get(path(api_key).removesuffix("/usage")).content


def test_a_key_has_no_rights_over_keys(user):
    api_key, value = user.api_keys.create_key()
    answer = browser().send("GET", path(api_key), api_key=value)
    assert answer.status_code == 403
    assert "accepted" not in answer.text


def test_a_key_is_of_the_kind_in_the_path(user):
    api_key = make_key(user)
    assert_not_found(server().get(f"/team-api-keys/{api_key.pk}/usage"))
    assert_not_found(server().get(f"/user-api-keys/{UNKNOWN_ID}/usage"))
    assert server().get("/user-api-keys/1/usage").status_code == 400
    assert server().post(path(api_key), {}).status_code == 405
