"""Pagination of lists of keys."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stack_apikeys import timestamps
from stack_apikeys.models import UserApiKey
from tests.factories import TeamFactory, UserFactory
from tests.wire import server

pytestmark = pytest.mark.django_db


def pages(path, limit):
    """Return the pages of a list, each as the ids of its keys."""
    cursor = ""
    while cursor is not None:
        page = server().get(f"{path}&limit={limit}{cursor and '&cursor='}{cursor}").json()
        assert page["is_paginated"] is True
        yield [item["id"] for item in page["items"]]
        cursor = page["pagination"]["next_cursor"]


@pytest.mark.parametrize("limit", [1, 3, 7, 8, 1000])
@pytest.mark.parametrize("kind", ["user", "team"])
def test_the_pages_hold_every_key_once_and_newest_first(user, kind, limit):
    owner = user if kind == "user" else TeamFactory(creator=user)
    other = UserFactory()
    other.api_keys.bulk_create_keys(3)
    owner.api_keys.bulk_create_keys(4)  # all at the same moment
    owner.api_keys.bulk_create_keys(3)
    path = f"/{kind}-api-keys?{kind}_id={owner.pk}"
    everything = [item["id"] for item in server().get(path).json()["items"]]
    found = list(pages(path, limit))
    assert [key for page in found for key in page] == everything
    assert len(everything) == 7
    assert [len(page) for page in found] == [limit] * (7 // limit) + [7 % limit] * (7 % limit > 0)


def test_what_is_created_or_deleted_meanwhile_moves_no_page(user):
    user.api_keys.bulk_create_keys(4)
    UserApiKey.objects.update(created_at=timestamps.now() - timedelta(days=1))
    path = f"/user-api-keys?user_id={user.pk}"
    first, second, third, fourth = [item["id"] for item in server().get(path).json()["items"]]
    page = server().get(f"{path}&limit=2").json()
    assert [item["id"] for item in page["items"]] == [first, second]
    user.api_keys.create_key()
    UserApiKey.objects.get(pk=second).delete()
    cursor = page["pagination"]["next_cursor"]
    rest = server().get(f"{path}&limit=2&cursor={cursor}").json()
    assert [item["id"] for item in rest["items"]] == [third, fourth]
    assert rest["pagination"] == {"limit": 2, "next_cursor": None}


def test_without_a_limit_the_answer_is_the_references(user):
    user.api_keys.bulk_create_keys(3)
    answer = server().get(f"/user-api-keys?user_id={user.pk}").json()
    assert set(answer) == {"items", "is_paginated"}
    assert answer["is_paginated"] is False
    assert len(answer["items"]) == 3


def test_an_owner_without_keys_has_one_empty_page(user):
    assert list(pages(f"/user-api-keys?user_id={user.pk}", 10)) == [[]]


def test_a_page_reads_no_more_rows_than_it_has_and_one(user):
    user.api_keys.bulk_create_keys(10)
    with CaptureQueriesContext(connection) as queries:
        server().get(f"/user-api-keys?user_id={user.pk}&limit=4")
    [sql] = [query["sql"] for query in queries if "userapikey" in query["sql"]]
    assert "LIMIT 5" in sql


@pytest.mark.parametrize("limit", ["0", "1001", "-1", "ten", "", "1.5", "٣", "99999", "1e2"])
def test_a_limit_that_is_none_is_refused(user, limit):
    answer = server().get(f"/user-api-keys?user_id={user.pk}&limit={limit}")
    assert answer.status_code == 400
    assert answer.json()["code"] == "SCHEMA_ERROR"
    assert "query.limit must be a whole number between 1 and 1000" in answer.json()["error"]


@pytest.mark.parametrize(
    "cursor", ["", "x", f"1-{'0' * 31}", f"{'9' * 15}-{'0' * 32}", f"-1-{'0' * 32}", "1-%00"]
)
def test_a_cursor_that_is_none_is_refused(user, cursor):
    answer = server().get(f"/user-api-keys?user_id={user.pk}&cursor={cursor}")
    assert answer.status_code == 400
    assert "query.cursor must be the next_cursor of another page" in answer.json()["error"]
