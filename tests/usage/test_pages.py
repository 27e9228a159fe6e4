"""What the settings pages show about the use of keys."""

import re
from datetime import UTC, timedelta
from html import unescape

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stack_apikeys.pages import panels
from stack_apikeys.usage.details import PERIODS
from stack_apikeys.usage.models import KeyDay, KeyHour, KeyUsage, UnusualUse
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


def store(api_key, moment, accepted=1, **refused):
    """Store requests with the key at this moment."""
    KeyUsage.objects.update_or_create(
        key_id=api_key.pk,
        defaults={
            "kind": api_key.KIND,
            "first_used_at": moment,
            "last_used_at": moment,
            "last_address": "192.0.2.7",
            "accepted": accepted,
            "refused": sum(refused.values()),
        },
    )
    day, _new = KeyDay.objects.get_or_create(key_id=api_key.pk, day=moment.astimezone(UTC).date())
    day.accepted += accepted
    day.save()
    KeyHour.objects.create(
        key_id=api_key.pk,
        hour=moment.replace(minute=0, second=0, microsecond=0),
        accepted=accepted,
        **{f"refused_{reason}": number for reason, number in refused.items()},
    )


def age(owner, days=400):
    """Let the keys of the owner be so old."""
    owner.api_keys.update(created_at=timezone.now() - timedelta(days=days))


def descriptions(page):
    found = re.findall(r'role="rowheader"><a[^>]*><bdi dir="auto">(.*?)</bdi>', page.text)
    return [unescape(each) for each in found]


def used(api_key, ago, **numbers):
    """Store requests with the key, so long ago."""
    store(api_key, timezone.now() - ago, **numbers)


def test_the_list_says_when_each_key_was_last_used(client, user):
    used(make_key(user, description="busy"), timedelta(hours=2), accepted=1234)
    used(make_key(user, description="old"), timedelta(days=100))
    make_key(user, description="idle")
    page = client.get(address("api-keys")).text
    assert "Last used" in page
    assert "2\xa0hours ago" in page
    assert 'aria-label="1,234 requests in 30 days"' in page
    assert "Never used" in page
    assert page.count('<svg class="apikeys-sparkline"') == 1


def mark(api_key, days):
    """Store an unusual use of the key, so many days ago."""
    moment = timezone.now() - timedelta(days=days)
    UnusualUse.objects.create(
        key_id=api_key.pk, kind=api_key.KIND, rule="idle", moment=moment, about="2026-05-04"
    )


@pytest.mark.parametrize(("days", "marks"), [(29, 1), (31, 0)])
def test_a_key_is_marked_for_30_days_after_an_unusual_use(client, user, days, marks):
    api_key = make_key(user)
    mark(api_key, days)
    make_key(user)
    for page in (address("api-keys"), address("api-key", api_key)):
        text = client.get(page).text
        assert text.count('apikeys-badge-expiring">Unusual use</span>') == marks


def test_numbers_have_the_separators_of_the_language(client, user):
    api_key = make_key(user)
    used(api_key, timedelta(0), accepted=12_345, revoked=6_789)
    pages = {
        address("api-keys"): ["12.345"],
        address("api-key", api_key): ["12.345", "6.789"],
        address("api-key-revoke", api_key): ["12.345"],
    }
    for page, expected in pages.items():
        text = client.get(page, headers={"Accept-Language": "de"}).text
        assert not [number for number in expected if number not in text]
        assert not re.search("(12345|6789)[ <]", text)


@pytest.mark.parametrize("number", [0, 5])
def test_the_keys_page_takes_the_same_queries_however_much_it_was_used(
    client, user, django_assert_num_queries, monkeypatch, number
):
    api_key = make_key(user)
    for hours in range(number):
        used(api_key, timedelta(hours=hours))
        mark(api_key, hours)
    with monkeypatch.context() as without:
        without.setattr(panels, "_registered", [])
        with CaptureQueriesContext(connection) as queries:
            client.get(address("api-key", api_key))
    # The totals, the unusual uses, the hours, the networks.
    with django_assert_num_queries(len(queries) + 4):
        client.get(address("api-key", api_key))


def test_the_list_shows_the_last_use_once_though_the_app_is_loaded_again(client, user):
    make_key(user)
    before = client.get(address("api-keys")).text.count("Last used")
    apps.get_app_config("stack_apikeys_usage").ready()
    assert client.get(address("api-keys")).text.count("Last used") == before


def test_the_list_takes_three_queries_more_however_many_keys(
    client, user, django_assert_num_queries, monkeypatch
):
    for _ in range(10):
        used(make_key(user), timedelta(hours=2))
    with monkeypatch.context() as without:
        without.setattr(panels, "_registered", [])
        with CaptureQueriesContext(connection) as queries:
            client.get(address("api-keys"))
    with django_assert_num_queries(len(queries) + 3):
        client.get(address("api-keys"))


def test_an_overview_counts_requests_and_links_to_keys_that_nobody_uses(client, user):
    used(make_key(user, description="busy"), timedelta(0), accepted=40)
    used(make_key(user, description="old"), timedelta(days=100))
    make_key(user, description="never")
    revoked = make_key(user, description="revoked")
    revoked.revoke()
    age(user)
    make_key(user, description="new")
    page = client.get(address("api-keys")).text
    assert "40 requests today" in page
    assert "2 active keys never used" in page
    assert "2 not used for 90 days" in page
    never = client.get(address("api-keys", status="never-used"))
    assert sorted(descriptions(never)) == ["never", "new"]
    idle = client.get(address("api-keys", status="unused"))
    assert sorted(descriptions(idle)) == ["never", "old"]
    assert "Unused for 90 days" in idle.text


def test_the_list_can_be_sorted_by_the_last_use(client, user):
    make_key(user, description="never")
    used(make_key(user, description="old"), timedelta(days=100))
    used(make_key(user, description="busy"), timedelta(hours=1))
    page = client.get(address("api-keys", sort="-used"))
    assert descriptions(page) == ["busy", "old", "never"]
    assert 'aria-sort="descending"' in page.text
    page = client.get(address("api-keys", sort="used"))
    assert descriptions(page) == ["never", "old", "busy"]


def test_without_the_app_nothing_mentions_usage(client, user, monkeypatch):
    monkeypatch.setattr(panels, "_registered", [])
    api_key = make_key(user)
    pages = [address("api-keys"), address("api-key", api_key), address("api-key-revoke", api_key)]
    for page in pages:
        text = client.get(page).text
        assert "used" not in text
        assert "Usage" not in text


@pytest.mark.parametrize("period", PERIODS)
def test_the_keys_page_shows_a_chart_and_the_same_as_a_table(client, user, period):
    api_key = make_key(user)
    used(api_key, timedelta(minutes=1), accepted=5, revoked=2, secret=1)
    page = client.get(address("api-key", api_key, period=period)).text
    assert 'aria-label="5 accepted, 3 refused requests"' in page
    assert "<td>5</td><td>3</td>" in page
    assert "Revoked: 2 · Wrong secret: 1" in page
    assert "192.0.2.7" in page
    assert f'href="?period={period}" aria-current="true"' in page


def test_an_unknown_period_shows_the_usual_one(client, user):
    page = client.get(address("api-key", make_key(user), period="<script>")).text
    assert 'href="?period=days" aria-current="true"' in page
    assert "No requests in this time." in page


def test_who_revokes_a_key_is_told_of_its_last_use(client, user):
    api_key = make_key(user)
    assert "This key was never used." in client.get(address("api-key-revoke", api_key)).text
    used(api_key, timedelta(minutes=5), accepted=17)
    page = client.get(address("api-key-revoke", api_key)).text
    assert "5\xa0minutes ago" in page
    assert "17 requests in all" in page


def test_who_revokes_several_keys_is_told_of_their_last_use_by_one_query(
    client, user, django_assert_num_queries
):
    api_keys = [make_key(user) for _number in range(3)]
    for number, api_key in enumerate(api_keys[1:], start=1):
        used(api_key, timedelta(minutes=5 * number), accepted=number)
    ask = address("api-keys-revoke")
    client.post(ask, {"key": [each.pk for each in api_keys[:1]]})
    for some in (api_keys[:1], api_keys):
        with django_assert_num_queries(5):
            page = client.post(ask, {"key": [each.pk for each in some]}).text
    assert page.count("This key was never used.") == 1
    assert "5\xa0minutes ago" in page
    assert "2 requests in all" in page


def test_a_teams_pages_show_the_same(client, user, team):
    team.add_member(user, permission_ids=["$manage_api_keys"])
    api_key = make_key(team)
    used(api_key, timedelta(hours=3), accepted=2)
    assert "3\xa0hours ago" in client.get(address("api-keys", team=team)).text
    assert "2 accepted" in client.get(address("api-key", api_key, team)).text
