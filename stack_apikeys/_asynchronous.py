"""Runs the app's synchronous code for asynchronous callers.

In a request, Django runs synchronous code in one thread, and closes old database connections before
and after the request. For other callers, such as an application of another framework in the same
process, this module does the same: it has threads in which old connections are closed before and
after each call, and several of them, so that callers do not wait for each other.
"""

import asyncio
import functools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from asgiref.sync import AsyncToSync, SyncToAsync, sync_to_async
from django.db import close_old_connections

T = TypeVar("T")

THREADS = 10
"""The maximum number of calls outside of requests that run at the same time in a process.

Each thread has its own database connections.
"""


async def run_in_thread(function: Callable[[], T]) -> T:
    """Run the function in a thread and return its result.

    The function takes no arguments, because asgiref keeps arguments in local variables, which error
    reports show.
    """
    if _has_a_thread():
        return await sync_to_async(function)()
    run = sync_to_async(_with_clean_connections, thread_sensitive=False, executor=_threads())
    return await run(function)


def _has_a_thread() -> bool:
    """Return True if a Django request or a synchronous caller provides a thread for this code.

    The connections of such a thread may be in a transaction, and its owner closes them.
    """
    return (
        SyncToAsync.thread_sensitive_context.get(None) is not None
        or getattr(AsyncToSync.executors, "current", None) is not None
        or asyncio.get_running_loop() in AsyncToSync.loop_thread_executors
    )


def _with_clean_connections(function: Callable[[], T]) -> T:
    close_old_connections()
    try:
        return function()
    finally:
        close_old_connections()


@functools.cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="stack_apikeys")


# A forked process has no copies of these threads.
os.register_at_fork(after_in_child=_threads.cache_clear)
