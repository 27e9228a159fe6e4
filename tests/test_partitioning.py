"""The app on a table that PostgreSQL keeps in parts, as README.md describes it for many keys."""

import re
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

from stack_apikeys import exceptions
from stack_apikeys.bulk_import import import_keys
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from tests.factories import UserFactory
from tests.wire import server

pytestmark = [pytest.mark.postgresql, pytest.mark.django_db]

PARTS = 8

README = Path(__file__).resolve().parent.parent / "README.md"


def statements():
    """Those of the README, with each part's, and for the tests' users."""
    block = re.search(r"```sql\n(ALTER TABLE .*?)```", README.read_text(), re.DOTALL)[1]
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
    """The value of a key that was there before the table was split."""
    return user.api_keys.create_key()[1]


@pytest.fixture(autouse=True)
def partitioned(older_value):
    """The table, split as README.md has it; undone with the test."""
    with connection.cursor() as cursor:
        # Deferred checks of the rows so far would forbid to change their table.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in statements():
            cursor.execute(statement)


def parts_in(plan):
    return set(re.findall(r"stack_apikeys_userapikey_(\d)\b", plan))


def test_a_key_from_before_goes_on_working(user, older_value):
    assert get_user(api_key=older_value) == user


def test_a_key_lives_there_as_anywhere(user, django_assert_num_queries):
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


def test_keys_are_spread_and_a_verification_goes_to_one_part(user):
    made = user.api_keys.bulk_create_keys(200)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tableoid FROM stack_apikeys_userapikey")
        assert len(cursor.fetchall()) == PARTS
    for api_key, value in made[:10]:
        plan = UserApiKey.objects.filter(pk=api_key.pk).select_related("user").explain()
        assert len(parts_in(plan)) == 1
        assert get_user(api_key=value) == user


def test_many_keys_are_imported_into_the_parts(user):
    imported = list(import_keys(UserApiKey, [user.pk] * 100))
    assert {get_user(api_key=value) for _owner_id, _id, value in imported} == {user}


def test_the_list_of_an_owner_is_put_together_from_the_parts(user):
    made = user.api_keys.bulk_create_keys(50)
    UserFactory().api_keys.bulk_create_keys(50)
    response = server().get(f"/user-api-keys?user_id={user.pk}")
    listed = [item["id"] for item in response.json()["items"]]
    assert {str(api_key.pk) for api_key, _value in made} < set(listed)
    assert listed == [str(api_key.pk) for api_key in user.api_keys.all()]


def test_keys_go_with_their_owner(user):
    user.api_keys.bulk_create_keys(20)
    user.delete()
    assert UserApiKey.objects.count() == 0
