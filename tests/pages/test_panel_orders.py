"""The ways to sort and to choose keys that other apps add to the list."""

import re

import pytest
from django.db.models import F
from django.db.models.functions import Length

from stack_apikeys.pages import panels
from stack_apikeys.pages.panels import Column, Filter, Order, Panel
from tests.pages.lists import get, row, rows, team_of, text_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db

SHORT = ("one", "to")


class LengthPanel(Panel):
    """Sorts by the length of the description, and chooses the short ones."""

    orders = (
        Order("length", "Shortest first", F("length").asc()),
        Order("-length", "Longest first", F("length").desc()),
    )
    filters = (
        Filter("short", "Short <ones>", lambda api_keys: api_keys.filter(description__in=SHORT)),
    )

    def annotate(self, api_keys):
        return api_keys.annotate(length=Length("description"))

    def column(self, api_keys):
        return Column("Length", {each.pk: str(each.length) for each in api_keys}, order="length")


@pytest.fixture
def lengths(owner, no_panels):
    """Keys with descriptions of different lengths, and a panel that shows them."""
    for description in ("four", "six666", *SHORT):
        make_key(owner, description=description)
    panels.register(LengthPanel())
    return team_of(owner)


def test_a_panel_adds_a_way_to_sort(client, lengths):
    assert rows(get(client, lengths, sort="length")) == ["to", "one", "four", "six666"]
    answer = get(client, lengths, sort="-length")
    assert rows(answer) == ["six666", "four", "one", "to"]
    assert 'aria-sort="descending"' in answer.text
    assert re.search(r'<option value="-length" selected>Longest first</option>', answer.text)
    lines = client.get(address("api-keys-csv", team=lengths, sort="length")).getvalue().decode()
    assert lines.index('"to"') < lines.index('"one"') < lines.index('"four"')


def test_the_heading_of_a_panels_column_sorts(client, lengths):
    page = get(client, lengths).text
    url = address("api-keys", team=lengths, sort="length")
    assert re.search(rf'<th [^>]*><a href="{re.escape(url)}">Length', page)


def test_a_panel_adds_a_choice_of_keys(client, lengths):
    answer = get(client, lengths, status="short", sort="length")
    assert rows(answer) == ["to", "one"]
    states = re.search(r'<nav class="apikeys-states".*?</nav>', answer.text, re.DOTALL)[0]
    assert text_of(states) == "Active 4 Expired 0 Revoked 0 Short <ones> 2 All 4"
    assert re.search(r'aria-current="true">Short &lt;ones&gt; ', states)
    assert "Short &lt;" not in get(client, lengths).text
    assert "1\N{EN DASH}2 of 2" in answer.text


def test_a_row_from_elsewhere_has_what_a_panel_needs(client, owner, lengths):
    api_key = owner.api_keys.get(description="six666")
    client.post(address("api-key-revoke", api_key, lengths), {"understood": "on"})
    assert "6" in row(get(client, lengths, status="short"), "six666")


@pytest.mark.parametrize("query", [{"status": "short"}, {"sort": "length"}])
def test_names_of_panels_that_are_not_there_are_ignored(client, owner, query):
    make_key(owner, description="a long one")
    assert rows(get(client, team_of(owner), **query)) == ["a long one"]
