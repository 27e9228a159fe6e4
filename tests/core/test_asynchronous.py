"""The threads and connections of asynchronous callers, inside and outside of requests."""

import asyncio
import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from asgiref.sync import ThreadSensitiveContext, async_to_sync

from stack_apikeys import _asynchronous as asynchronous
from stack_apikeys._asynchronous import THREADS, run_in_thread
from stack_apikeys.verification import averify_api_key
from tests import ROOT
from tests.factories import UserFactory
from tests.parallel import close_connections
from tests.server import PATIENCE


@pytest.fixture
def closings(monkeypatch):
    """The threads in which old connections were closed."""
    threads = []
    monkeypatch.setattr(
        asynchronous,
        "close_old_connections",
        lambda: threads.append(threading.get_ident()),
    )
    return threads


@pytest.fixture
def one_thread(monkeypatch):
    """One thread instead of several, whose connection is closed after the test."""
    with ThreadPoolExecutor(1) as thread:
        monkeypatch.setattr(asynchronous, "_threads", lambda: thread)
        yield
        thread.submit(close_connections).result()


def test_callers_outside_of_a_request_do_not_wait_for_each_other(closings):
    everybody = threading.Barrier(THREADS, timeout=PATIENCE)

    async def call_at_once():
        await asyncio.gather(*(run_in_thread(everybody.wait) for _ in range(THREADS)))

    asyncio.run(call_at_once())


def test_old_connections_are_closed_before_and_after_a_call_outside_of_a_request(closings):
    seen = []

    def work():
        seen.append((threading.get_ident(), len(closings)))
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(run_in_thread(work))
    [(thread, closed_before)] = seen
    assert closed_before == 1
    assert closings == [thread, thread]
    assert thread != threading.get_ident()


def test_in_a_request_a_call_runs_in_the_thread_of_the_request(closings):
    async def request():
        async with ThreadSensitiveContext():
            return {await run_in_thread(threading.get_ident) for _ in range(5)}

    assert len(asyncio.run(request())) == 1
    assert not closings


def test_for_a_synchronous_caller_a_call_runs_in_the_callers_thread(closings):
    async def in_a_task():
        return await asyncio.create_task(run_in_thread(threading.get_ident))

    assert async_to_sync(run_in_thread)(threading.get_ident) == threading.get_ident()
    assert async_to_sync(in_a_task)() == threading.get_ident()
    assert not closings


def test_a_forked_process_has_threads_of_its_own():
    program = (
        "import asyncio, os\n"
        "from stack_apikeys._asynchronous import run_in_thread\n"
        "call = lambda: asyncio.run(run_in_thread(os.getpid))\n"
        "assert call() == os.getpid()\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(int(call() != os.getpid()))\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
    )
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],  # Python warns about forks of threads
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "tests.settings"},
        timeout=PATIENCE,
        check=True,
    )


@pytest.mark.django_db(transaction=True)
def test_keys_are_created_verified_and_revoked_outside_of_a_request(one_thread):
    user = UserFactory()

    async def live():
        api_key, value = await user.api_keys.acreate_key(description="CI")
        await api_key.arename("CI, staging")
        verified = await averify_api_key(value)
        await api_key.arevoke(reason="done")
        return verified

    verified = asyncio.run(live())
    assert (verified.user, verified.description) == (user, "CI, staging")
    assert user.api_keys.get().revoked_reason == "done"


@pytest.mark.django_db(transaction=True)
def test_revoking_many_keys_outside_of_a_request_closes_old_connections(one_thread, closings):
    user = UserFactory()
    user.api_keys.bulk_create_keys(2)
    assert asyncio.run(user.api_keys.all().arevoke(reason="leak")) == 2
    assert len(closings) == 2
    assert user.api_keys.revoked().count() == 2
