"""The calendar of expiries, and the page where people get its address."""

import re
from html import unescape
from uuid import uuid4

import icalendar
import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.utils import timezone
from django.views.debug import ExceptionReporter

from stack_apikeys.reminders import calendars
from stack_apikeys.reminders.models import CalendarFeed
from tests.factories import UserFactory
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(owner, user, client):
    """The address of the page, on which the user is signed in and manages the keys."""
    client.force_login(user)
    if owner == user:
        return address("api-key-calendar")
    owner.add_member(user, permission_ids=["$manage_api_keys"])
    return address("api-key-calendar", team=owner)


@pytest.fixture
def subscribe(client, page):
    """A function that gets a new address, and returns its path."""

    def post():
        response = client.post(page, {"action": "open"})
        assert "no-store" in response["Cache-Control"]
        [url] = re.findall(r"<code[^>]*>http://testserver([^<]*)</code>", response.text)
        return unescape(url)

    return post


def secret_of(path):
    return path.split("/")[-1].removesuffix(".ics")


def events_at(path):
    response = Client().get(path)
    assert response.status_code == 200
    return icalendar.Calendar.from_ical(response.content).walk("VEVENT")


def test_the_calendar_has_the_valid_keys_that_expire(owner, subscribe, expiring):
    soon, later = expiring(owner, 3), expiring(owner, 300)
    expiring(owner, 5).revoke()
    expiring(owner, -5)
    make_key(owner)
    expiring(UserFactory(), 4)
    events = events_at(subscribe())
    assert [each["UID"] for each in events] == [
        f"{each.pk}@django-stack-apikeys" for each in (soon, later)
    ]
    assert events[0].decoded("DTSTART") == soon.expires_at.replace(microsecond=0)
    assert events[0].decoded("DTSTAMP") <= timezone.now()
    assert soon.masked in events[0]["SUMMARY"]


def test_the_file_is_one_that_rfc_5545_allows(user, client, expiring):
    expiring(user, 5, description="Größe, \\ ; \u05d0 and so on" + " und so fort" * 15)
    client.force_login(user)
    page = client.post(address("api-key-calendar"), {"action": "open"}).text
    response = Client().get(re.search(r"http://testserver([^<]*\.ics)", page)[1])
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    lines = response.content.split(b"\r\n")
    assert lines[0] == b"BEGIN:VCALENDAR"
    assert lines[-2:] == [b"END:VCALENDAR", b""]
    assert b"\n" not in b"".join(lines)
    assert max(map(len, lines)) <= 75
    content = response.content.replace(b"\r\n ", b"").decode()
    assert "VERSION:2.0\r\n" in content
    assert "PRODID:-//" in content
    assert "Größe\\, \\\\ \\; \u05d0 and so on und so fort" in content
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT12H\r\n" in content
    assert re.search(r"\r\nDTSTART:\d{8}T\d{6}Z\r\n", content)
    assert re.search(r"\r\nDTSTAMP:\d{8}T\d{6}Z\r\n", content)


def test_a_key_in_a_description_is_not_in_the_calendar(user, client, expiring):
    _api_key, value = user.api_keys.create_key()
    expiring(user, 5, description=f"like {value}")
    client.force_login(user)
    page = client.post(address("api-key-calendar"), {"action": "open"}).text
    content = Client().get(re.search(r"http://testserver([^<]*\.ics)", page)[1]).content
    assert value[3:30] not in content.replace(b"\r\n ", b"").decode()


def test_many_keys_are_cut(user, client, expiring, monkeypatch):
    monkeypatch.setattr(calendars, "MOST_EVENTS", 2)
    for days in (9, 3, 6):
        expiring(user, days)
    client.force_login(user)
    page = client.post(address("api-key-calendar"), {"action": "open"}).text
    events = events_at(re.search(r"http://testserver([^<]*\.ics)", page)[1])
    days = [(each.decoded("DTSTART") - timezone.now()).days for each in events]
    assert days == [2, 5]


def test_the_calendar_is_in_the_language_of_its_person(client, configure, expiring):
    configure(POLICY="tests.reminders.policies.InTheirLanguage")
    user = UserFactory(display_name="de")
    client.force_login(user)
    page = client.post(address("api-key-calendar"), {"action": "open"}).text
    path = re.search(r"http://testserver([^<]*\.ics)", page)[1]
    assert Client(headers={"Accept-Language": "fr"}).get(path).status_code == 200


def test_the_address_is_shown_once(client, page, subscribe):
    assert "Get an address" in client.get(page).text
    path = subscribe()
    again = client.get(page).text
    assert ".ics" not in again
    assert "You have had an address" in again
    feed = CalendarFeed.objects.get()
    assert secret_of(path) not in str(vars(feed))
    assert secret_of(path) not in str(dict(client.session))


def test_a_new_address_ends_the_one_before(client, page, subscribe):
    old = subscribe()
    new = subscribe()
    assert Client().get(old).status_code == 404
    assert Client().get(new).status_code == 200
    assert CalendarFeed.objects.count() == 1


def test_the_calendar_can_be_switched_off(client, page, subscribe):
    path = subscribe()
    response = client.post(page, {"action": "close"})
    assert response.url == page
    assert Client().get(path).status_code == 404
    assert "Get an address" in client.get(page).text
    assert client.post(page, {"action": "close"}).status_code == 302


def test_nothing_happens_without_a_csrf_token(user, page):
    client = Client(enforce_csrf_checks=True)
    client.force_login(user)
    assert client.post(page, {"action": "open"}).status_code == 403
    assert not CalendarFeed.objects.exists()


@pytest.mark.parametrize("data", [{}, {"action": "explode"}])
def test_another_action_changes_nothing(client, page, data):
    response = client.post(page, data)
    assert response.status_code == 200
    assert 'role="alert"' in response.text
    assert not CalendarFeed.objects.exists()


def test_a_get_request_changes_nothing(client, page, subscribe):
    subscribe()
    feed = CalendarFeed.objects.values().get()
    client.get(page, {"action": "close"})
    assert CalendarFeed.objects.values().get() == feed


def test_the_calendar_is_only_read(subscribe):
    assert Client().post(subscribe()).status_code == 405
    assert Client().head(subscribe()).status_code == 200


def test_the_calendar_ends_with_the_right_to_see_the_keys(client, team, user):
    team.add_member(user, permission_ids=["$manage_api_keys"])
    client.force_login(user)
    page = client.post(address("api-key-calendar", team=team), {"action": "open"}).text
    path = re.search(r"http://testserver([^<]*\.ics)", page)[1]
    assert Client().get(path).status_code == 200
    team.revoke_permission(user, "$manage_api_keys")
    assert Client().get(path).status_code == 404
    team.grant(user, "$manage_api_keys")
    assert Client().get(path).status_code == 200
    team.delete()
    assert Client().get(path).status_code == 404


def test_the_calendar_ends_with_the_person(subscribe, user):
    path = subscribe()
    user.is_active = False
    user.save()
    assert Client().get(path).status_code == 404
    user.delete()
    assert Client().get(path).status_code == 404
    assert not CalendarFeed.objects.exists()


def test_the_calendar_ends_with_a_person_whom_the_project_hides(subscribe, user, monkeypatch):
    path = subscribe()
    model = type(user)
    hiding = model.objects.get_queryset().exclude(pk=user.pk)
    monkeypatch.setattr(type(model.objects), "get_queryset", lambda _manager: hiding.all())
    assert Client().get(path).status_code == 404


def test_the_calendar_ends_where_such_keys_are_switched_off(subscribe, owner, user, configure):
    path = subscribe()
    configure(**{"ALLOW_USER_API_KEYS" if owner == user else "ALLOW_TEAM_API_KEYS": False})
    assert Client().get(path).status_code == 404


def test_nobody_else_sees_the_page_of_a_team(client, team):
    client.force_login(UserFactory())
    url = address("api-key-calendar", team=team)
    assert client.get(url).status_code == 404
    assert client.post(url, {"action": "open"}).status_code == 404
    assert Client().get(url).status_code == 302


def test_a_key_opens_no_calendar(user):
    _api_key, value = user.api_keys.create_key()
    client = Client(headers={"X-Stack-Api-Key": value})
    client.force_login(user)
    assert client.post(address("api-key-calendar"), {"action": "open"}).status_code == 302
    assert not CalendarFeed.objects.exists()


def test_who_acts_as_another_user_gets_no_address(client, user, configure):
    configure(POLICY="tests.reminders.policies.StaffActAsOthers")
    UserFactory(email="staff@example.com")
    client.force_login(user)
    url = address("api-key-calendar")
    assert client.get(url).status_code == 404
    assert client.post(url, {"action": "open"}).status_code == 404
    make_key(user)
    assert url not in client.get(address("api-keys")).text
    assert not CalendarFeed.objects.exists()


def test_the_list_leads_to_the_page(client, owner, user, page):
    make_key(owner)
    team = None if owner == user else owner
    listed = client.get(address("api-keys", team=team, status="valid")).text
    [url] = re.findall(rf'href="({re.escape(page)}[^"]*)"', listed)
    assert "status%3Dvalid" in url
    assert "status=valid" in client.get(unescape(url)).text


def test_the_headers_keep_the_calendar_out_of_caches_and_search_engines(subscribe):
    response = Client().get(subscribe())
    assert "no-store" in response["Cache-Control"]
    assert "private" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"
    assert response["Referrer-Policy"] == "no-referrer"


def test_the_secret_is_in_no_log(subscribe, caplog):
    path = subscribe()
    secret = secret_of(path)[::-1]
    response = Client().get(path.replace(secret_of(path), secret))
    assert response.status_code == 404
    [record] = caplog.records
    assert record.getMessage() == r"Not Found: /settings/api-keys/calendar/\u2026.ics"
    assert secret not in f"{vars(record)}{record.request.META}{response.text}"


def test_the_secret_is_in_no_error_report(subscribe, caplog, monkeypatch):
    path = subscribe()
    monkeypatch.setattr(calendars, "calendar_of", lambda _section: 1 / 0)
    assert Client(raise_request_exception=False).get(path).status_code == 500
    [record] = caplog.records
    reporter = ExceptionReporter(record.request, *record.exc_info)
    report = reporter.get_traceback_html() + reporter.get_traceback_text()
    assert "ZeroDivisionError" in report
    assert secret_of(path) not in f"{record.getMessage()}{report}"


def test_what_is_no_secret_is_not_found():
    for token in ("x", "x" * 43, "x" * 44, str(uuid4())):
        assert Client().get(f"/settings/api-keys/calendar/{token}.ics").status_code == 404


def test_a_calendar_takes_few_queries(owner, user, subscribe, expiring, django_assert_num_queries):
    for days in (3, 4, 5):
        expiring(owner, days)
    path = subscribe()
    # The calendar with its person, and the keys; for a team also the team and the permission.
    with django_assert_num_queries(2 if owner == user else 4):
        Client().get(path)


def test_a_calendar_is_served_asynchronously_too(subscribe, caplog):
    path = subscribe()
    get = async_to_sync(AsyncClient().get)
    assert get(path).status_code == 200
    assert get(path.replace(secret_of(path), "x" * 43)).status_code == 404
    assert "xxx" not in caplog.text
