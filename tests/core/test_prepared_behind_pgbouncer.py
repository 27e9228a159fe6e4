"""Prepared verifications behind PgBouncer, whether or not it knows of prepared statements."""

import logging
import subprocess
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from django.core.checks import Tags
from django.db import connection, connections

from stack_apikeys._database.preparation import can_prepare
from stack_apikeys.verification import get_user
from tests.checks import ids
from tests.clusters.pgbouncer import pool
from tests.requirements import require, require_program
from tests.server import HOST

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.own_session,
    pytest.mark.postgresql,
]

TRANSACTIONS = "pool_mode = transaction"


def version():
    """Return the version of PgBouncer that is installed, such as ``(1, 18)``."""
    command = [require_program("pgbouncer"), "--version"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return tuple(int(part) for part in printed.split()[1].split(".")[:2])


@contextmanager
def pgbouncer(options):
    """Run PgBouncer before the database of the tests. Yields the port."""
    require_program("pgbouncer")
    settings = connection.settings_dict
    server = " ".join(
        f"{name.lower()}={settings[name]}"
        for name in ("HOST", "PORT", "USER", "PASSWORD")
        if settings[name]
    )
    # Not one of pytest's folders, into which another user cannot look.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        with pool(Path(folder), server=server, options=f"auth_type = any\n{options}") as port:
            yield port


@pytest.fixture
def behind(user, value, configure, monkeypatch):
    """Puts PgBouncer, with these options, before the database, until the block ends."""
    require("psycopg 3", present=can_prepare(connection))
    configure(PREPARE_VERIFICATION=True)

    @contextmanager
    def put(options):
        with pgbouncer(options) as port, monkeypatch.context() as patch:
            connection.close()
            patch.setitem(connection.settings_dict, "HOST", HOST)
            patch.setitem(connection.settings_dict, "PORT", port)
            try:
                yield
            finally:
                connection.close()

    return put


def test_without_a_pooler_there_is_nothing_to_report(configure):
    configure(PREPARE_VERIFICATION=True)
    assert "stack_apikeys.W042" not in ids(Tags.database, databases=["default"])


def test_a_pooler_that_loses_statements_is_reported(behind, configure):
    with behind(TRANSACTIONS):
        assert ids(Tags.database, databases=["default"]) == {"stack_apikeys.W042"}
        configure(PREPARE_VERIFICATION=False)
        assert ids(Tags.database, databases=["default"]) == set()


def test_a_pooler_that_gives_each_client_a_session_is_not_reported(behind):
    with behind("pool_mode = session"):
        assert ids(Tags.database, databases=["default"]) == set()


def test_a_pooler_that_knows_of_statements_is_not_reported(behind, user, value, caplog):
    if version() < (1, 21):
        pytest.skip("needs PgBouncer 1.21 or newer")
    with behind(f"{TRANSACTIONS}\nmax_prepared_statements = 100"):
        assert ids(Tags.database, databases=["default"]) == set()
        verify_as_two_clients(user, value)
    assert not caplog.records


def test_behind_a_pooler_that_loses_statements_keys_are_verified_and_a_warning_is_logged(
    behind, user, value, caplog
):
    from stack_apikeys.verification import prepared

    prepared._warnings.forget()
    with behind(TRANSACTIONS), caplog.at_level(logging.WARNING, "stack_apikeys.verification"):
        verify_as_two_clients(user, value)
    [record] = caplog.records
    assert "PgBouncer" in record.message


def verify_as_two_clients(user, value):
    """Verify a key by two connections in turns, which get each other's sessions."""
    first, second = connections["default"], connections.create_connection("default")
    with closing(second):
        for number in range(6):
            connections["default"] = second if number % 2 else first
            try:
                assert get_user(api_key=value) == user
            finally:
                connections["default"] = first
