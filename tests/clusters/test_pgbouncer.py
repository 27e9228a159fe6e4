"""PgBouncer in transaction mode. `python -m tests.clusters pgbouncer run pytest` runs the suite."""

import os
import subprocess
import sys
from contextlib import ExitStack

import pytest

from tests import ROOT
from tests.clusters.pgbouncer import POOL_SIZE
from tests.server import wait_until
from tests.verifier import Verifier


@pytest.fixture(scope="module", autouse=True)
def migrated(pgbouncer):
    with Verifier("0", environment=pgbouncer.databases()) as process:
        assert process.ask("migrate") == "migrated"


def run(script, environment):
    """Run the script in a project with this environment, and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", f"import django\ndjango.setup()\n{script}"],
        cwd=ROOT,
        env=os.environ | dict(environment),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.stdout


def test_many_processes_share_a_few_connections(pgbouncer):
    with ExitStack() as stack:
        processes = [
            stack.enter_context(Verifier("0", environment=pgbouncer.databases())) for _ in range(6)
        ]
        value = processes[0].ask("create")
        assert [process.ask("verify", value) for process in processes] == ["usable after 1"] * 6
        assert len(pgbouncer.administer("SHOW CLIENTS")) > len(processes)
        assert len(pgbouncer.administer("SHOW SERVERS")) <= POOL_SIZE


LISTEN = """
from stack_apikeys.verification.invalidation.postgresql import PostgresqlSubscription
PostgresqlSubscription("default")
"""


def test_it_is_recognised_that_no_messages_arrive(pgbouncer):
    said = run(LISTEN, pgbouncer.databases())
    assert "The database 'default' does not deliver notifications, as behind a PgBouncer" in said


def test_a_process_behind_it_keeps_no_key(pgbouncer):
    with Verifier("60", environment=pgbouncer.databases()) as process:
        value = process.ask("create")
        assert [process.ask("verify", value) for _ in range(3)] == ["usable after 1"] * 3
        assert process.ask("listens") == "no"


def test_a_process_that_listens_around_it_keeps_keys_and_hears_of_changes(pgbouncer):
    environment = pgbouncer.databases()
    with (
        Verifier("60", "direct", environment=environment) as keeper,
        Verifier("60", "direct", environment=environment) as writer,
    ):
        value = writer.ask("create")
        keeper.keeps(value)
        assert writer.ask("revoke", value) == "revoked"
        wait_until(lambda: keeper.ask("verify", value) == "API_KEY_REVOKED after 1")


VERIFY = """
from stack_apikeys.verification import verify_api_key
for _ in range(5):
    print(verify_api_key("{value}").is_valid())
"""


def is_older_than(version, pgbouncer):
    [[said]] = pgbouncer.administer("SHOW VERSION")
    numbers = said.split()[1].split(".")
    return [int(number) for number in numbers[:2]] < version


def test_prepared_statements_are_lost_before_1_21(pgbouncer):
    if not is_older_than([1, 21], pgbouncer):
        pytest.skip("this PgBouncer can keep prepared statements")
    prepared = pgbouncer.databases(server_side_binding=True, prepare_threshold=1)
    with Verifier("0", environment=pgbouncer.databases()) as process:
        value = process.ask("create")
    said = [run(VERIFY.format(value=value), prepared) for _ in range(2)]
    assert said[0].split() == ["True"] * 5  # on a session that nobody else has used
    assert 'prepared statement "_pg3_0" already exists' in said[1]
    said = run(VERIFY.format(value=value), pgbouncer.databases(server_side_binding=True))
    assert said.split() == ["True"] * 5
