"""Keys in a partitioned table of PostgreSQL, as the documentation describes it."""

import re

import pytest
from django.db import IntegrityError, connection, transaction

from stack_apikeys import exceptions
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from tests import ROOT
from tests.factories import UserFactory
from tests.wire import server

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]

PARTS = 8

PAGE = ROOT / "docs" / "how-to" / "partitions.md"


def statements():
    """Return the documented statements for all partitions and the user model of the tests."""
    block = re.search(r"```sql\n(ALTER TABLE .*?)```", PAGE.read_text(), re.DOTALL)[1]
    block = re.sub(r" *--.*", "", block).replace("auth_user", "example_project_user")
    for statement in block.split(";"):
        if "REMAINDER 0" in statement:
            for part in range(PARTS):
                yield statement.replace("userapikey_0", f"userapikey_{part}").replace(
                    "REMAINDER 0", f"REMAINDER {part}"
                )
        elif statement.strip():
            yield statement


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def older_value(user):
    """The value of a key that was created before the table was partitioned."""
    return user.api_keys.create_key()[1]


@pytest.fixture(autouse=True)
def partitioned(older_value):
    """Partition the table. The transaction of the test undoes it."""
    with connection.cursor() as cursor:
        # A table with pending deferred checks cannot be altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements():
            cursor.execute(statement)


def partitions_in(plan):
    return set(re.findall(r"stack_apikeys_userapikey_(\d)\b", plan))


def test_a_key_from_before_the_partitioning_can_be_used(user, older_value):
    assert get_user(api_key=older_value) == user


def test_a_key_is_created_verified_changed_and_deleted(user, django_assert_num_queries):
    api_key, value = user.api_keys.create_key(description="before")
    with django_assert_num_queries(1):
        assert verify_api_key(value).user == user
    api_key.rename("after")
    assert verify_api_key(value).description == "after"
    api_key.revoke()
    with pytest.raises(exceptions.ApiKeyRevoked):
        verify_api_key(value)
    with pytest.raises(IntegrityError), transaction.atomic():
        user.api_keys.create_key(id=api_key.pk)
    api_key.delete()
    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(value)


def test_a_verification_reads_one_partition(user):
    made = user.api_keys.bulk_create_keys(200)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid FROM stack_apikeys_userapikey")
        assert len(cursor.fetchall()) == PARTS
    for api_key, value in made[:10]:
        plan = UserApiKey.objects.filter(pk=api_key.pk).select_related("user").explain()
        assert len(partitions_in(plan)) == 1
        assert get_user(api_key=value) == user


def test_keys_are_issued_into_the_partitions(user):
    issued = list(UserApiKey.objects.issue_keys([user.pk] * 100))
    assert {get_user(api_key=value) for _owner_id, _id, value in issued} == {user}


def test_the_list_of_an_owners_keys_reads_all_partitions(user):
    made = user.api_keys.bulk_create_keys(50)
    UserFactory().api_keys.bulk_create_keys(50)
    response = server().get(f"/user-api-keys?user_id={user.pk}")
    listed = [item["id"] for item in response.json()["items"]]
    assert {str(api_key.pk) for api_key, _value in made} < set(listed)
    assert listed == [str(api_key.pk) for api_key in user.api_keys.all()]


def test_deleting_the_owner_deletes_the_keys(user):
    user.api_keys.bulk_create_keys(20)
    user.delete()
    assert UserApiKey.objects.count() == 0
