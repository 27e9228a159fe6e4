"""The list of keys: what its rows say, and their order."""

import re

import pytest

from stack_apikeys.pages.dates import short_date
from stack_apikeys.pages.listing import ORDERINGS
from tests.factories import UserFactory
from tests.pages.lists import get, in_days, make_keys_in_every_state, row, rows, team_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


# What a row says ------------------------------------------------------------------------------


def test_every_state_has_a_word(client, user):
    make_keys_in_every_state(user)
    page = get(client)
    assert "Valid" in row(page, "forever")
    assert "Never expires" in row(page, "forever")
    assert "Valid" in row(page, "in eight days")
    assert "Expires soon" in row(page, "next week")
    assert "in 6 days" in row(page, "next week")
    assert "Expired" in row(page, "expired")
    assert "Revoked" in row(page, "revoked")
    assert "Revoked" in row(page, "revoked and expired")
    assert "Expired" not in row(page, "revoked and expired")


def test_a_key_in_its_last_hours_says_so(client, user):
    make_key(user, description="Nearly over", expires_at=in_days(0.5))
    assert "in less than a day" in row(get(client), "Nearly over")


def test_only_valid_keys_can_be_revoked_and_each_action_names_its_key(client, user):
    make_keys_in_every_state(user)
    page = get(client)
    for api_key in user.api_keys.all():
        text = row(page, api_key.description)
        assert f"Rename {api_key}" in text
        assert (f"Revoke {api_key}" in text) == api_key.is_valid()


def test_a_row_shows_the_ends_of_the_key_and_whether_it_is_public(client, user):
    api_key = make_key(user, description="For a page", is_public=True)
    text = row(get(client), "For a page")
    assert f"pk_…{api_key.last_four}" in text
    assert "Public" in text


def test_a_key_without_a_description_has_a_link_too(client, user):
    make_key(user, description="")
    assert rows(get(client)) == ["No description"]


def test_a_teams_list_says_who_made_a_key_and_who_has_left(client, user, team):
    member, former = UserFactory(display_name="Grace"), UserFactory(display_name="Grete")
    team.add_member(member)
    for creator in (user, member, former, None):
        make_key(team, description=f"by {creator}", created_by=creator)
    page = get(client, team)
    assert "left the team" not in row(page, "by Ada")
    assert "Grace" in row(page, "by Grace")
    assert "left the team" not in row(page, "by Grace")
    assert "Grete left the team" in row(page, "by Grete")
    assert "by the server" in row(page, "by None")


def test_a_users_list_says_which_keys_the_server_made(client, user):
    make_key(user, description="mine", created_by=user)
    make_key(user, description="of a backend", created_by=None)
    page = get(client)
    assert " by " not in row(page, "mine")
    assert "by the server" in row(page, "of a backend")


def test_what_has_ended_says_on_which_day(client, owner, user):
    team = team_of(owner)
    make_key(owner, description="gone").revoke()
    make_key(owner, description="over", expires_at=in_days(-3))
    page = get(client, team)
    for description, word, days in (("gone", "Revoked", 0), ("over", "Expired", -3)):
        day = short_date(in_days(days))
        assert f"{word} {day}" in row(page, description)


def test_dates_are_machine_readable_and_name_their_zone(client, user):
    make_key(user, expires_at=in_days(90))
    page = get(client).text
    times = re.findall(r'<time datetime="[-0-9T:.]+\+00:00" title="[^"]+ UTC">', page)
    assert len(times) == 2


# Empty ----------------------------------------------------------------------------------------


def test_without_keys_there_is_an_invitation_and_no_controls(client):
    page = get(client).text
    assert "No API keys yet" in page
    assert page.count(address("api-key-create")) == 1
    assert 'role="search"' not in page
    assert "<table" not in page


@pytest.mark.parametrize("query", [{"q": "nothing like this"}, {"status": "revoked"}])
def test_where_nothing_matches_the_filters_can_be_cleared(client, user, query):
    make_key(user)
    page = get(client, **query, sort="created")
    assert "No API key matches" in page.text
    assert f'href="{address("api-keys", sort="created")}"' in page.text
    assert 'role="search"' in page.text


# Order ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (
            "",
            ["in eight days", "next week", "forever", "expired", "revoked and expired", "revoked"],
        ),
        (
            "status",
            ["in eight days", "next week", "forever", "expired", "revoked and expired", "revoked"],
        ),
        (
            "-status",
            ["revoked and expired", "revoked", "expired", "in eight days", "next week", "forever"],
        ),
        (
            "created",
            ["revoked", "revoked and expired", "forever", "expired", "next week", "in eight days"],
        ),
        (
            "-created",
            ["in eight days", "next week", "expired", "forever", "revoked and expired", "revoked"],
        ),
        (
            "description",
            ["expired", "forever", "in eight days", "next week", "revoked", "revoked and expired"],
        ),
        (
            "-description",
            ["revoked and expired", "revoked", "next week", "in eight days", "forever", "expired"],
        ),
        (
            "expires",
            ["revoked and expired", "expired", "next week", "in eight days", "forever", "revoked"],
        ),
        (
            "-expires",
            ["forever", "revoked", "in eight days", "next week", "expired", "revoked and expired"],
        ),
        (
            "digest",
            ["in eight days", "next week", "forever", "expired", "revoked and expired", "revoked"],
        ),
    ],
)
def test_the_list_can_be_sorted_by_its_columns(client, user, sort, expected):
    make_keys_in_every_state(user)
    # Two keys that expire at the same time would have no order.
    user.api_keys.filter(description="revoked and expired").update(expires_at=in_days(-2))
    assert rows(get(client, sort=sort)) == expected


def test_letters_of_either_case_sort_together(client, user):
    for description in ("beta", "Alpha", "Gamma"):
        make_key(user, description=description)
    assert rows(get(client, sort="description")) == ["Alpha", "beta", "Gamma"]


def test_the_sorted_column_says_so_and_a_second_click_turns_it_round(client, user):
    make_key(user)
    sorted_column = re.compile(r'aria-sort="(\w+)"><a href="([^"]*)">(\w+)<')
    url = address("api-keys")
    assert sorted_column.findall(get(client).text) == [
        ("ascending", f"{url}?sort=-status", "Status")
    ]
    page = get(client, sort="description", q="C").text
    assert sorted_column.findall(page) == [
        ("ascending", f"{url}?q=C&amp;sort=-description", "Description")
    ]
    turned = get(client, sort="-description").text
    assert sorted_column.findall(turned) == [
        ("descending", f"{url}?sort=description", "Description")
    ]
    assert f'<a href="{url}?sort=-created">Created' in turned


def test_the_order_can_be_chosen_where_the_headings_are_hidden(client, user):
    make_key(user)
    page = get(client, sort="-expires", status="valid", q="C", rows=20, page=1).text
    form = re.search(r'<form class="apikeys-order".*?</form>', page, re.DOTALL)[0]
    assert f'method="get" action="{address("api-keys")}"' in form
    assert dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', form)) == {
        "status": "valid",
        "q": "C",
        "rows": "20",
    }
    chosen = re.search(r'<select [^>]*name="sort">(.*?)</select>', form, re.DOTALL)[1]
    assert set(re.findall('value="([^"]+)"', chosen)) == {*ORDERINGS}
    assert re.findall('value="([^"]+)" selected', chosen) == ["-expires"]
    assert 'value="status" selected' in get(client).text
