"""Keys that are still used after they were rotated and have ended."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from stack_apikeys.keys import generate
from tests.pages.lists import text_of
from tests.settings_pages import address

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def rotated(user):
    """A key with its value, and its successor."""
    api_key, value = user.api_keys.create_key()
    return api_key, value, api_key.rotate()[0]


def page_of(client, api_key):
    return text_of(client.get(address("api-key", api_key)).text)


def test_the_successor_and_the_history_tell_of_it(client, rotated, use, stored):
    old, value, new = rotated
    use(value)
    stored()
    use(value)  # which is not written yet
    text = page_of(client, new)
    assert "Still used after rotation: 2 requests with the old key" in text
    assert old.masked in text
    text = page_of(client, old)
    assert "Still used after rotation: 2 requests were refused" in text
    assert text.index("Expired") < text.index("Still used after rotation")


def test_the_successor_tells_of_earlier_keys_too(client, rotated, use):
    _old, value, new = rotated
    last, _value = new.rotate()
    use(value)
    assert "Still used after rotation: 1 request with the old key" in page_of(client, last)


def test_a_rotated_key_that_was_revoked_is_told_of(client, user, use):
    old, value = user.api_keys.create_key()
    new, _value = old.rotate(overlap=timedelta(hours=1))
    old.revoke()
    use(value)
    assert "Still used after rotation" in page_of(client, new)
    assert "Still used after rotation" in page_of(client, old)


def test_use_during_the_overlap_and_of_other_keys_is_not(client, user, use):
    old, value = user.api_keys.create_key()
    new, _value = old.rotate(overlap=timedelta(hours=1))
    alone, of_alone = user.api_keys.create_key()
    alone.revoke()
    for each in (value, of_alone):
        use(each)
    for api_key in (old, new, alone):
        assert "after rotation" not in page_of(client, api_key)


def test_a_wrong_secret_is_no_use(client, rotated, use):
    old, _value, new = rotated
    use(generate(id=old.pk, kind="user"))
    assert "after rotation" not in page_of(client, new)


def test_only_families_cost_a_query(client, user, rotated, django_assert_num_queries):
    old, _value, _new = rotated
    alone, _value = user.api_keys.create_key()
    page_of(client, alone)
    with CaptureQueriesContext(connection) as queries:
        page_of(client, alone)
    with django_assert_num_queries(len(queries) + 1):
        page_of(client, old)
