"""The list of keys in Django admin, where it is long."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from stack_apikeys.admin import UserApiKeyAdmin, pagination
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

LIST = reverse("admin:stack_apikeys_userapikey_changelist")


@pytest.fixture
def staff(client, monkeypatch):
    monkeypatch.setattr(pagination, "MOST_LISTED", 5)
    monkeypatch.setattr(UserApiKeyAdmin, "list_per_page", 3)
    staff = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(staff)
    return staff


def test_a_long_list_is_not_counted_to_its_end(client, staff):
    staff.api_keys.bulk_create_keys(8)
    with CaptureQueriesContext(connection) as queries:
        page = client.get(LIST)
    [count] = [each["sql"] for each in queries if "COUNT" in each["sql"]]
    assert "LIMIT 6" in count
    assert page.context["cl"].result_count == 5
    assert len(page.context["cl"].result_list) == 3
    assert len(client.get(LIST, {"p": "2"}).context["cl"].result_list) == 2
    assert "Only the first 5 are listed." in page.text


def test_a_page_that_is_longer_than_that_is_no_whole_list(client, staff, monkeypatch):
    monkeypatch.setattr(UserApiKeyAdmin, "list_per_page", 7)
    staff.api_keys.bulk_create_keys(9)
    assert len(client.get(LIST).context["cl"].result_list) == 7


def test_a_list_that_is_whole_says_nothing_of_others(client, staff):
    staff.api_keys.bulk_create_keys(5)
    page = client.get(LIST)
    assert page.context["cl"].result_count == 5
    assert "Only the first" not in page.text


def test_keys_beyond_the_last_page_are_found_and_revoked(client, staff):
    old, _value = staff.api_keys.create_key(description="old")
    staff.api_keys.filter(pk=old.pk).update(created_at="2020-01-01T00:00:00Z")
    staff.api_keys.bulk_create_keys(8)
    listed = [client.get(LIST, {"p": page}).context["cl"].result_list for page in (1, 2)]
    assert old not in [*listed[0], *listed[1]]
    assert list(client.get(LIST, {"q": "old"}).context["cl"].result_list) == [old]
    form = {"action": "revoke_selected", "_selected_action": [old.pk], "select_across": "1"}
    page = client.post(LIST, form)
    assert page.context["count"] == 9
