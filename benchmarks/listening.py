"""The thread that listens for changes: what it costs the requests of its process."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter, sleep
from unittest.mock import patch

from benchmarks.contenders import Contender

MESSAGES_PER_SECOND = 100

SEND = """
DO $$ BEGIN
    FOR number IN 1..20 LOOP
        PERFORM pg_notify('stack_apikeys', '["stack_apikeys.UserApiKey", ["' || gen_random_uuid() || '"]]');
        COMMIT;
        PERFORM pg_sleep(1.0 / %d);
    END LOOP;
END $$
"""
"""Tells of keys that nobody keeps. The server does the work, and not the process that is measured."""


def verify(contender: Contender, value: str, number: int) -> dict[str, float]:
    """Verify a key that is kept so often. PostgreSQL only.

    Returns the microseconds of one verification: ``alone``, beside a listener that is ``idle``, and
    beside one that hears `MESSAGES_PER_SECOND` (``busy``).
    """
    from stack_apikeys.verification import invalidation

    _wait_for_listener(value)
    with patch.object(invalidation, "_source", lambda _alias: None):
        alone = _time(value, number)
    idle = _time(value, number)
    with _messages():
        busy = _time(value, number)
    return {"alone": alone, "idle": idle, "busy": busy}


def _wait_for_listener(value: str) -> None:
    from stack_apikeys.verification import get_user, invalidation

    while not invalidation.is_up_to_date("default"):
        sleep(0.01)
    get_user(api_key=value)


def _time(value: str, number: int) -> float:
    from stack_apikeys.verification import get_user

    begin = perf_counter()
    for _ in range(number):
        get_user(api_key=value)
    return (perf_counter() - begin) / number * 1e6


@contextmanager
def _messages() -> Iterator[None]:
    """Send messages while the block runs."""
    from django.db import connection

    stop = threading.Event()

    def send() -> None:
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute(SEND % MESSAGES_PER_SECOND)
        connection.close()

    thread = threading.Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
