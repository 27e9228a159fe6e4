"""PostgreSQL prepares the query of a verification, and everything else about it stays the same."""

import logging
from contextlib import contextmanager

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from stack_apikeys._database.preparation import can_prepare
from stack_apikeys.exceptions import ApiKeyNotFound
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from tests.core.test_lost_connections import backend_pid, terminate
from tests.core.test_verification_query import columns
from tests.requirements import require

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.own_session,
    pytest.mark.postgresql,
]

PREPARED = "SELECT name FROM pg_prepared_statements WHERE name LIKE 'stack\\_apikeys\\_%'"


@pytest.fixture(autouse=True)
def prepared(configure):
    require("psycopg 3", present=can_prepare(connection))
    connection.close()
    configure(PREPARE_VERIFICATION=True)
    yield
    connection.close()


@pytest.fixture
def reconnect(user, value, monkeypatch):
    """Changes the settings of the database, and lets it connect again."""

    def change(**settings):
        connection.close()
        for name, setting in settings.items():
            monkeypatch.setitem(connection.settings_dict, name, setting)

    yield change
    connection.close()
    connection.close_pool()


def statements():
    """Return the names of the statements that the connection has prepared for verifications."""
    with connection.cursor() as cursor:
        cursor.execute(PREPARED)
        return [name for [name] in cursor.fetchall()]


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


@contextmanager
def no_warning(caplog):
    caplog.clear()
    yield
    assert not caplog.records


def test_the_statement_is_prepared_once_and_each_verification_is_one_query(owner):
    _api_key, value = owner.api_keys.create_key()
    for _ in range(3):
        with CaptureQueriesContext(connection) as captured:
            assert verify_api_key(value).owner == owner
        assert len(captured) == 1
        assert "JOIN" in captured[0]["sql"]
        assert value not in captured[0]["sql"]
    assert len(statements()) == 1


def test_nothing_is_prepared_by_default(configure, user, value):
    configure(PREPARE_VERIFICATION=False)
    assert get_user(api_key=value) == user
    assert statements() == []


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"server_side_binding": True},
        {"prepare_threshold": 0},
        {"server_side_binding": True, "prepare_threshold": 1},
    ],
    ids=str,
)
def test_it_is_prepared_whatever_the_options_are(reconnect, options, user, value):
    reconnect(OPTIONS=options)
    for _ in range(3):
        assert get_user(api_key=value) == user
    assert len(statements()) == 1


def test_the_key_and_its_owner_are_the_same_as_without(configure, owner, settings):
    settings.TIME_ZONE = "Asia/Tokyo"
    _api_key, value = owner.api_keys.create_key(description="100 % → %s")
    ours = verify_api_key(value)
    configure(PREPARE_VERIFICATION=False)
    others = verify_api_key(value)
    assert columns(ours) == columns(others)
    assert columns(ours.owner) == columns(others.owner)
    assert ours.created_at.tzinfo == others.created_at.tzinfo


def test_an_unknown_id_takes_the_same_query(user, value, django_assert_num_queries):
    UserApiKey.objects.all().delete()
    with django_assert_num_queries(1), pytest.raises(ApiKeyNotFound):
        verify_api_key(value)
    assert len(statements()) == 1


def test_execute_wrappers_see_the_query(value):
    seen = []

    def watch(execute, sql, params, many, context):
        seen.append(sql)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch):
        verify_api_key(value)
    assert len(seen) == len(statements()) == 1


def test_sql_that_a_wrapper_has_changed_is_not_prepared(user, value):
    def comment(execute, sql, params, many, context):
        return execute(f"{sql} /* request 7 */", params, many, context)

    with connection.execute_wrapper(comment):
        assert get_user(api_key=value) == user
    assert statements() == []


def test_a_transaction_in_which_nothing_ran_yet_is_no_hindrance(user, value):
    with transaction.atomic():
        assert get_user(api_key=value) == user
        user.display_name = "Renamed"
        user.save()
        assert get_user(api_key=value).display_name == "Renamed"
    assert len(statements()) == 1


def test_a_broken_transaction_stays_broken(value):
    with transaction.atomic():
        with pytest.raises(DatabaseError, match="zero"):
            execute("SELECT 1 / 0")
        with pytest.raises(DatabaseError, match="aborted"):
            verify_api_key(value)
        transaction.set_rollback(True)


def test_statements_that_were_deallocated_are_prepared_again(user, value, caplog):
    assert get_user(api_key=value) == user
    with no_warning(caplog):
        for statement in ("DISCARD ALL", "DEALLOCATE ALL"):
            execute(statement)
            assert statements() == []
            assert get_user(api_key=value) == user
            assert len(statements()) == 1


def test_a_rollback_keeps_them(user, value):
    assert get_user(api_key=value) == user
    before = statements()
    with transaction.atomic():
        user.save()
        transaction.set_rollback(True)
    assert get_user(api_key=value) == user
    assert statements() == before


def test_a_column_of_another_type_is_no_failure(user, value, caplog):
    table = UserApiKey._meta.db_table
    assert get_user(api_key=value) == user
    try:
        execute(f"ALTER TABLE {table} ALTER COLUMN description TYPE text")
        with no_warning(caplog):
            assert get_user(api_key=value) == user
    finally:
        execute(f"ALTER TABLE {table} ALTER COLUMN description TYPE varchar(255)")
    assert get_user(api_key=value) == user


def test_another_schema_has_keys_of_its_own(user, value):
    assert get_user(api_key=value) == user
    table = UserApiKey._meta.db_table
    execute(f"CREATE SCHEMA other CREATE TABLE {table} (LIKE public.{table})")
    try:
        execute("SET search_path = other, public")
        assert get_user(api_key=value) is None
        execute("SET search_path = public")
        assert get_user(api_key=value) == user
    finally:
        execute("DROP SCHEMA other CASCADE")


def test_a_connection_that_loses_them_again_and_again_does_without(user, value, caplog):
    from stack_apikeys.verification import prepared

    prepared._warnings.forget()
    with caplog.at_level(logging.WARNING, "stack_apikeys.verification"):
        for _ in range(2 * prepared._MOST):
            assert get_user(api_key=value) == user
            execute("DEALLOCATE ALL")
    [record] = caplog.records
    assert "PREPARE_VERIFICATION" in record.message
    assert statements() == []
    connection.close()
    assert get_user(api_key=value) == user
    assert len(statements()) == 1


def test_a_new_connection_prepares_it_again(user, value):
    for _ in range(2):
        assert get_user(api_key=value) == user
        assert len(statements()) == 1
        connection.close()


def test_a_lost_connection_is_replaced(user, value):
    assert get_user(api_key=value) == user
    terminate(backend_pid())
    assert get_user(api_key=value) == user
    assert len(statements()) == 1


def test_connections_of_a_pool_keep_their_statements(reconnect, user, value):
    pytest.importorskip("psycopg_pool")
    reconnect(CONN_MAX_AGE=0, OPTIONS={"pool": {"min_size": 1, "max_size": 1}})
    for _ in range(2):
        assert get_user(api_key=value) == user
        assert len(statements()) == 1
        connection.close()  # gives it back to the pool


def test_other_errors_are_djangos_own(value):
    assert get_user(api_key=value) is not None
    table = UserApiKey._meta.db_table
    execute(f"ALTER TABLE {table} RENAME TO elsewhere")
    try:
        with pytest.raises(DatabaseError, match="does not exist"):
            verify_api_key(value)
    finally:
        execute(f"ALTER TABLE elsewhere RENAME TO {table}")
