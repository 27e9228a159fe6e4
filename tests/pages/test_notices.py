"""What has just happened to a key is told once, where the user looks for the key."""

import json
import re
from types import SimpleNamespace

import pytest
from django.test import Client

from stack_apikeys.pages import notices
from stack_apikeys.pages.notices import SESSION_KEY
from tests.factories import TeamFactory, UserFactory
from tests.pages.codes import shown
from tests.pages.lists import get, row, rows, table_rows, team_of, text_of
from tests.settings_pages import address, create, make_key

pytestmark = pytest.mark.django_db

CREATED = "Key created."
RENAMED = "Renamed."
REVOKED = "Revoked. Anything that uses this key no longer works."
ELSEWHERE = "The key is now in another part of the list."


def rename(client, api_key, description="Renamed key", **fields):
    url = address("api-key-rename", api_key, team_of(api_key.owner))
    return client.post(url, {"description": description, **fields})


def revoke(client, api_key, **fields):
    url = address("api-key-revoke", api_key, team_of(api_key.owner))
    return client.post(url, {"understood": "on", **fields})


def told(page):
    """Return the text of each notice on the page."""
    return [
        text_of(each) for each in re.findall(r'<p class="apikeys-notice".*?</p>', page, re.DOTALL)
    ]


def told_above(page):
    """Return the text of each notice with the description of the key in the row below it."""
    found, above = [], None
    for each in table_rows(page):
        if 'class="apikeys-news"' in each:
            above = text_of(each)
        elif above is not None:
            found.append((above, text_of(each.partition("</th>")[0])))
            above = None
    return found


# In the list ----------------------------------------------------------------------------------


def test_a_new_key_is_told_of_in_the_list_once(client, owner):
    team = team_of(owner)
    make_key(owner, description="Another")
    answer = create(client, team, description="New")
    assert told(answer.text) == []  # the page says so itself
    assert told_above(get(client, team).text) == [(CREATED, "New")]
    assert told(get(client, team).text) == []


def test_a_renamed_key_is_told_of_once(client, owner):
    team = team_of(owner)
    make_key(owner, description="Another")
    answer = rename(client, make_key(owner))
    assert told_above(client.get(answer.url).text) == [(RENAMED, "Renamed key")]
    assert told(client.get(answer.url).text) == []
    assert told(get(client, team).text) == []


def test_a_revoked_key_is_told_of_once(client, owner):
    make_key(owner, description="Another")
    answer = revoke(client, make_key(owner, description="Old"))
    assert told_above(client.get(answer.url).text) == [(REVOKED, "Old")]
    assert told(client.get(answer.url).text) == []


def test_screen_readers_announce_it_and_it_is_no_key(client, user):
    rename(client, make_key(user))
    page = get(client).text
    notice = re.search(r'<tr role="row" class="apikeys-news">.*?</tr>', page, re.DOTALL)[0]
    assert 'role="status"' in notice
    assert rows(get(client)) == ["Renamed key"]


def test_only_the_last_event_is_told(client, user):
    first, second = make_key(user, description="First"), make_key(user, description="Second")
    rename(client, first, "First renamed")
    revoke(client, second)
    assert told_above(get(client).text) == [(REVOKED, "Second")]
    assert told(get(client).text) == []


def test_the_projects_messages_stay_out_of_it(client, user):
    answer = rename(client, make_key(user))
    assert "messages" not in answer.cookies
    assert "_messages" not in client.session


# A row that is on another page now ------------------------------------------------------------


def test_a_row_that_left_the_page_is_shown_first(client, owner):
    team = team_of(owner)
    for number in range(11):
        make_key(owner, description=f"Key {number:02}")
    api_key = owner.api_keys.get(description="Key 10")
    revoke(client, api_key)  # its row is on the second page now
    answer = get(client, team)
    assert rows(answer)[0] == "Key 10"
    assert len(rows(answer)) == 11
    assert told_above(answer.text) == [(f"{REVOKED} {ELSEWHERE}", "Key 10")]
    assert f'id="api-key-{api_key.pk}"' in answer.text
    assert "1\N{EN DASH}10 of 11" in answer.text
    assert "Key 10" not in rows(get(client, team))


def test_a_row_that_no_filter_matches_any_more_is_shown_first(client, owner):
    team = team_of(owner)
    make_key(owner, description="Valid")
    revoke(client, make_key(owner, description="Gone"))
    answer = get(client, team, status="valid")
    assert rows(answer) == ["Gone", "Valid"]
    assert ELSEWHERE in told(answer.text)[0]
    assert rows(get(client, team, status="valid")) == ["Valid"]


def test_the_only_row_of_a_filter_is_shown_without_numbers(client, user):
    revoke(client, make_key(user, description="Gone"))
    answer = get(client, status="valid")
    assert rows(answer) == ["Gone"]
    assert "apikeys-footer" not in answer.text
    assert "No API key matches" in get(client, status="valid").text


def test_a_row_from_elsewhere_tells_who_made_it(client, user, team):
    for _number in range(11):
        make_key(team)
    former = UserFactory(display_name="Grete")
    revoke(client, make_key(team, description="Gone", created_by=former))
    assert "Grete left the team" in row(get(client, team), "Gone")


def test_a_key_that_was_deleted_meanwhile_is_not_shown(client, user):
    make_key(user, description="Another")
    api_key = make_key(user)
    rename(client, api_key)
    user.api_keys.filter(pk=api_key.pk).delete()
    answer = get(client)
    assert rows(answer) == ["Another"]
    assert told(answer.text) == []


# The key's page -------------------------------------------------------------------------------


def test_the_page_of_the_key_tells_it_too(client, owner):
    team = team_of(owner)
    api_key = make_key(owner)
    here = address("api-key", api_key, team)
    answer = rename(client, api_key, next=here)
    assert told(client.get(answer.url).text) == [RENAMED]
    assert told(client.get(here).text) == []
    answer = revoke(client, api_key, next=here)
    assert told(client.get(answer.url).text) == [REVOKED]
    assert told(get(client, team).text) == []


def test_the_page_of_another_key_leaves_it_for_later(client, owner):
    team = team_of(owner)
    rename(client, make_key(owner))
    other = make_key(owner, description="Another")
    for name in ("api-key", "api-key-rename", "api-key-revoke"):
        assert told(client.get(address(name, other, team)).text) == []
    assert told_above(get(client, team).text) == [(RENAMED, "Renamed key")]


# Whose list -----------------------------------------------------------------------------------


def test_the_list_of_another_owner_leaves_it_for_later(client, user, team):
    second = TeamFactory(creator=user)
    for owner in (user, team, second):
        make_key(owner, description="Another")
    rename(client, make_key(team))
    for other in (None, second):
        assert told(get(client, other).text) == []
    assert told_above(get(client, team).text) == [(RENAMED, "Renamed key")]


def test_an_embedded_list_tells_it_too(client, user, team):
    make_key(team, description="Of the team")
    api_key = make_key(user)
    page = client.get("/account/").text
    assert told(page) == []
    answer = rename(client, api_key, next="/account/#user-api-keys")
    assert answer.url == f"/account/#api-key-{api_key.pk}"
    assert told_above(client.get(answer.url).text) == [(RENAMED, "Renamed key")]
    assert told(client.get("/account/").text) == []


def test_an_embedded_list_of_a_team_leaves_the_users_for_later(client, user, team):
    make_key(team, description="Of the team")
    rename(client, make_key(user))
    assert told(client.get(f"/teams/{team.pk}/").text) == []
    assert told(get(client).text) == [RENAMED]


def test_another_session_is_told_nothing(client, user):
    rename(client, make_key(user))
    other = Client()
    other.force_login(user)
    assert told(get(other).text) == []


# For how long ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("age", "is_told"), [(0, True), (599, True), (600, False), (10**6, False)])
def test_old_news_is_forgotten(client, user, monkeypatch, age, is_told):
    moments = iter([1_800_000_000, 1_800_000_000 + age])
    monkeypatch.setattr(notices, "time", SimpleNamespace(time=lambda: next(moments)))
    rename(client, make_key(user))
    assert told(get(client).text) == ([RENAMED] if is_told else [])
    assert SESSION_KEY not in client.session


# What the session holds -----------------------------------------------------------------------


def test_the_session_holds_nothing_about_the_key_but_its_id(client, owner):
    answer = create(client, team_of(owner), description="Confidential")
    api_key, value = owner.api_keys.get(), shown(answer)
    session = json.dumps(dict(client.session.items()), default=str)
    for text in (value, value[3:48], api_key.digest, api_key.last_four, "Confidential"):
        assert text not in session
    assert client.session[SESSION_KEY]["key"] == str(api_key.pk)
    revoke(client, api_key, reason="Confidential")
    assert "Confidential" not in json.dumps(dict(client.session.items()), default=str)
