"""What a host relies on whose users are in two tables, and are read from a replica.

Run by ``tests/test_employees.py`` in a process of its own, because these are other settings.
"""

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test.utils import CaptureQueriesContext

from stack_apikeys.exceptions import ApiKeyNotFound
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from stack_apikeys.verification.query import query_for
from tests.hosts.employees.models import Badge, Colleague, Country, Employee, Office, Person

pytestmark = pytest.mark.django_db(
    transaction=True, databases=["default", "replica", "peculiar", "elsewhere"]
)


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
    settings.DATABASE_ROUTERS = ["tests.hosts.employees.router.ReadPeculiarly"]
    with django_assert_num_queries(1, connection=connections["peculiar"]):
        verified = verify_api_key(value)
    assert query_for(UserApiKey).statement is None
    assert verified.description == "PECULIAR"
    assert all_of(verified.user) == all_of(user)


@pytest.mark.parametrize("seconds", [0, 60])
def test_each_database_has_keys_of_its_own(user, value, settings, seconds):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": seconds}
    assert get_user(api_key=value) == user
    settings.DATABASE_ROUTERS = ["tests.hosts.employees.router.StayElsewhere"]
    assert get_user(api_key=value) is None
    colleague = Employee.objects.create(email="bob@example.com", languages=[])
    verified = verify_api_key(colleague.api_keys.create_key()[1])
    assert verified._state.db == verified.user._state.db == "elsewhere"
    assert verified.user.email == "bob@example.com"
    settings.DATABASE_ROUTERS = ["tests.hosts.employees.router.ReadFromReplica"]
    assert get_user(api_key=value) == user


def test_a_key_stays_in_the_database_that_it_was_taken_from(settings):
    settings.DATABASE_ROUTERS = []
    colleague = Employee.objects.using("elsewhere").create(email="bob@example.com", languages=[])
    _api_key, value = colleague.api_keys.create_key()
    colleague.api_keys.bulk_create_keys(2)
    assert get_user(api_key=value) is None
    there = UserApiKey.objects.using("elsewhere")
    assert (there.valid().count(), UserApiKey.objects.count()) == (3, 0)
    for api_key in there:
        api_key.revoke()
    assert there.revoked().count() == 3


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


@pytest.fixture
def related(settings):
    """What a verification loads with an owner, besides."""
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {
        "OWNER_SELECT_RELATED": {"user": ["office__country", "badge"]}
    }


@pytest.fixture
def office(user):
    user.office = Office.objects.create(city="Lyon", country=Country.objects.create(name="France"))
    user.save()
    Badge.objects.create(employee=user, colour="green")
    return user.office


@pytest.mark.usefixtures("related", "office")
@pytest.mark.parametrize("router", ["ReadFromReplica", "ReadPeculiarly"])
def test_what_an_owner_refers_to_is_loaded_in_the_same_query(
    value, settings, router, django_assert_num_queries
):
    settings.DATABASE_ROUTERS = [f"tests.hosts.employees.router.{router}"]
    alias = query_for(UserApiKey).alias
    with django_assert_num_queries(1, connection=connections[alias]):
        found = verify_api_key(value).user
        assert (found.office.city, found.office.country.name) == ("Lyon", "France")
        assert (found.badge.colour, found.badge.employee) == ("green", found)
        assert found.known_as == "ada"


def test_an_owner_without_what_others_refer_to_is_found(
    user, value, related, django_assert_num_queries
):
    with django_assert_num_queries(1, connection=connections["replica"]):
        found = verify_api_key(value).user
        assert found.office is None
        with pytest.raises(Badge.DoesNotExist):
            found.badge  # noqa: B018  # reading it is what is tested


@pytest.mark.usefixtures("caching")
def test_what_an_owner_refers_to_is_forgotten_when_it_is_saved(user, value, related, office):
    assert get_user(api_key=value).office.country.name == "France"
    office.country.name = "Gallia"
    office.country.save()
    assert get_user(api_key=value).office.country.name == "Gallia"
    office.delete()
    assert get_user(api_key=value).office is None


def test_the_command_works_on_the_database_that_is_named(capsys):
    Person.objects.using("elsewhere").create(email="nobody@example.com")
    user = Employee.objects.using("elsewhere").create(email="ada@example.com", languages=[])
    named = ["--database", "elsewhere"]
    call_command("api_keys", "create", "--user", user.email, *named)
    api_key = UserApiKey.objects.using("elsewhere").get()
    assert not UserApiKey.objects.using("default").exists()
    with pytest.raises(CommandError, match="No user"):
        call_command("api_keys", "create", "--user", user.email)
    call_command("api_keys", "list", "--user", user.email, *named)
    assert str(api_key.pk) in capsys.readouterr().out
    call_command("api_keys", "revoke", str(api_key.pk), *named)
    assert UserApiKey.objects.using("elsewhere").revoked().count() == 1
