"""What happens to counts if they cannot be written, or if the process forks."""

import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from stack_apikeys import _once_a_minute
from stack_apikeys.usage import recorder as recording
from stack_apikeys.usage import writing
from stack_apikeys.usage.models import KeyUsage
from stack_apikeys.usage.recorder import WRITE_EVERY
from tests import ROOT

READ_ONLY = {
    "sqlite": ("PRAGMA query_only = ON", "PRAGMA query_only = OFF"),
    "postgresql": (
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY",
        "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE",
    ),
    "mysql": ("SET SESSION TRANSACTION READ ONLY", "SET SESSION TRANSACTION READ WRITE"),
}


@pytest.fixture
def passing(monkeypatch):
    """A function that lets so many seconds pass for the recorder."""
    clock = [round(recording.time.monotonic())]  # whole seconds add up exactly
    monkeypatch.setattr(recording.recorder, "_written_at", clock[0])
    for module in (recording, _once_a_minute):
        monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def let_pass(seconds):
        clock[0] += seconds

    return let_pass


@pytest.fixture
def read_only(transactional_db):
    """A function that switches writing off, and on again."""

    def switch(*, on):
        execute(READ_ONLY[connection.vendor][not on])
        if on:
            connection_created.connect(forbid)
        else:
            connection_created.disconnect(forbid)

    def execute(sql):
        with connection.cursor() as cursor:
            cursor.execute(sql)

    def forbid(connection, **_):
        execute(READ_ONLY[connection.vendor][0])

    yield switch
    switch(on=False)


def warnings(caplog):
    return [each for each in caplog.records if each.name == "stack_apikeys.usage"]


def test_a_read_only_database_stops_no_request_and_loses_nothing(
    user, use, read_only, passing, caplog
):
    values = [user.api_keys.create_key()[1] for _ in range(3)]
    read_only(on=True)
    for value in [*values, *values]:
        assert use(value).status_code == 200
    [warning] = warnings(caplog)
    assert warning.getMessage() == "The usage of API keys could not be written."
    passing(WRITE_EVERY - 1)
    use(values[0])
    assert len(warnings(caplog)) == 1
    passing(1)
    use(values[0])
    assert len(warnings(caplog)) == 2
    read_only(on=False)
    passing(WRITE_EVERY)
    use(values[0])
    assert len(warnings(caplog)) == 2
    assert sorted(KeyUsage.objects.values_list("accepted", flat=True)) == [2, 2, 5]


@pytest.mark.django_db
def test_all_that_was_counted_in_a_minute_is_written_together(user, use, passing):
    values = [user.api_keys.create_key()[1] for _ in range(2)]
    for value in values * 3:
        use(value)

    def accepted():
        return [*KeyUsage.objects.values_list("accepted", flat=True)]

    assert accepted() == [1, 1]
    passing(WRITE_EVERY - 1)
    use(values[0])
    assert accepted() == [1, 1]
    passing(1)
    use(values[0])
    assert sorted(accepted()) == [3, 5]


@pytest.mark.django_db
def test_after_a_failure_a_minute_passes_before_the_next_try(
    user, use, passing, monkeypatch, caplog
):
    tries = []

    def fail(gathered):
        tries.append(sum(counts.accepted for counts in gathered.values()))
        raise OSError

    monkeypatch.setattr(recording, "write", fail)
    _api_key, value = user.api_keys.create_key()
    for _ in range(5):
        use(value)
    assert tries == [1]
    passing(WRITE_EVERY)
    use(value)
    assert tries == [1, 6]
    assert len(warnings(caplog)) == 2


@pytest.mark.django_db(transaction=True)
def test_connections_are_closed_as_after_a_request(user, use, monkeypatch):
    _api_key, value = user.api_keys.create_key()
    closed = []
    monkeypatch.setattr(
        BaseDatabaseWrapper,
        "close_if_unusable_or_obsolete",
        lambda self: closed.append(self.alias),
    )
    use(value)
    assert closed == ["default"]
    use(value)
    assert closed == ["default"]  # nothing was written
    with transaction.atomic():
        use(user.api_keys.create_key()[1])
    assert closed == ["default"]
    assert KeyUsage.objects.count() == 2


FORK = """
import os, signal, sys, threading
import django

django.setup()

from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.core.signals import request_finished
from django.db import connections
from django.test import RequestFactory
from stack_apikeys.usage.models import KeyUsage
from stack_apikeys.usage.recorder import recorder
from stack_apikeys.verification import verify_api_key


def use(times):
    for _ in range(times):
        verify_api_key(value, request=RequestFactory().get("/"))


call_command("migrate", verbosity=0)
user = get_user_model().objects.create(email="ada@example.com")
api_key, value = user.api_keys.create_key()
use(1)
request_finished.send(None)  # writes the first use
use(10)
connections.close_all()
with recorder._lock:  # as another thread may hold it
    child = os.fork()
    if not child:
        signal.alarm(60)
        recorder._written_at -= 3600
        request_finished.send(None)
        assert KeyUsage.objects.get().accepted == 1, "what the parent had counted was written"
        use(100)
        assert api_key.usage.accepted == 101
        sys.exit()  # in order
_pid, status = os.waitpid(child, 0)
assert status == 0, status
assert KeyUsage.objects.get().accepted == 101
use(1000)
sys.exit()
"""

READ = """
import django

django.setup()

from stack_apikeys.usage.models import KeyUsage

print(KeyUsage.objects.get().accepted)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_writes_only_what_it_has_counted_itself(tmp_path):
    environment = os.environ | {
        "DATABASE_URL": f"sqlite:///{tmp_path / 'db.sqlite3'}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "PYTHONPATH": str(ROOT),
    }

    def run(code):
        return subprocess.run(
            [sys.executable, "-c", code],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    process = run(FORK)
    assert process.returncode == 0, process.stderr
    assert run(READ).stdout == "1111\n"


def test_what_was_written_before_a_failure_is_not_written_again(user, use, monkeypatch, passing):
    monkeypatch.setattr(writing, "MOST_TOGETHER", 2)
    monkeypatch.setattr(recording, "MOST_AT_ONCE", 0)
    for _ in range(5):
        _api_key, value = user.api_keys.create_key()
        use(value)
    write_together, calls = writing._write_together, []

    def fail_once(gathered):
        calls.append([*gathered])
        if len(calls) == 2:
            raise OSError
        write_together(gathered)

    monkeypatch.setattr(writing, "_write_together", fail_once)
    recording.recorder.write()
    assert KeyUsage.objects.count() == 2
    recording.recorder.write()
    assert [*KeyUsage.objects.values_list("accepted", flat=True)] == [1] * 5
    assert [len(each) for each in calls] == [2, 2, 2, 1]
    assert calls[1] == calls[2]
