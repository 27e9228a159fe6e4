"""``GET /api/v1/{T}-api-keys/{id}/usage``."""

from datetime import UTC, datetime
from itertools import pairwise
from urllib.parse import urlencode

import pytest

from stack_apikeys import timestamps
from tests.factories import UserFactory
from tests.settings_pages import make_key
from tests.usage.test_pages import store
from tests.wire import UNKNOWN_ID, admin, browser, server

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


@pytest.mark.parametrize(
    "query",
    [
        {"interval": "year"},
        {"from_millis": "yesterday"},
        {"from_millis": 2 * DAY, "until_millis": DAY},
        {"from_millis": DAY, "until_millis": 1000 * DAY, "interval": "hour"},
    ],
)
def test_a_bad_request_names_the_field(user, query):
    answer = server().get(path(make_key(user), **query))
    assert (answer.status_code, answer.json()["code"]) == (400, "SCHEMA_ERROR")
    assert any(name in answer.text for name in query)


def test_only_who_manages_the_key_sees_its_use(user):
    api_key = make_key(user)
    assert browser(user).get(path(api_key)).status_code == 200
    assert browser(UserFactory()).get(path(api_key)).status_code == 403
    assert server().get(f"/user-api-keys/{UNKNOWN_ID}/usage").status_code == 404
