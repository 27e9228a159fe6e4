"""The pages of people read few rows, however many keys there are.

PostgreSQL tells how many rows each query reads. What is a small part of 40,000 rows is the same
number of ten million.
"""

import json

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from benchmarks.millions.fill import join_first_team, make_keys, make_owners, make_values
from benchmarks.millions.numbered import Numbering
from benchmarks.millions.pages import pages, statements_of
from stack_apikeys import newest
from stack_apikeys.admin import UserApiKeyAdmin, owners, pagination
from stack_apikeys.models import MODELS

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

TOTALS = {"user": 40_000, "team": 20_000}

MOST_COMPARED = 200

MOST_LISTED = 40

MOST_READ = 5_000
"""How many rows of a table a query may read: to list some of an owner who has every hundredth key,
a hundred times as many as it lists."""

TABLES = {model._meta.db_table for model in MODELS.values()} | {get_user_model()._meta.db_table}


@pytest.fixture
def many_keys(monkeypatch):
    monkeypatch.setattr(newest, "MOST_COMPARED", MOST_COMPARED)
    monkeypatch.setattr(owners, "MOST_OWNERS", MOST_LISTED)
    monkeypatch.setattr(pagination, "MOST_LISTED", MOST_LISTED)
    monkeypatch.setattr(UserApiKeyAdmin, "list_per_page", 10)
    for kind, total in TOTALS.items():
        numbering = Numbering(kind, total)
        make_owners(MODELS[kind].owner_model(), numbering.owners)
        make_values(numbering, map)
        make_keys(numbering)
    join_first_team()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        # As for an SSD. By default, PostgreSQL reads a table of only 4,000 users as a whole.
        cursor.execute("SET LOCAL random_page_cost = 1.1")


def test_no_page_reads_more_rows_when_there_are_more_keys(many_keys):
    read = {
        (f"{page.group}: {page.title}", *scan)
        for page in pages(TOTALS)
        if page.group != "admin, team API keys"  # the code is the same as for users
        for statement in statements_of(page)
        if statement.startswith("SELECT")
        for scan in scans_of(statement)
    }
    assert len(read) > 200
    assert [scan for scan in read if scan[2] > MOST_READ] == []


def scans_of(statement):
    """Yield each table that a query reads, the number of rows, how, and the end of the query."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.replace('%', '%%')}", [])
        [[answer]] = cursor.fetchall()
    [plan] = json.loads(answer) if isinstance(answer, str) else answer
    nodes = [plan["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node.get("Relation Name") in TABLES:
            removed = [number for name, number in node.items() if name.startswith("Rows Removed")]
            rows = int((node["Actual Rows"] + sum(removed)) * node["Actual Loops"])
            yield node["Relation Name"], rows, node["Node Type"], statement[-300:]
