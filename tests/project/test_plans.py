"""The pages of people read few rows, however many keys there are.

PostgreSQL tells how many rows it has read for each query. A query that reads a small part of a table
of 40,000 rows reads as many of ten million.
"""

import json

import pytest
from django.contrib.auth import get_user_model
from django.db import connection

from benchmarks.millions.fill import join_first_team, make_keys, make_owners, make_values
from benchmarks.millions.numbered import Numbering
from benchmarks.millions.pages import pages, statements_of
from stack_apikeys import newest
from stack_apikeys.admin import TeamApiKeyAdmin, UserApiKeyAdmin, pagination
from stack_apikeys.models import MODELS

pytestmark = [pytest.mark.django_db, pytest.mark.postgresql]

TOTALS = {"user": 40_000, "team": 20_000}

MOST_COMPARED = 400

MOST_LISTED = 40

MOST_READ = 4_000
"""How many rows of a table a query may read: ten times as many as it compares."""

TABLES = {model._meta.db_table for model in MODELS.values()} | {get_user_model()._meta.db_table}


@pytest.fixture
def many_keys(monkeypatch):
    monkeypatch.setattr(newest, "MOST_COMPARED", MOST_COMPARED)
    monkeypatch.setattr(pagination, "MOST_LISTED", MOST_LISTED)
    for each in (UserApiKeyAdmin, TeamApiKeyAdmin):
        monkeypatch.setattr(each, "list_per_page", 10)
    for kind, total in TOTALS.items():
        numbering = Numbering(kind, total)
        make_owners(MODELS[kind].owner_model(), numbering.owners)
        make_values(numbering, map)
        make_keys(numbering)
    join_first_team()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def test_no_page_reads_more_rows_when_there_are_more_keys(many_keys):
    read = {
        (f"{page.group}: {page.title}", *scan)
        for page in pages(TOTALS)
        for statement in statements_of(page)
        if statement.startswith("SELECT")
        for scan in scans_of(statement)
    }
    assert len(read) > 300
    assert [scan for scan in read if scan[2] > MOST_READ] == []


def scans_of(statement):
    """Yield each table that a query reads, with the number of rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.replace('%', '%%')}", [])
        [[plans]] = cursor.fetchall()
    plans = json.loads(plans) if isinstance(plans, str) else plans
    nodes = [plans[0]["Plan"]]
    while nodes:
        node = nodes.pop()
        nodes += node.get("Plans", [])
        if node.get("Relation Name") in TABLES:
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            rows += node.get("Rows Removed by Index Recheck", 0)
            yield node["Relation Name"], rows * node["Actual Loops"], node["Node Type"], statement
