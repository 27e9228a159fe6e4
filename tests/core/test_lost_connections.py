"""A verification that meets a lost connection asks again on another one."""

import pytest
from django.db import InterfaceError, OperationalError, connection, transaction
from django.test.utils import CaptureQueriesContext

from stack_apikeys.verification import verify_api_key
from tests.factories import UserFactory

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.own_session,
    pytest.mark.postgresql,
]


@pytest.fixture
def value():
    """The value of a key that was verified on the connection that will be lost."""
    _api_key, value = UserFactory().api_keys.create_key()
    verify_api_key(value)
    connection.health_check_done = True  # as in the middle of a request
    return value


def terminate(backend_pid):
    """End a connection as a server does that shuts down, from another one."""
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [backend_pid])
    other.close()


def backend_pid():
    return connection.connection.info.backend_pid


def test_a_connection_that_the_server_has_ended_costs_no_verification(value):
    pid = backend_pid()
    terminate(pid)
    assert verify_api_key(value).is_valid()
    assert backend_pid() != pid


def test_a_connection_that_was_closed_here_costs_no_verification_either(value):
    connection.connection.close()
    assert verify_api_key(value).is_valid()


def test_a_transaction_that_was_lost_is_not_begun_again(value):
    with pytest.raises((InterfaceError, OperationalError)), transaction.atomic():  # noqa: PT012
        verify_api_key(value)
        terminate(backend_pid())
        verify_api_key(value)
    assert verify_api_key(value).is_valid()


def test_a_query_that_failed_on_a_working_connection_is_not_repeated(value):
    def cancel(_execute, sql, *_args):
        asked.append(sql)
        raise OperationalError("canceling statement due to statement timeout")

    asked = []
    pid = backend_pid()
    with connection.execute_wrapper(cancel), pytest.raises(OperationalError):
        verify_api_key(value)
    assert len(asked) == 1
    assert backend_pid() == pid


def test_a_database_that_does_not_answer_is_asked_once(value, monkeypatch):
    def refuse(*_args):
        attempts.append(1)
        raise OperationalError("connection refused")

    attempts = []
    connection.close()
    monkeypatch.setattr(connection, "get_new_connection", refuse)
    with pytest.raises(OperationalError):
        verify_api_key(value)
    assert len(attempts) == 1


def test_a_good_key_still_costs_one_query(value):
    with CaptureQueriesContext(connection) as queries:
        verify_api_key(value)
    assert len(queries) == 1


def test_without_autocommit_nothing_is_lost_unnoticed(value):
    def fail(_execute, *_args):
        raise OperationalError("the connection is lost")

    connection.set_autocommit(False)
    try:
        UserFactory(email="not-committed@example.com")
        with pytest.raises(OperationalError), connection.execute_wrapper(fail):
            verify_api_key(value)
    finally:
        connection.close()
