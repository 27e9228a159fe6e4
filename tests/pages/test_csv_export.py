"""The list of keys as a CSV file."""

import csv
import io
import re
import unicodedata
from contextlib import aclosing
from datetime import timedelta
from itertools import product

import pytest
from asgiref.sync import async_to_sync
from django.db import connection
from django.test import AsyncClient
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from stack_apikeys.models import UserApiKey
from stack_apikeys.pages import csv_export
from stack_apikeys.pages.csv_export import escape_formulas
from tests.factories import TeamFactory
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


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


BEGINNINGS = ["=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\ufe62", "\u2212"]

IGNORED = [
    *("", " ", "\t", "\r", "\n", "\x00", "\x1f", "\x7f", "\x85", '"', ' "'),
    *("\u00a0", "\u2009", "\u3000", "\u200b", "\u2060", "\ufeff", "\u00ad", "\u202e", "\ufe0f"),
    *("\u2028", "\u3164", " \u3000\u200b\t"),
]

SPLIT_AT = [",", ";", "\t", "|"]


def formulas_in(file, delimiter):
    """Return the cells that a spreadsheet with this delimiter would calculate."""
    skipped = "[^\\w'=+@\u2212-]*"  # not an apostrophe, which marks text
    return [
        cell
        for row in csv.reader(io.StringIO(file, newline=""), delimiter=delimiter)
        for cell in row
        if re.match(f"{skipped}[=+@\u2212-]", unicodedata.normalize("NFKC", cell))
    ]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_a_spreadsheet_calculates_nothing(beginning):
    for ignored in IGNORED:
        for description in (f"{ignored}{beginning}1+1", f"{ignored}{beginning}cmd|' /C calc'!A0"):
            assert escape_formulas(description).startswith("'"), ascii(description)


@pytest.mark.parametrize("separator", [*SPLIT_AT, "\r", "\n", "\r\n", "\uff1b"])
def test_a_part_of_a_cell_is_not_calculated_either(separator):
    for beginning, ignored in product(BEGINNINGS, IGNORED):
        part = f"{ignored}{beginning}1+1"
        assert escape_formulas(f"Sensor{separator}{part}").startswith(f"Sensor{separator}"), ascii(
            part
        )
        assert "'" in escape_formulas(f"Sensor{separator}{part}").removeprefix("Sensor"), ascii(
            part
        )


@pytest.mark.parametrize("delimiter", SPLIT_AT)
def test_the_whole_file_holds_no_formula_whatever_separates_its_cells(client, user, delimiter):
    hostile = [
        f"{beginning_of_cell}{ignored}=1+1"
        for beginning_of_cell in ["", *(f"x{separator}" for separator in [*SPLIT_AT, "\r\n"])]
        for ignored in IGNORED
        if "\x00" not in ignored  # PostgreSQL does not store it
    ]
    for description in hostile:
        make_key(user, description="x")
        user.api_keys.filter(description="x").update(description=description)
    file = client.get(address("api-keys-csv")).getvalue().decode("utf-8-sig")
    assert [ascii(cell) for cell in formulas_in(file, delimiter)] == []


def test_every_cell_is_quoted(client, user):
    make_key(user, description="CI")
    head, line, _end = (
        client.get(address("api-keys-csv")).getvalue().decode("utf-8-sig").split("\r\n")
    )
    for text in (head, line):
        assert all(re.fullmatch('"[^"]*"', cell) for cell in text.split(","))


@pytest.mark.parametrize("description", ["a=b", "1-2", "'quoted", "", "a, b\nc", "a; b-c"])
def test_all_else_stays_as_it_is(client, user, description):
    make_key(user)
    user.api_keys.update(description=description)
    [line] = export(client)
    assert line["Description"] == description


def test_without_keys_the_file_has_its_head_alone(client):
    answer = client.get(address("api-keys-csv")).getvalue().decode("utf-8-sig")
    assert answer == '"ID","Description","Status","Key","Created","Expires","Revoked"\r\n'


def test_many_keys_cost_one_query_of_them(client, user):
    UserApiKey.objects.bulk_create(
        UserApiKey(user=user, description="x", digest="0" * 64, last_four="0000")
        for _number in range(2_500)  # more than Django reads at once
    )
    with CaptureQueriesContext(connection) as queries:
        assert len(export(client)) == 2_500
    assert len(queries) == 3  # the session, the user, the keys


# Under ASGI -----------------------------------------------------------------------------------


async def answer_under_asgi(user, **query):
    client = AsyncClient()
    await client.aforce_login(user)
    answer = await client.get(address("api-keys-csv", **query))
    assert answer.is_async
    return answer


def test_under_asgi_the_file_is_the_same(client, user, monkeypatch):
    monkeypatch.setattr(csv_export, "ROWS_AT_A_TIME", 3)
    for number in range(7):
        make_key(user, description=f"Sensor {number}")
    expected = client.get(address("api-keys-csv", sort="description")).getvalue()

    async def parts():
        answer = await answer_under_asgi(user, sort="description")
        return [part async for part in answer]

    parts = async_to_sync(parts)()
    assert b"".join(parts) == expected
    assert len(parts) == 3  # the byte order mark and the head are lines too


def test_under_asgi_no_row_is_read_before_it_is_sent(user, monkeypatch):
    monkeypatch.setattr(csv_export, "ROWS_AT_A_TIME", 2)
    make_key(user)
    read = []
    monkeypatch.setattr(UserApiKey, "masked", property(lambda api_key: read.append(api_key) or ""))

    async def first_part():
        answer = await answer_under_asgi(user)
        async with aclosing(aiter(answer)) as parts:
            return await anext(parts)

    assert b"Description" in async_to_sync(first_part)()
    assert read == []
