"""The use of keys in Django admin."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from stack_apikeys.admin import extensions
from stack_apikeys.usage.admin import last_used_column
from stack_apikeys.usage.models import KeyNetwork, KeyUsage, UnusualUse
from stack_apikeys.usage.site import MOST_NAMED
from tests.admin.pages import address
from tests.factories import UserFactory
from tests.settings_pages import make_key
from tests.usage.test_pages import age, used

pytestmark = pytest.mark.django_db

KEYS = "admin:stack_apikeys_usage_keyusage_changelist"
UNUSUAL = "admin:stack_apikeys_usage_unusualuse_changelist"


@pytest.fixture
def client():
    client = Client()
    client.force_login(UserFactory(is_staff=True, is_superuser=True))
    return client


def staff(*codenames):
    """The browser of somebody with these permissions."""
    user = UserFactory(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def keys_of(page):
    return [each.description for each in page.context["cl"].result_list]


def make_three(user):
    """Make three keys, of which two were used."""
    make_key(user, description="never")
    used(make_key(user, description="old"), timedelta(days=100))
    used(make_key(user, description="busy"), timedelta(hours=2))
    age(user)


def unusual(api_key, about="198.51.100.0/24", ago=timedelta(0)):
    return UnusualUse.objects.create(
        key_id=api_key.pk,
        kind=api_key.KIND,
        rule="network",
        moment=timezone.now() - ago,
        about=about,
    )


# The keys ---------------------------------------------------------------------------------------


def test_the_list_says_when_each_key_was_last_used(client, owner):
    used(make_key(owner), timedelta(hours=2), accepted=1234)
    make_key(owner)
    page = client.get(address("changelist", model=owner.api_keys.model)).text
    assert "Last used" in page
    assert "2\xa0hours ago" in page
    assert "Never used" in page
    assert 'aria-label="1,234 requests in 30 days"' in page
    assert page.count('<svg class="apikeys-sparkline"') == 1


@pytest.mark.parametrize(("days", "marks"), [(29, 1), (31, 0)])
def test_the_list_marks_keys_that_were_used_in_an_unusual_way(client, user, days, marks):
    make_key(user)
    unusual(make_key(user), ago=timedelta(days=days))
    page = client.get(address("changelist")).text
    assert page.count('<strong class="apikeys-mark">Unusual use</strong>') == marks


def test_the_list_is_sorted_by_the_last_use(client, user):
    make_three(user)
    columns = client.get(address("changelist")).context["cl"].list_display
    column = columns.index(last_used_column)
    page = client.get(address("changelist"), {"o": column})
    assert keys_of(page) == ["never", "old", "busy"]
    page = client.get(address("changelist"), {"o": -column})
    assert keys_of(page) == ["busy", "old", "never"]


@pytest.mark.parametrize(
    ("chosen", "found"),
    [
        ("never", ["never"]),
        ("30", ["never", "old"]),
        ("90", ["never", "old"]),
        ("365", ["never"]),
        ("nonsense", ["busy", "never", "old"]),
    ],
)
def test_the_list_is_filtered_by_the_last_use(client, user, chosen, found):
    make_three(user)
    page = client.get(address("changelist"), {"used": chosen, "_facets": "True"})
    assert sorted(keys_of(page)) == found
    assert "Unused for 90 days" in page.text
    assert "Never used (1)" not in page.text  # counting would read all keys


def test_the_list_counts_what_is_not_written_yet(client, user, use):
    _api_key, value = user.api_keys.create_key()
    use(value)
    KeyUsage.objects.update(last_used_at=timezone.now() - timedelta(days=3))
    use(value)
    assert "just now" in client.get(address("changelist")).text


@pytest.mark.parametrize("number", [1, 8])
def test_the_column_takes_one_query(client, user, django_assert_num_queries, monkeypatch, number):
    for _ in range(number):
        used(make_key(user), timedelta(hours=2))
    with monkeypatch.context() as without:
        without.setattr(extensions, "_registered", [])
        with CaptureQueriesContext(connection) as queries:
            client.get(address("changelist"))
    with django_assert_num_queries(len(queries) + 1):  # the days of the charts
        client.get(address("changelist"))


def test_the_page_of_a_key_shows_its_use(client, owner):
    api_key = make_key(owner)
    used(api_key, timedelta(minutes=1), accepted=5, revoked=2, secret=1)
    unusual(api_key)
    now = timezone.now()
    KeyNetwork.objects.create(
        key_id=api_key.pk, network="192.0.2.0/24", first_seen_at=now, last_seen_at=now
    )
    page = client.get(address("change", api_key.pk, model=type(api_key))).text
    assert 'aria-label="5 accepted, 3 refused requests"' in page
    assert "Revoked: 2 · Wrong secret: 1" in page
    assert "192.0.2.7" in page
    assert "192.0.2.0/24" in page
    assert "Used from a new network" in page
    assert "stack_apikeys_usage/admin.css" in page


def test_numbers_have_the_separators_of_the_language(client, user):
    api_key = make_key(user)
    used(api_key, timedelta(hours=1), accepted=12_345, revoked=6_789)
    for page in (address("change", api_key.pk), reverse(KEYS)):
        text = client.get(page, headers={"Accept-Language": "de"}).text
        assert "12.345" in text
        assert "6.789" in text
        assert "12345<" not in text
        assert "6789<" not in text


def test_the_page_of_a_key_keeps_its_other_parameters_in_another_period(client, user):
    url = address("change", make_key(user).pk)
    page = client.get(url, {"_changelist_filters": "q=a", "period": "hours"}).text
    links = [unescape(link) for link in re.findall(r'href="(\?[^"]*#apikeys-usage)"', page)]
    assert links[1] == "?_changelist_filters=q%3Da&period=days#apikeys-usage"
    assert len(links) == 3
    assert 'period=hours#apikeys-usage" aria-current="true"' in page


def test_the_page_of_a_key_takes_the_same_queries_however_much_it_was_used(
    client, user, django_assert_num_queries, monkeypatch
):
    api_key = make_key(user)
    for hours in range(5):
        used(api_key, timedelta(hours=hours))
        unusual(api_key, about=str(hours))
    client.get(address("change", api_key.pk))  # Django looks up the content type once
    with monkeypatch.context() as without:
        without.setattr(extensions, "_registered", [])
        with CaptureQueriesContext(connection) as queries:
            client.get(address("change", api_key.pk))
    # The hours, the totals, the networks, the unusual uses.
    with django_assert_num_queries(len(queries) + 4):
        client.get(address("change", api_key.pk))


def test_the_form_of_a_new_key_says_nothing_about_its_use(client):
    assert "apikeys-usage" not in client.get(address("add")).text


def test_without_the_app_nothing_mentions_usage(client, user, monkeypatch):
    monkeypatch.setattr(extensions, "_registered", [])
    api_key = make_key(user)
    for page in (address("changelist"), address("change", api_key.pk)):
        main = client.get(page).text.partition('id="content-main"')[2]
        assert "sage" not in main
        assert "ast used" not in main


# The site ---------------------------------------------------------------------------------------


def test_the_page_of_the_site_shows_the_last_day_of_all_keys(client, user, team):
    busy, refused = make_key(user, description="busy"), make_key(team, description="refused")
    used(busy, timedelta(hours=1), accepted=40)
    used(busy, timedelta(hours=3), accepted=2)
    used(refused, timedelta(hours=1), accepted=1, expired=6, network=1)
    used(make_key(user, description="old"), timedelta(days=3), accepted=1000)
    unusual(busy)
    page = client.get(reverse(KEYS))
    assert 'aria-label="43 accepted, 7 refused requests"' in page.text
    assert "Refused: Expired: 6 · Network not allowed: 1" in page.text
    assert f'href="{address("change", busy.pk)}"' in page.text
    [(first, number), (_second, one)] = page.context["busiest"]
    assert (number, one) == (42, 1)
    assert "busy" in first
    [(name, number)] = page.context["refused"]
    assert number == 7
    assert "refused" in name
    assert "Used from a new network" in page.text
    assert len(page.context["rows"]) == 24
    assert [each.accepted for each in page.context["cl"].result_list] == [1, 2, 1000]


def test_the_page_of_the_site_shows_the_totals_of_each_key_sorted_as_asked(client, user):
    for number in (3, 50, 8):
        used(make_key(user), timedelta(days=2), accepted=number)
    page = client.get(reverse(KEYS), {"o": "-2"})
    assert [each.accepted for each in page.context["cl"].result_list] == [50, 8, 3]


@pytest.mark.parametrize("number", [1, MOST_NAMED + 2])
def test_the_page_of_the_site_takes_the_same_queries_however_many_keys(
    client, user, team, django_assert_num_queries, number
):
    for owner in (user, team):
        for _ in range(number):
            api_key = make_key(owner)
            used(api_key, timedelta(hours=1), accepted=3, revoked=1)
            unusual(api_key)
    # The session, the person, the hours, the busiest and the most refused keys, the unusual uses,
    # the number of keys, the keys; and twice the names, in two tables.
    with django_assert_num_queries(12):
        client.get(reverse(KEYS))


def test_a_page_of_an_unused_site_is_empty(client):
    page = client.get(reverse(KEYS)).text
    assert "No requests in this time." in page
    assert "Busiest" not in page
    assert "unusual uses" not in page


def test_the_list_of_unusual_uses_shows_the_newest_first(client, user):
    api_key = make_key(user, description="Nightly backup")
    unusual(api_key, about="192.0.2.0/24", ago=timedelta(days=1))
    unusual(api_key, about="198.51.100.0/24")
    page = client.get(reverse(UNUSUAL))
    shown = [each.about for each in page.context["cl"].result_list]
    assert shown == ["198.51.100.0/24", "192.0.2.0/24"]
    assert "Nightly backup" in page.text
    assert "Nightly backup" not in client.get(reverse(UNUSUAL), {"kind": "team"}).text


def test_the_use_of_a_deleted_key_is_shown_with_its_id(client):
    key_id = uuid4()
    KeyUsage.objects.create(key_id=key_id, kind="user", last_used_at=timezone.now())
    assert f"<code>{key_id}</code>" in client.get(reverse(KEYS)).text


def test_who_may_not_see_keys_sees_their_ids_only(user):
    api_key = make_key(user, description="hush")
    used(api_key, timedelta(hours=1))
    unusual(api_key)
    client = staff("view_keyusage", "view_unusualuse")
    for page in (reverse(KEYS), reverse(UNUSUAL)):
        text = client.get(page).text
        assert str(api_key.pk) in text
        assert "hush" not in text
        assert api_key.masked not in text


@pytest.mark.parametrize("page", [KEYS, UNUSUAL])
def test_who_has_no_permission_sees_nothing(page):
    assert staff("view_userapikey").get(reverse(page)).status_code == 403


@pytest.mark.parametrize("page", [KEYS, UNUSUAL])
def test_nobody_changes_anything(client, page):
    unusual(make_key(UserFactory()))
    for name in ("add/", "1/change/", "1/delete/"):
        assert client.get(reverse(page) + name).status_code == 404
    text = client.get(reverse(page)).text.partition('id="content-main"')[2]
    assert "addlink" not in text
    assert 'name="action"' not in text


@pytest.mark.parametrize("page", [KEYS, UNUSUAL])
def test_a_request_with_a_key_sees_nothing(client, user, page):
    _api_key, value = user.api_keys.create_key()
    response = client.get(reverse(page), headers={"X-Stack-Api-Key": value})
    assert response.status_code == 403
