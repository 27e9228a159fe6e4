"""The thread of a process that listens for messages."""

import logging
import math
import select
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Protocol

PING_SECONDS = 1.0
"""The time between two pings, by which a listener knows that it has heard everything before."""

SILENCE_SECONDS = 3.0
"""A listener does not count as one if the last answered ping was sent this long ago."""

LONGEST_PAUSE = 5.0
"""The maximum time between two attempts to connect, in seconds."""

_logger = logging.getLogger("stack_apikeys")


class Subscription(Protocol):
    """A connection on which messages arrive, in the order in which they were sent.

    Its methods raise an exception if the connection is lost.
    """

    def fileno(self) -> int:
        """Return the file descriptor from which the messages are read."""

    def ping(self) -> Iterable[str]:
        """Wait for an answer of the server, and return the messages that came before it."""

    def receive(self) -> Iterable[str]:
        """Return all messages that have arrived."""

    def close(self) -> None:
        """Close the connection."""


class Listener:
    """Calls ``hear`` for each message, and ``lose`` whenever messages may have been missed."""

    def __init__(
        self,
        subscribe: Callable[[], Subscription],
        hear: Callable[[str], None],
        lose: Callable[[], None],
    ) -> None:
        self._subscribe = subscribe
        self._hear = hear
        self._lose = lose
        self._descriptor: int | None = None
        """The file descriptor from which messages are read, or None without a connection."""
        self._is_reading = False
        """Whether messages are read at this moment. Stays true after an exception, so that a
        descriptor that was closed, and may belong to another file, lets nobody use the cache."""
        self._complete_at = float("-inf")
        self._starting = threading.Lock()

    def start_once(self) -> None:
        """Start the thread, unless another call has."""
        if self._starting.acquire(blocking=False):
            threading.Thread(target=self._run, name="stack_apikeys", daemon=True).start()

    def has_heard_all(self) -> bool:
        """Return whether every message was heard that has arrived, and none can be missing.

        A message can be missing if the last answered ping was sent ``SILENCE_SECONDS`` ago.
        """
        # Unread messages come first: what was read before was heard, or `_is_reading` is still set.
        return (
            not self._has_unread()
            and not self._is_reading
            and time.monotonic() - self._complete_at < SILENCE_SECONDS
        )

    def _has_unread(self) -> bool:
        """Return whether messages have arrived that the thread has not read yet."""
        descriptor = self._descriptor
        if descriptor is None:
            return True
        try:
            return is_readable(descriptor, timeout=0)
        except Exception:  # noqa: BLE001  # closed in the meantime, or an error of the platform
            return True

    def _run(self) -> None:
        pause = PING_SECONDS / 10
        while True:
            try:
                with closing(self._subscribe()) as subscription:
                    self._lose()  # what was read before
                    pause = PING_SECONDS / 10
                    _logger.info("Listening for changes of API keys.")
                    self._listen(subscription)
            except Exception as error:  # noqa: BLE001  # whatever the client raises
                self._complete_at = float("-inf")
                self._lose()
                _logger.warning(
                    "Not listening for changes of API keys, so none are kept in memory: %s: %s",
                    type(error).__name__,
                    error,
                )
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _listen(self, subscription: Subscription) -> None:
        self._descriptor = descriptor = subscription.fileno()
        try:
            while True:
                asked_at = time.monotonic()
                self._hear_all(subscription.ping)
                self._complete_at = asked_at
                while (seconds := asked_at + PING_SECONDS - time.monotonic()) > 0:
                    if is_readable(descriptor, timeout=seconds):
                        self._hear_all(subscription.receive)
        finally:
            self._descriptor = None

    def _hear_all(self, read: Callable[[], Iterable[str]]) -> None:
        self._is_reading = True
        for message in read():
            self._hear(message)
        self._is_reading = False


def is_readable(descriptor: int, *, timeout: float) -> bool:
    """Return whether the file descriptor can be read, after waiting for up to ``timeout`` seconds.

    Each call creates a poll object, because threads cannot share one.
    """
    if not hasattr(select, "poll"):  # Windows
        return bool(select.select([descriptor], [], [], timeout)[0])
    polled = select.poll()
    polled.register(descriptor, select.POLLIN)
    return bool(polled.poll(math.ceil(timeout * 1000)))
