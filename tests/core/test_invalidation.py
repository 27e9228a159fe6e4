"""Processes that keep verified keys hear of the changes that other processes make."""

import functools
import json
import sys
import threading
from contextlib import ExitStack, suppress
from uuid import uuid4

import pytest
import redis
from django.db import connection, transaction

from stack_apikeys import keys
from stack_apikeys.models import UserApiKey
from stack_apikeys.models.changes import send_rows_changed
from stack_apikeys.verification import invalidation
from stack_apikeys.verification.cache import cache
from stack_apikeys.verification.invalidation import listener, postgresql
from tests.faults.redis_server import run_redis
from tests.listening import keeper
from tests.requirements import require, require_program
from tests.server import HOST, free_port, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.own_session]

REDIS = "redis://127.0.0.1:6379/0"


@pytest.fixture(autouse=True)
def keep(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": 60}
    yield
    cache.clear()


@pytest.fixture(params=["PostgreSQL", "Redis"])
def source(request):
    """What tells of changes: the second argument of ``tests.verifier``, if any."""
    if request.param == "PostgreSQL":
        skip_unless(connection.vendor == "postgresql")
        return []
    require("a Redis server at port 6379", present=_answers())
    skip_unless(connection.vendor != "sqlite")
    return [REDIS]


def skip_unless(fits):
    if not fits:
        pytest.skip(f"does not fit {connection.vendor}, in memory or without LISTEN")


def _answers():
    try:
        with redis.Redis.from_url(REDIS) as client:
            return client.ping()
    except redis.ConnectionError:
        return False


@pytest.fixture
def start(source):
    """A function that starts a process, which ends with the test."""
    with ExitStack() as processes:
        yield lambda: processes.enter_context(keeper(*source))


@pytest.fixture
def value(user):
    _api_key, value = user.api_keys.create_key()
    return value


def revoke(value):
    UserApiKey.objects.get(pk=keys.parse(value).id).revoke()


class Undone(Exception):
    """Rolls a transaction back."""


def test_a_revocation_reaches_the_other_processes(start, value):
    processes = [start() for _ in range(3)]
    for process in processes:
        process.keeps(value)
    assert processes[0].ask("revoke", value) == "revoked"
    for process in processes:
        wait_until(lambda ask=process.ask: ask("verify", value) == "API_KEY_REVOKED after 1")


def test_a_change_of_the_owner_reaches_the_other_processes(start, value):
    one, other = start(), start()
    other.keeps(value)
    one.ask("switch_owner", value)
    wait_until(lambda: other.ask("verify", value) == "API_KEY_NOT_FOUND after 1")
    one.ask("switch_owner", value)
    other.keeps(value)


def test_a_change_that_is_rolled_back_is_told_to_nobody(start, source, value, user, settings):
    process = start()
    process.keeps(value)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | dict.fromkeys(
        ["INVALIDATION"][: len(source)], REDIS
    )
    with suppress(Undone), transaction.atomic():
        revoke(value)
        raise Undone
    other_key, other = user.api_keys.create_key()
    process.keeps(other)
    other_key.revoke()  # messages arrive in order: whoever hears this has heard all before
    wait_until(lambda: process.ask("verify", other) == "API_KEY_REVOKED after 0")
    assert process.ask("is_kept", value) == "yes"


def test_a_process_that_was_cut_off_from_postgresql_listens_again(value):
    skip_unless(connection.vendor == "postgresql")
    with keeper() as process, connection.cursor() as cursor:
        process.keeps(value)
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND query = 'SELECT 1' AND pid <> pg_backend_pid()"
        )
        assert cursor.fetchall() == [(True,)]
        wait_until(lambda: process.ask("is_kept", value) == "no")
        process.keeps(value)
        revoke(value)
        wait_until(lambda: process.ask("verify", value) == "API_KEY_REVOKED after 1")


def test_a_process_without_redis_keeps_nothing_until_redis_is_back(value, tmp_path):
    skip_unless(connection.vendor != "sqlite")
    require_program("redis-server")
    with free_port() as port, keeper(f"redis://{HOST}:{port}/0") as process:
        with run_redis(tmp_path, port):
            process.keeps(value)
        wait_until(lambda: process.ask("listens") == "no")
        for _ in range(3):
            assert process.ask("verify", value) == "usable after 1"
        with run_redis(tmp_path, port):
            process.keeps(value)


def test_a_change_succeeds_while_redis_cannot_be_told(user, settings, caplog):
    with free_port() as port:
        settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"INVALIDATION": f"redis://{HOST}:{port}"}
        api_key, _value = user.api_keys.create_key()
        api_key.rename("CI")
    assert UserApiKey.objects.get().description == "CI"
    assert "Other processes could not be told of a changed API key" in caplog.text


def test_nothing_is_kept_while_the_thread_has_no_time_for_a_message(monkeypatch):
    skip_unless(connection.vendor == "postgresql")
    has_time, heard, is_readable = threading.Event(), [], listener.is_readable
    has_time.set()

    def wait_for_time(descriptor, *, timeout):
        arrived = is_readable(descriptor, timeout=timeout)
        if timeout:  # a request does not wait
            has_time.wait()
        return arrived

    class Subscription(postgresql.PostgresqlSubscription):
        def receive(self):
            messages = super().receive()
            return sys.exit() if "the end" in messages else messages

    def hear(message):
        heard.append(listening.has_heard_all())

    def listen():
        with suppress(SystemExit):
            listening._run()

    monkeypatch.setattr(listener, "is_readable", wait_for_time)
    # Only one ping is sent, because a ping would also read the messages.
    monkeypatch.setattr(listener, "PING_SECONDS", 1000)
    monkeypatch.setattr(listener, "SILENCE_SECONDS", 1000)
    listening = listener.Listener(lambda: Subscription("default"), hear, lose=lambda: None)
    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        wait_until(listening.has_heard_all)
        has_time.clear()
        postgresql.notify("of a change", using="default")
        wait_until(lambda: not listening.has_heard_all())
        assert not heard
    finally:
        has_time.set()
    wait_until(lambda: heard and listening.has_heard_all())
    assert heard == [False]
    postgresql.notify("the end", using="default")
    thread.join()


def test_too_many_keys_for_one_message_are_told_of_as_all(user, monkeypatch):
    sent = []
    monkeypatch.setattr(invalidation, "_source", functools.cache(lambda _alias: "default"))
    monkeypatch.setattr(postgresql, "notify", lambda message, using: sent.append(message))
    send_rows_changed(UserApiKey, [uuid4() for _ in range(1000)], using="default")
    [message] = sent
    assert len(message) < 100
    cache.put("a", [1], subjects=[], read_at=cache.moment(), seconds=60)
    invalidation.hear(message)
    assert len(cache) == 0


def test_a_message_drops_what_was_read_from_its_rows(user):
    api_key, _value = user.api_keys.create_key()
    for name, subject in (("key", (UserApiKey, api_key.pk)), ("owner", (type(user), user.pk))):
        cache.put(name, [1], subjects=[subject], read_at=cache.moment(), seconds=60)
    invalidation.hear(json.dumps(["stack_apikeys.UserApiKey", [str(api_key.pk)]]))
    assert cache.get("key") is None
    assert cache.get("owner") == [1]
    invalidation.hear(json.dumps([type(user)._meta.label, [str(user.pk)]]))
    assert cache.get("owner") is None


def test_nobody_is_told_where_nothing_is_kept(user, settings, django_assert_num_queries):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": 0}
    with django_assert_num_queries(1):
        user.save(update_fields=["display_name"])
