"""What a host relies on whose users are in two tables, and are read from a replica.

Run by ``tests/test_employees.py`` in a process of its own, because these are other settings.
"""

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext

from stack_apikeys.exceptions import ApiKeyNotFound
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from stack_apikeys.verification_query import query_for
from tests.employees.models import Colleague, Employee, Person

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "replica", "peculiar"])


@pytest.fixture
def user():
    # So that the two tables do not give the same person the same number.
    Person.objects.create(email="nobody@example.com")
    return Employee.objects.create(email="ada@example.com", languages=["English", "French"])


@pytest.fixture
def value(user):
    return user.api_keys.create_key(description="peculiar")[1]


@pytest.fixture
def caching(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": 60}


def all_of(user):
    return {name: value for name, value in vars(user).items() if name != "_state"}


def test_an_owner_is_put_together_from_both_tables(user, value):
    assert user.pk != user.id
    verified = verify_api_key(value)
    assert query_for(UserApiKey).statement is not None
    assert all_of(verified.user) == all_of(Employee.objects.get())
    assert verified.user.languages == ["English", "French"]
    assert verified.user.known_as == "ada"


def test_keys_and_owners_are_read_from_the_replica_and_written_to_the_other(user, value):
    with (
        CaptureQueriesContext(connections["replica"]) as read,
        CaptureQueriesContext(connections["default"]) as written,
    ):
        verified = verify_api_key(value)
        assert verified.created_by_id is None
        assert verified._state.db == verified.user._state.db == "replica"
        assert (len(read), len(written)) == (2, 0)
        verified.revoke()
        assert (len(read), len(written)) == (2, 1)
    assert get_user(api_key=value) is None


def test_a_backend_that_reads_rows_in_its_own_way_goes_on_doing_so(
    user, value, settings, django_assert_num_queries
):
    settings.DATABASE_ROUTERS = ["tests.employees.router.ReadPeculiarly"]
    with django_assert_num_queries(1, connection=connections["peculiar"]):
        verified = verify_api_key(value)
    assert query_for(UserApiKey).statement is None
    assert verified.description == "PECULIAR"
    assert all_of(verified.user) == all_of(user)


@pytest.mark.usefixtures("caching")
def test_what_is_kept_of_an_owner_is_nobody_elses_to_change(user, value):
    for _ in range(3):
        languages = get_user(api_key=value).languages
        assert languages == ["English", "French"]
        languages.clear()


@pytest.mark.usefixtures("caching")
@pytest.mark.parametrize("model", [Employee, Colleague, Person])
def test_an_owner_is_forgotten_under_whatever_name_it_is_saved(user, value, model):
    assert get_user(api_key=value) == user
    saved = model.objects.get(email=user.email)
    saved.is_active = False
    saved.save()
    with pytest.raises(ApiKeyNotFound):
        verify_api_key(value)


@pytest.mark.usefixtures("caching")
@pytest.mark.parametrize("model", [Employee, Colleague, Person])
def test_an_owner_is_forgotten_under_whatever_name_it_is_deleted(user, value, model):
    assert get_user(api_key=value) == user
    model.objects.get(email=user.email).delete()
    with pytest.raises(ApiKeyNotFound):
        verify_api_key(value)
