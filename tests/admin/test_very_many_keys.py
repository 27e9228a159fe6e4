"""The list of keys in Django admin, if there are so many that only the newest are compared."""

from datetime import timedelta

import pytest

from stack_apikeys import newest, timestamps
from stack_apikeys.admin import owners
from stack_apikeys.models import UserApiKey
from tests.admin.pages import address, listed
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def user():
    return UserFactory(display_name="Ada Lovelace", email="countess@example.com")


@pytest.fixture
def api_keys(user, monkeypatch):
    """Five keys, the oldest first, of which two are compared."""
    monkeypatch.setattr(newest, "MOST_COMPARED", 2)
    monkeypatch.setattr(owners, "MOST_OWNERS", 2)
    api_keys = [user.api_keys.create_key(description=f"Nightly {each}")[0] for each in "edcba"]
    for number, each in enumerate(api_keys):
        created_at = timestamps.now() - timedelta(days=5 - number)
        UserApiKey.objects.filter(pk=each.pk).update(created_at=created_at)
    return api_keys


def search(client, term):
    return client.get(address("changelist"), {"q": term})


@pytest.mark.parametrize("term", ["nightly", "Lovelace"])
def test_a_text_is_compared_with_the_newest_keys_only_and_the_page_says_so(client, api_keys, term):
    page = search(client, term)
    assert listed(page) == {*api_keys[3:]}
    assert "Only the newest 2 keys were searched by description" in page.text


@pytest.mark.parametrize(
    "term", ["countess@example.com", "Countess@", "countess@ nightly", "{0.user_id}"]
)
def test_an_owner_is_identified_whatever_the_age_of_the_keys(client, api_keys, term):
    found = listed(search(client, term.format(api_keys[0])))
    assert found == ({*api_keys[3:]} if "nightly" in term else {*api_keys})


@pytest.mark.parametrize("term", ["{0.last_four}", "{0.masked}", "{0.pk}"])
def test_a_key_is_identified_whatever_its_age(client, api_keys, term):
    assert api_keys[0] in listed(search(client, term.format(api_keys[0]).upper()))


def test_too_many_owners_are_not_looked_up(client, api_keys):
    for number in range(3):
        UserFactory(email=f"countess{number}@example.com")
    assert listed(search(client, "countess")) == {*api_keys[3:]}


def test_keys_that_were_issued_at_the_same_time_are_not_all_compared(client, api_keys):
    UserApiKey.objects.update(created_at=timestamps.now())
    assert len(listed(search(client, "nightly"))) == 2


def test_an_order_without_an_index_has_the_newest_keys_only_and_the_page_says_so(client, api_keys):
    page = client.get(address("changelist"), {"o": "4"})
    assert [*page.context["cl"].result_list] == [api_keys[4], api_keys[3]]
    assert "In this order, only the newest 2 keys are listed." in page.text


@pytest.mark.parametrize("column", ["owner_name", "created_at"])
def test_an_order_that_an_index_has_has_all_keys(client, api_keys, column):
    columns = client.get(address("changelist")).context["cl"].list_display
    number = columns.index(column)
    for order in (f"{number}", f"-{number}", f"{number}.-{columns.index('created_at')}"):
        page = client.get(address("changelist"), {"o": order})
        assert len(page.context["cl"].result_list) == 5
        assert "In this order" not in page.text
    page = client.get(address("changelist"), {"o": f"{number}.4"})
    assert len(page.context["cl"].result_list) == 2


def test_what_ended_last_is_first_among_the_keys_that_ended(client, api_keys):
    for days, each in enumerate(api_keys, start=1):
        end = timestamps.now() - timedelta(days=days)
        UserApiKey.objects.filter(pk=each.pk).update(created_at=end, expires_at=end)
    expired = client.get(address("changelist"), {"status": "expired"}).context["cl"].result_list
    assert [*expired] == api_keys
    for each in api_keys:
        each.revoke()
    revoked = client.get(address("changelist"), {"status": "revoked"}).context["cl"].result_list
    assert {*revoked} == {*api_keys}
    assert "manually_revoked_at" in str(revoked.query.order_by)


def test_few_keys_are_all_compared_and_nothing_is_said(client, user):
    user.api_keys.bulk_create_keys(3, description="Nightly")
    page = client.get(address("changelist"), {"q": "nightly", "o": "4"})
    assert len(listed(page)) == 3
    assert "newest" not in page.text


def test_an_owner_is_found_by_the_primary_key_among_few_keys_too(client, user):
    api_key, _value = user.api_keys.create_key()
    UserFactory().api_keys.create_key()
    assert listed(search(client, str(user.pk))) == {api_key}


def test_an_owner_is_found_by_the_primary_key_though_many_names_begin_with_it(client, api_keys):
    for number in range(3):
        UserFactory(email=f"{api_keys[0].user_id}{number}@example.com")
    assert listed(search(client, f"{api_keys[0].user_id}")) == {*api_keys}
