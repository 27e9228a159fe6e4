"""The filters of the list: one state, and a search."""

import re

import pytest

from tests.pages.lists import get, in_days, make_keys_in_every_state, rows, team_of, text_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


# Search and filter ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (
            "",
            {"forever", "next week", "in eight days", "expired", "revoked", "revoked and expired"},
        ),
        ("valid", {"forever", "next week", "in eight days"}),
        ("expiring", {"next week"}),
        ("expired", {"expired"}),
        ("revoked", {"revoked", "revoked and expired"}),
        (
            "bogus",
            {"forever", "next week", "in eight days", "expired", "revoked", "revoked and expired"},
        ),
    ],
)
def test_the_list_can_be_cut_to_one_state(client, user, status, expected):
    make_keys_in_every_state(user)
    assert set(rows(get(client, status=status))) == expected


def test_each_state_tells_how_many_there_are_of_what_was_searched(client, user):
    make_keys_in_every_state(user)
    nav = re.search(r'<nav class="apikeys-states".*?</nav>', get(client, q="e").text, re.DOTALL)[0]
    assert text_of(nav) == "Active 3 1 expires soon Expired 1 Revoked 2 All 6"


def states(page):
    """Return the text and the URL of each link in the list of states, and the current ones."""
    nav = re.search(r'<nav class="apikeys-states".*?</nav>', page, re.DOTALL)[0]
    links = re.findall(r'<a [^>]*?href="([^"]*)"([^>]*)>(.*?)</a>', nav, re.DOTALL)
    return {text_of(text): url for url, _rest, text in links}, [
        text_of(text) for _url, rest, text in links if 'aria-current="true"' in rest
    ]


@pytest.mark.parametrize(("number", "text"), [(1, "1 expires soon"), (2, "2 expire soon")])
def test_the_keys_that_expire_soon_are_a_part_of_the_active_ones(client, owner, number, text):
    make_key(owner, description="in eight days", expires_at=in_days(8))
    for _number in range(number):
        make_key(owner, expires_at=in_days(3))
    team = team_of(owner)
    page = get(client, team).text
    active = re.search(
        r"<li>\s*<a [^>]*>Active <span[^>]*>(\d)</span></a>(.*?)</li>", page, re.DOTALL
    )
    assert int(active[1]) == number + 1
    assert text_of(active[2]) == text
    assert states(page)[0][text] == address("api-keys", team=team, status="expiring")
    chosen = get(client, team, status="expiring")
    assert len(rows(chosen)) == number
    assert states(chosen.text)[1] == [text]


def test_where_no_key_expires_soon_the_list_does_not_mention_it(client, user):
    make_key(user)
    assert "expire soon" not in get(client).text
    assert states(get(client, status="expiring").text)[1] == ["0 expire soon"]


def test_the_current_state_says_so(client, user):
    make_keys_in_every_state(user)
    for status, text in (("", "All 6"), ("valid", "Active 3"), ("revoked", "Revoked 2")):
        assert states(get(client, status=status).text)[1] == [text]


def test_the_search_finds_descriptions_in_any_case_and_the_ends_of_keys(client, user):
    deploy, backup = make_key(user, description="Deploy 100%"), make_key(user, description="Backup")
    assert rows(get(client, q="dEPLOY")) == ["Deploy 100%"]
    assert rows(get(client, q="0%")) == ["Deploy 100%"]
    assert rows(get(client, q=backup.last_four)) == ["Backup"]
    assert rows(get(client, q="%")) == ["Deploy 100%"]
    assert deploy.masked in get(client, q=deploy.last_four).text


@pytest.mark.parametrize("q", ["x" * 256, "a\0b"])
def test_a_search_that_cannot_be_made_says_why(client, user, q):
    make_key(user)
    answer = get(client, q=q)
    assert answer.status_code == 200
    assert 'id="api-keys-search-error"' in answer.text
    assert 'aria-describedby="api-keys-search-error"' in answer.text
    assert rows(answer) == ["CI"]


def test_a_pasted_key_is_found_by_its_end_and_stays_in_no_address(client, user):
    api_key, value = user.api_keys.create_key(description="Which one was it?")
    answer = get(client, q=f" {value} ", sort="created")
    assert answer.url == address("api-keys", q=api_key.last_four, sort="created")
    assert rows(client.get(answer.url)) == ["Which one was it?"]
