"""No process accepts a revoked key for longer than it may, whatever happens to its messages."""

import socket
import time

import pytest
from django.db import connection

from stack_apikeys import keys
from stack_apikeys.models import UserApiKey
from stack_apikeys.verification.cache import cache
from stack_apikeys.verification.invalidation.listener import SILENCE_SECONDS
from stack_apikeys.verification.invalidation.redis import CHANNEL, RedisSubscription, _client
from tests.faults.databases import cluster, why_not
from tests.faults.redis_server import serve_redis
from tests.listening import database_url, keeper
from tests.proxy import proxy
from tests.requirements import require, require_program
from tests.server import HOST, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_session]


@pytest.fixture(autouse=True)
def keep(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": 60}
    yield
    cache.clear()


@pytest.fixture
def postgresql():
    if connection.vendor != "postgresql":
        pytest.skip(f"{connection.vendor} has no LISTEN")


@pytest.fixture
def redis(tmp_path):
    require_program("redis-server")
    if connection.vendor == "sqlite":
        pytest.skip("the database is in memory")
    with serve_redis(tmp_path) as server:
        yield server


@pytest.fixture
def values(user):
    return [value for _api_key, value in user.api_keys.bulk_create_keys(2)]


def revoke(value):
    """Revoke the key; return when that was done."""
    UserApiKey.objects.get(pk=keys.parse(value).id).revoke()
    return time.monotonic()


def require_nothing_kept(process, value):
    for _ in range(3):
        assert process.ask("verify", value) == "usable after 1"


def require_messages_heard(process, value):
    process.keeps(value)
    revoke(value)
    wait_until(lambda: process.ask("verify", value) == "API_KEY_REVOKED after 1")


def test_a_key_that_is_revoked_while_the_network_to_postgresql_is_paused(postgresql, values):
    revoked, other = values
    server = HOST, int(connection.settings_dict["PORT"])
    with proxy(server) as network, keeper(database_url(network.port)) as process:
        process.keeps(revoked)
        process.keeps(other)
        network.pause()
        revoked_at = revoke(revoked)
        assert process.last_acceptance(revoked) - revoked_at < SILENCE_SECONDS
        wait_until(lambda: process.ask("listens") == "no")
        require_nothing_kept(process, other)
        network.resume()
        require_messages_heard(process, other)


def test_a_key_that_is_revoked_while_the_network_to_redis_is_paused(
    redis, values, settings, caplog
):
    revoked, other = values
    with proxy((HOST, redis.port)) as network:
        url = f"redis://{HOST}:{network.port}/0"
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"INVALIDATION": url}
        with keeper(url) as process:
            process.keeps(revoked)
            process.keeps(other)
            network.pause()
            revoked_at = revoke(revoked)
            assert "Other processes could not be told of a changed API key" in caplog.text
            assert process.last_acceptance(revoked) - revoked_at < SILENCE_SECONDS
            wait_until(lambda: process.ask("listens") == "no")
            require_nothing_kept(process, other)
            network.resume()
            require_messages_heard(process, other)


def test_a_key_that_is_revoked_just_after_a_listener_was_killed(postgresql, values):
    revoked, other = values
    with keeper() as process, connection.cursor() as cursor:
        process.keeps(revoked)
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE "
            "datname = current_database() AND pid <> pg_backend_pid() "
            "AND query IN ('SELECT 1', 'LISTEN \"stack_apikeys\"')"
        )
        assert cursor.fetchall() == [(True,)]
        revoked_at = revoke(revoked)
        assert process.last_acceptance(revoked) - revoked_at < SILENCE_SECONDS
        require_messages_heard(process, other)


def test_a_connection_to_redis_that_was_replaced_is_given_up(redis):
    # The client connects again by itself if its URL says so.
    url = f"{redis.url}?retry_on_timeout=true"
    subscription = RedisSubscription(url)
    _client(url).publish(CHANNEL, "heard")
    wait_until(lambda: subscription.receive() == ["heard"])
    subscription._pubsub.connection.disconnect()
    _client(url).publish(CHANNEL, "lost")
    with pytest.raises(ConnectionError):
        subscription.ping()
    subscription.close()
    _client(url).close()


def test_a_message_that_comes_with_the_answer_to_a_ping_is_heard(redis, monkeypatch):
    subscription = RedisSubscription(redis.url)
    ping = subscription._pubsub.ping

    def ping_late():
        ping()
        subscription._pubsub.connection._sock.recv(1, socket.MSG_PEEK)  # wait for the answer
        _client(redis.url).publish(CHANNEL, "heard")

    monkeypatch.setattr(subscription._pubsub, "ping", ping_late)
    assert subscription.ping() == ["heard"]
    subscription.close()
    _client(redis.url).close()


@pytest.mark.long
def test_processes_keep_nothing_while_their_database_restarts():
    reason = why_not("cluster")
    require(f"a PostgreSQL of its own ({reason})", present=reason is None)
    with cluster() as database, keeper(database=database.url) as one:
        one.ask("migrate")
        revoked, other = one.ask("create"), one.ask("create")
        with keeper(database=database.url) as process:
            process.keeps(revoked)
            database.close()
            wait_until(lambda: process.ask("listens") == "no")
            assert process.ask("verify", revoked).startswith("OperationalError")
            database.open()
            assert one.ask("revoke", revoked) == "revoked"
            assert process.last_acceptance(revoked) == float("-inf")
            process.keeps(other)
            one.ask("revoke", other)
            wait_until(lambda: process.ask("verify", other) == "API_KEY_REVOKED after 1")
