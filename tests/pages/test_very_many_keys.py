"""The list of an owner with so many keys that it only has the newest."""

from datetime import timedelta

import pytest

from stack_apikeys import newest, timestamps
from tests.pages.lists import get, rows, team_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


@pytest.fixture
def api_keys(owner, monkeypatch):
    monkeypatch.setattr(newest, "MOST_COMPARED", 3)
    api_keys = [make_key(owner, description=f"Key {number}") for number in range(5)]
    for number, each in enumerate(api_keys):
        created_at = timestamps.now() - timedelta(days=5 - number)
        owner.api_keys.filter(pk=each.pk).update(created_at=created_at)
    return api_keys


@pytest.mark.parametrize("query", [{}, {"sort": "description"}, {"status": "valid"}, {"q": "key"}])
def test_the_list_has_the_newest_keys_and_says_so(client, owner, api_keys, query):
    answer = get(client, team_of(owner), **query)
    assert len(rows(answer)) == 3
    assert "Only the newest 3 keys are listed." in answer.text
    assert "Key 0" not in answer.text


@pytest.mark.parametrize("name", ["last_four", "pk", "masked"])
def test_a_search_finds_an_older_key(client, owner, api_keys, name):
    answer = get(client, team_of(owner), q=getattr(api_keys[0], name))
    assert "Key 0" in answer.text


def test_the_exported_file_has_all_keys(client, owner, api_keys):
    url = address("api-keys-csv", team=team_of(owner))
    text = b"".join(client.get(url)).decode()
    assert all(each.description in text for each in api_keys)


def test_a_list_with_all_keys_says_nothing(client, owner, api_keys):
    for each in api_keys[:2]:
        each.delete()
    assert "newest" not in get(client, team_of(owner)).text
