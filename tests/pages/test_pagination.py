"""The pages of the list, and what they cost."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stack_apikeys.models import TeamApiKey, UserApiKey
from tests.pages.lists import get, make_many, rows, team_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


def test_a_page_holds_as_many_rows_as_was_asked_for(client, user):
    make_many(UserApiKey, user, 60)
    assert len(rows(get(client))) == 10
    for count in (10, 20, 30, 40, 50):
        assert len(rows(get(client, rows=count))) == count
    for nonsense in ("7", "1000", "-1", "many", ""):
        assert len(rows(get(client, rows=nonsense))) == 10


def test_the_pages_lead_through_all_keys_and_keep_the_rest_of_the_address(client, user):
    make_many(UserApiKey, user, 23)
    seen, url = [], address("api-keys", q="Key", sort="description", unrelated="1")
    while url:
        answer = client.get(url)
        seen += rows(answer)
        link = re.search(r'<a rel="next" href="([^"]*)"', answer.text)
        url = link and unescape(link[1])
        assert url is None or ("unrelated=1" in url and "q=Key" in url)
    assert seen == [f"Key {number:05}" for number in range(23)]
    assert "21\N{EN DASH}23 of 23" in answer.text


@pytest.mark.parametrize(
    ("page", "shown"), [("2", "2"), ("99", "3"), ("0", "3"), ("-1", "3"), ("x", "1"), ("", "1")]
)
def test_a_page_that_does_not_exist_is_the_nearest_that_does(client, user, page, shown):
    make_many(UserApiKey, user, 23)
    answer = get(client, page=page)
    assert re.findall(r'aria-current="page"><span[^>]*>Page </span>(\d)', answer.text) == [shown]


@pytest.mark.parametrize("rows_per_page", [10, 50])
@pytest.mark.parametrize("count", [1, 500])
def test_the_list_costs_the_same_at_any_size(
    client, user, count, rows_per_page, django_assert_num_queries
):
    make_many(UserApiKey, user, count)
    # The session, the user, whether the list has all keys, the counts, the rows, the teams.
    with django_assert_num_queries(6):
        answer = get(client, q="key", status="valid", sort="-expires", rows=rows_per_page, page=3)
    assert len(rows(answer)) == min(rows_per_page, count)


@pytest.mark.parametrize("count", [1, 500])
def test_a_teams_list_costs_the_same_at_any_size(
    client, user, team, count, django_assert_num_queries
):
    make_many(TeamApiKey, team, count)
    team.api_keys.update(created_by=user)
    # As above, and: the team, the permission, the members among the creators.
    with django_assert_num_queries(9):
        get(client, team, rows=50)


def test_no_more_than_a_page_of_rows_is_read(client, user):
    make_many(UserApiKey, user, 500)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        get(client, rows=20)
    of_keys = [each["sql"] for each in queries if "digest" in each["sql"]]
    assert len(of_keys) == 1
    assert "LIMIT 20" in of_keys[0]


@pytest.mark.parametrize("name", ["api-key", "api-key-rename", "api-key-revoke"])
def test_the_pages_of_a_key_cost_a_few_queries(client, owner, name, django_assert_num_queries):
    team = team_of(owner)
    url = address(name, make_key(owner), team)
    # The session, the user, the key, the teams; for a team also the team and the permission.
    with django_assert_num_queries(6 if team else 4):
        client.get(url)


def test_a_notice_costs_one_query_and_the_saving_of_the_session(
    client, user, django_assert_num_queries
):
    for number in range(11):
        make_key(user, description=f"Key {number}")
    url = address("api-key-revoke", user.api_keys.first())
    client.post(url, {"understood": "on"})
    # As for any list, and: the key from another page, and the session, in a savepoint.
    with django_assert_num_queries(6 + 1 + 3):
        assert "Revoked. Anything" in get(client).text
    with django_assert_num_queries(6):
        get(client)
