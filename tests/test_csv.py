"""The list of keys as a file."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stack_apikeys.models import UserApiKey
from tests.factories import TeamFactory, UserFactory
from tests.pages import address, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(display_name="Ada")


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


def export(client, team=None, **query):
    answer = client.get(address("api-keys-csv", team=team, **query))
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode("utf-8-sig"))))


def test_the_file_is_streamed_and_named_after_the_day(client, user):
    make_key(user)
    answer = client.get(address("api-keys-csv"))
    assert answer.streaming
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        f'attachment; filename="api-keys-{timezone.localdate():%Y-%m-%d}.csv"'
    )


@pytest.mark.parametrize(
    ("name", "slug"),
    [("Räume & Träume", "raume-traume"), ('A/../..\\b\r\n"', "ab"), ("チーム", None)],
)
def test_a_teams_file_is_named_after_the_team(client, user, name, slug):
    team = TeamFactory(display_name=name, creator=user)
    disposition = client.get(address("api-keys-csv", team=team)).headers["Content-Disposition"]
    assert disposition == (
        f'attachment; filename="api-keys-{slug or team.pk}-{timezone.localdate():%Y-%m-%d}.csv"'
    )


def test_a_line_tells_all_but_the_key(client, user):
    expires_at = timezone.now().replace(microsecond=0) + timedelta(days=90)
    api_key, value = user.api_keys.create_key(description='Über "uns", alle', expires_at=expires_at)
    [line] = export(client)
    assert line == {
        "ID": str(api_key.pk),
        "Description": 'Über "uns", alle',
        "Status": "Valid",
        "Key": api_key.masked,
        "Created": api_key.created_at.isoformat(timespec="seconds"),
        "Expires": expires_at.isoformat(),
        "Revoked": "",
    }
    assert value not in str(line)


def test_a_teams_line_tells_who_made_the_key(client, user):
    team = TeamFactory(creator=user)
    make_key(team, created_by=user).revoke()
    make_key(team)
    first, second = export(client, team, sort="status")
    assert (first["Created by"], first["Status"]) == ("", "Valid")
    assert (second["Created by"], second["Status"]) == ("Ada", "Revoked")
    assert second["Revoked"]


def test_the_file_follows_search_filter_and_order_but_not_the_page(client, user):
    for number in range(25):
        make_key(user, description=f"Sensor {number:02}")
    make_key(user, description="Sensor that is gone").revoke()
    make_key(user, description="Something else")
    lines = export(client, q="sensor", status="valid", sort="-description", rows=10, page=2)
    assert [line["Description"] for line in lines] == [
        f"Sensor {n:02}" for n in reversed(range(25))
    ]


def test_the_lists_link_carries_the_same_filters(client, user):
    make_key(user, description="A & B")
    page = client.get(address("api-keys", q="A & B", status="valid", sort="created", page=1)).text
    link = address("api-keys-csv", q="A & B", status="valid", sort="created").replace("&", "&amp;")
    assert f'href="{link}"' in page


@pytest.mark.parametrize(
    "description",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1", "=cmd|' /C calc'!A0"],
)
def test_a_spreadsheet_calculates_nothing(client, user, description):
    make_key(user)
    user.api_keys.update(description=description)
    [line] = export(client)
    assert line["Description"] == f"'{description}"


@pytest.mark.parametrize("description", ["a=b", "1-2", "'quoted", "", "a, b\nc"])
def test_all_else_stays_as_it_is(client, user, description):
    make_key(user)
    user.api_keys.update(description=description)
    [line] = export(client)
    assert line["Description"] == description


def test_without_keys_the_file_has_its_head_alone(client):
    answer = client.get(address("api-keys-csv")).getvalue().decode("utf-8-sig")
    assert answer == "ID,Description,Status,Key,Created,Expires,Revoked\r\n"


def test_ten_thousand_keys_cost_one_query_of_them(client, user):
    UserApiKey.objects.bulk_create(
        UserApiKey(user=user, description="x", digest="0" * 64, last_four="0000")
        for _number in range(10_000)
    )
    with CaptureQueriesContext(connection) as queries:
        assert len(export(client)) == 10_000
    assert len(queries) == 3  # the session, the person, the keys
