"""The thread of a process that listens for messages."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import closing
from typing import Protocol

PING_SECONDS = 1.0
"""After this time without a message, a listener asks whether its connection still works."""

SILENCE_SECONDS = 3.0
"""A listener that has heard nothing for this time, not even an answer, does not count as one."""

LONGEST_PAUSE = 5.0
"""The maximum time between two attempts to connect, in seconds."""

_logger = logging.getLogger("stack_apikeys")


class Subscription(Protocol):
    """A connection on which messages arrive."""

    def receive(self, seconds: float) -> Iterable[str]:
        """Wait up to so many seconds for messages, and return them.

        Also checks that the connection still works, and raises an exception if it does not.
        """

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
        self._heard_at = float("-inf")
        self._starting = threading.Lock()

    def start_once(self) -> None:
        """Start the thread, unless another call has."""
        if self._starting.acquire(blocking=False):
            threading.Thread(target=self._run, name="stack_apikeys", daemon=True).start()

    def is_listening(self) -> bool:
        """Return whether every message up to now was heard, but for those under way."""
        return time.monotonic() - self._heard_at < SILENCE_SECONDS

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
                self._heard_at = float("-inf")
                self._lose()
                _logger.warning(
                    "Not listening for changes of API keys, so none are kept in memory: %s: %s",
                    type(error).__name__,
                    error,
                )
            time.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE)

    def _listen(self, subscription: Subscription) -> None:
        while True:
            self._heard_at = time.monotonic()
            for message in subscription.receive(PING_SECONDS):
                self._hear(message)
