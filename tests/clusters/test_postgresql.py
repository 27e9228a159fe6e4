"""A primary with two streaming replicas, which verify keys."""

from collections import Counter
from contextlib import ExitStack

import pytest

from tests.faults.site import in_parallel, serve
from tests.server import wait_until
from tests.verifier import Verifier

KEPT_SECONDS = "60"

EVERY_REPLICA = "ANY 2 (replica1, replica2)"


@pytest.fixture(scope="module", autouse=True)
def migrated(postgresql):
    with Verifier("0", environment=postgresql.environment) as process:
        assert process.ask("migrate") == "migrated"


@pytest.fixture
def start(postgresql):
    """A function that starts a process which verifies keys by the given servers."""
    with ExitStack() as stack:

        def enter(*servers, seconds="0"):
            environment = postgresql.reading_from(*servers) if servers else postgresql.environment
            return stack.enter_context(Verifier(seconds, environment=environment))

        yield enter


@pytest.fixture
def synchronize(postgresql):
    """A function that changes what a commit waits for. At the end it waits for no replica."""
    yield postgresql.synchronize
    postgresql.synchronize("on")


@pytest.fixture
def pause(postgresql):
    """A function that stops a replica from replaying, and returns what lets it go on."""
    paused = []

    def resume():
        for replica in paused:
            replica.execute("SELECT pg_wal_replay_resume()")
        paused.clear()

    def stop(replica):
        replica.execute("SELECT pg_wal_replay_pause()")
        paused.append(replica)
        wait_until(lambda: replica.execute("SELECT pg_get_wal_replay_pause_state()") == "paused")
        return resume

    yield stop
    resume()


@pytest.fixture
def new_value(postgresql, start):
    """A function that creates a key which every replica has, and returns its value."""
    creator = start()

    def create():
        value = creator.ask("create")
        postgresql.catch_up()
        return value

    return create


@pytest.fixture
def dead(postgresql):
    """A function that ends replicas as by a crash. At the end they are back."""
    stopped = []

    def stop(replica):
        replica.stop()
        stopped.append(replica)

    yield stop
    for replica in stopped:
        replica.start()
    postgresql.catch_up()


def test_keys_are_verified_by_a_replica_that_is_alive(postgresql, start, new_value, dead):
    process, value = start(), new_value()
    one, other = postgresql.replicas
    assert process.ask("server") == str(one.port)
    dead(one)
    assert process.ask("verify", value) == "usable after 1"
    assert process.ask("server") == str(other.port)
    dead(other)
    assert process.ask("verify", value) == "usable after 1"
    assert process.ask("server") == str(postgresql.primary.port)


CONNECTIONS = {
    "persistent": {"CONN_HEALTH_CHECKS": False},
    "pooled": {"CONN_MAX_AGE": 0},
}


@pytest.mark.parametrize("kept", CONNECTIONS)
def test_no_request_fails_when_replicas_die(
    postgresql, new_value, dead, tmp_path, monkeypatch, kept
):
    value = new_value()
    options = {"target_session_attrs": "prefer-standby"}
    if kept == "pooled":
        options["pool"] = {"min_size": 1, "max_size": 4}
    servers = [*postgresql.replicas, postgresql.primary]
    environment = postgresql.reading_from(*servers, options=options, **CONNECTIONS[kept])
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    statuses = Counter()
    is_over = False

    def visit(_position):
        while not is_over:
            answer = site.authenticate("user", value)
            statuses[answer and answer.status] += 1

    def wait_for_requests():
        enough = statuses.total() + 40
        wait_until(lambda: statuses.total() >= enough)

    with serve(tmp_path, workers=2, threads=2) as site, in_parallel(4, visit):
        try:
            wait_for_requests()
            for replica in postgresql.replicas:
                dead(replica)
                wait_for_requests()
        finally:
            is_over = True
    assert set(statuses) == {200}


def test_a_replica_accepts_a_revoked_key_until_it_has_replayed(postgresql, start, new_value, pause):
    [replica, _other] = postgresql.replicas
    process, value = start(replica), new_value()
    resume = pause(replica)
    assert process.ask("revoke", value) == "revoked"
    assert process.ask("verify", value) == "usable after 1"
    resume()
    postgresql.catch_up()
    assert process.ask("verify", value) == "API_KEY_REVOKED after 1"


@pytest.mark.parametrize("keys", [20, pytest.param(300, marks=pytest.mark.long)])
def test_with_remote_apply_every_replica_knows_a_new_and_a_revoked_key_before_the_answer(
    postgresql, start, synchronize, keys
):
    synchronize("remote_apply", EVERY_REPLICA)
    readers = [start(replica) for replica in postgresql.replicas]
    writer = start()
    for _ in range(keys):
        value = writer.ask("create")
        assert [reader.ask("verify", value) for reader in readers] == ["usable after 1"] * 2
        assert writer.ask("revoke", value) == "revoked"
        answers = [reader.ask("verify", value) for reader in readers]
        assert answers == ["API_KEY_REVOKED after 1"] * 2


def test_with_remote_apply_a_revocation_waits_for_the_slowest_replica(
    postgresql, start, new_value, synchronize, pause
):
    [replica, _other] = postgresql.replicas
    writer, reader, value = start(), start(replica), new_value()
    synchronize("remote_apply", EVERY_REPLICA)
    resume = pause(replica)
    writer.tell("revoke", value)
    wait_until(postgresql.waiting)
    assert reader.ask("verify", value) == "usable after 1"
    resume()
    assert writer.answer() == "revoked"
    assert reader.ask("verify", value) == "API_KEY_REVOKED after 1"


def test_a_dead_replica_holds_up_changes_only_where_every_replica_has_to_have_them(
    postgresql, start, new_value, synchronize, dead
):
    [replica, other] = postgresql.replicas
    writer, reader = start(), start(other)
    value, further = new_value(), new_value()
    synchronize("remote_apply", EVERY_REPLICA)
    dead(replica)
    writer.tell("revoke", value)
    wait_until(postgresql.waiting)
    # What a person does who takes the dead replica out.
    synchronize("remote_apply", "ANY 1 (replica1, replica2)")
    assert writer.answer() == "revoked"
    assert writer.ask("revoke", further) == "revoked"
    assert reader.ask("verify", further) == "API_KEY_REVOKED after 1"


def test_a_message_that_is_faster_than_the_replica_lets_a_revoked_key_be_kept(
    postgresql, start, new_value, pause
):
    [replica, _other] = postgresql.replicas
    keeper, writer, value = start(replica, seconds=KEPT_SECONDS), start(seconds="1"), new_value()
    keeper.keeps(value)
    resume = pause(replica)
    assert writer.ask("revoke", value) == "revoked"
    wait_until(lambda: keeper.ask("is_kept", value) == "no")
    keeper.keeps(value)
    resume()
    postgresql.catch_up()
    keeper.keeps(value)
    keeper.ask("skip", KEPT_SECONDS)
    wait_until(lambda: keeper.ask("verify", value) == "API_KEY_REVOKED after 1")


def test_with_remote_apply_the_message_comes_after_the_replicas(
    postgresql, start, new_value, synchronize, pause
):
    [replica, _other] = postgresql.replicas
    keeper, writer, value = start(replica, seconds=KEPT_SECONDS), start(seconds="1"), new_value()
    keeper.keeps(value)
    synchronize("remote_apply", EVERY_REPLICA)
    resume = pause(replica)
    writer.tell("revoke", value)
    wait_until(postgresql.waiting)
    answers = [keeper.ask("verify", value) for _ in range(50)]
    resume()
    assert writer.answer() == "revoked"

    def is_refused():
        answers.append(keeper.ask("verify", value))
        return answers[-1] == "API_KEY_REVOKED after 1"

    wait_until(is_refused)
    assert {answer.split()[0] for answer in answers} == {"usable", "API_KEY_REVOKED"}
    wait_until(lambda: keeper.ask("verify", value) == "API_KEY_REVOKED after 0")


def test_a_role_can_be_spared_the_waiting(postgresql, start, new_value, synchronize, pause):
    [replica, _other] = postgresql.replicas
    value = new_value()
    synchronize("remote_apply", EVERY_REPLICA)
    postgresql.primary.execute("ALTER ROLE postgres SET synchronous_commit = local")
    try:
        writer = start()
        resume = pause(replica)
        assert writer.ask("revoke", value) == "revoked"
        resume()
    finally:
        postgresql.primary.execute("ALTER ROLE postgres RESET synchronous_commit")
