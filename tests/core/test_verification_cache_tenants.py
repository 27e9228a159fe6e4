"""What a process keeps of one tenant's keys is not used for another tenant."""

import pytest
from django.db import connection, connections

from stack_apikeys import checks
from stack_apikeys.exceptions import ApiKeyNotFound
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from stack_apikeys.verification.cache import cache, namespace
from stack_apikeys.verification.query import query_for
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db(transaction=True)

tenant = "1"  # a digit, because Sentry reads the PORT of a MariaDB connection as a number


def current_tenant():
    return tenant


@pytest.fixture
def configure(settings):
    def configure(**ours):
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | ours

    configure(VERIFICATION_CACHE_SECONDS=60)
    return configure


@pytest.fixture
def value():
    return UserFactory().api_keys.create_key()[1]


@pytest.fixture(params=["NAME", "HOST", "PORT", "schema_name", "function"])
def switch(request, configure, monkeypatch):
    """A function that switches to another tenant, by each of the ways that are noticed."""
    if request.param == "function":
        configure(VERIFICATION_CACHE_NAMESPACE=f"{__name__}.current_tenant")

    def switch(name):
        if request.param == "function":
            monkeypatch.setattr(f"{__name__}.tenant", name)
        elif request.param == "schema_name":
            connection.schema_name = name
        else:
            monkeypatch.setitem(connection.settings_dict, request.param, name)

    # The connection is open already, and reads the same rows whatever its settings say now.
    connection.ensure_connection()
    query_for(UserApiKey)  # on MariaDB, compiling a query asks the server for its version
    yield switch
    vars(connections["default"]).pop("schema_name", None)


def test_each_tenant_is_read_for_itself(switch, value, django_assert_num_queries):
    for name in ("1", "2"):
        switch(name)
        with django_assert_num_queries(1):
            verify_api_key(value)
        with django_assert_num_queries(0):
            verify_api_key(value)
    switch("1")
    with django_assert_num_queries(0):
        verify_api_key(value)


def test_a_revocation_is_seen_by_each_tenant(switch, value):
    for name in ("1", "2"):
        switch(name)
        verify_api_key(value)
    UserApiKey.objects.get().revoke()
    for name in ("1", "2"):
        switch(name)
        assert get_user(api_key=value) is None


@pytest.mark.own_session
@pytest.mark.postgresql
@pytest.mark.parametrize("model", [UserApiKey, TeamApiKey])
def test_a_key_of_one_schema_is_unknown_in_the_next(model, configure):
    configure()
    tables = [model._meta.db_table, model.owner_model()._meta.db_table]

    def switch(schema):
        connection.schema_name = schema  # as django-tenants has it
        with connection.cursor() as cursor:
            cursor.execute(f"SET search_path = {schema}, public")

    with connection.cursor() as cursor:
        for schema in ("tenant_a", "tenant_b"):
            cursor.execute(f"CREATE SCHEMA {schema}")
            for table in tables:
                cursor.execute(f"CREATE TABLE {schema}.{table} (LIKE public.{table} INCLUDING ALL)")
    try:
        switch("tenant_a")
        owner = {"user": UserFactory, "team": TeamFactory}[model.KIND]()
        value = owner.api_keys.create_key()[1]
        assert verify_api_key(value).owner == owner
        switch("tenant_b")
        assert not model.objects.exists()
        with pytest.raises(ApiKeyNotFound):
            verify_api_key(value)
        switch("tenant_a")
        assert verify_api_key(value).owner == owner
    finally:
        del connection.schema_name
        with connection.cursor() as cursor:
            cursor.execute("SET search_path = public")
            cursor.execute("DROP SCHEMA tenant_a CASCADE; DROP SCHEMA tenant_b CASCADE")


def test_a_function_that_returns_none_turns_the_cache_off(
    configure, value, monkeypatch, django_assert_num_queries
):
    configure(VERIFICATION_CACHE_NAMESPACE=f"{__name__}.current_tenant")
    monkeypatch.setattr(f"{__name__}.tenant", None)
    for _ in range(2):
        with django_assert_num_queries(1):
            verify_api_key(value)
    assert len(cache) == 0


@pytest.fixture
def foreign_engine(monkeypatch):
    query_for(UserApiKey)  # it needs the engine, which does not exist
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "tenants.backend")


def test_nothing_is_kept_with_an_engine_that_may_serve_several_tenants(
    configure, value, foreign_engine, django_assert_num_queries
):
    for _ in range(2):
        with django_assert_num_queries(1):
            verify_api_key(value)
    assert len(cache) == 0
    [warning] = checks.check_verification_cache()
    assert warning.id == "stack_apikeys.W040"
    assert "'default'" in warning.msg
    assert "tenants.backend" in warning.msg


@pytest.mark.parametrize("switch", ["schema_name", "function"], indirect=True)
def test_a_foreign_engine_whose_tenants_are_known_is_served_from_the_cache(
    switch, value, foreign_engine, django_assert_num_queries
):
    switch("1")
    verify_api_key(value)
    with django_assert_num_queries(0):
        verify_api_key(value)
    assert checks.check_verification_cache() == []


def test_there_is_no_warning_while_the_cache_is_off(configure, foreign_engine):
    configure(VERIFICATION_CACHE_SECONDS=0)
    assert checks.check_verification_cache() == []


def test_djangos_own_engines_are_known():
    assert namespace("default") is not None
