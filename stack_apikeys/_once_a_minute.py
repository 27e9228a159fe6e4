"""What a process does at most once a minute, such as a warning about a server that is down."""

import math
import time

MINUTE = 60


class OnceAMinute:
    """Says whether a minute has passed, for each of several things by name."""

    def __init__(self) -> None:
        self._last: dict[str, float] = {}

    def is_due(self, name: str = "") -> bool:
        """Return whether this was not due in the last 60 seconds. It counts as done then."""
        now = time.monotonic()
        if now - self._last.get(name, -math.inf) < MINUTE:
            return False
        self._last[name] = now
        return True

    def forget(self) -> None:
        """Let everything be due at once. For tests."""
        self._last.clear()
