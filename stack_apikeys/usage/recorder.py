"""Counts in the memory of the process, and when they are written.

They are written after a response, by the thread that has sent it: at once if a key was used that
this process has not seen before, and otherwise at most once a minute, for all keys together. A
process that sees many keys for the first time, as after a restart of a big site, writes only some of
them at once, and one that uses very many keys in a minute writes more often. A process that gets no
further request writes by a timer, and one that ends in order at its end. So ``kill -9`` loses at most
the last minute.
"""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Hashable
from datetime import UTC, datetime
from operator import attrgetter
from uuid import UUID

from django.db import connections

from stack_apikeys._once_a_minute import OnceAMinute
from stack_apikeys.client_address import Source, address_from
from stack_apikeys.conf import conf
from stack_apikeys.usage.counts import Counts, Gathered
from stack_apikeys.usage.writing import write

logger = logging.getLogger("stack_apikeys.usage")

WRITE_EVERY = 60
"""The number of seconds between two writes of one process."""

MOST_AT_ONCE = 60
"""The maximum number of writes in a row that do not wait for the minute, because a key was new.
Otherwise a process of a site with millions of keys would write after most of its requests."""

MANY_KEYS = 5_000
"""The number of keys for which a write does not wait for the minute either."""

MOST_KEYS = 10_000
"""The maximum number of keys that are counted between two writes, so that a database that is down
does not fill the memory."""

MOST_SEEN = 30_000
"""The maximum number of keys whose first use is written at once. A process that uses more of them
writes the others with all that was counted in a minute."""

SEEN_FOR = 24 * 60 * 60
"""The number of seconds after which the next use of each key is written at once again. So a key that
is used after ``IDLE_DAYS`` is not taken for an idle one."""

MOST_CLAIMED = 1_000
"""The maximum number of ids among them that no accepted value has had. Anybody can invent such."""

MOST_WAITING = 500
"""The maximum number of accepted requests that are noted before they are counted together. To count
them one by one would take several times as long."""


class _Requests:
    """Accepted requests with the same key and from the same address, in one hour."""

    def __init__(self, key_id: UUID, kind: str, source: Source, timestamp: float) -> None:
        self.key_id, self.kind, self.source = key_id, kind, source
        self.first = self.last = timestamp
        self.number = 0

    def add_to(self, counts: Counts) -> None:
        first, last = (datetime.fromtimestamp(each, UTC) for each in (self.first, self.last))
        address = address_from(self.source, whole=True) if conf.USAGE_ADDRESSES else ""
        counts.accept(self.number, first, last, address)


class Recorder:
    """Counts the requests of this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: deque[tuple[UUID, str, float, Source]] = deque()
        """The arguments of `accept` that are not counted yet."""
        self._gathered: Gathered = {}
        self._seen: set[int] = set()
        """The keys whose use this process has written. Numbers are faster to look up than ids."""
        self._seen_since = time.monotonic()
        self._is_new = False
        """Whether a key has been used that is not among them."""
        self._at_once = 0
        """The number of writes in a row that did not wait for the minute, because a key was new."""
        self._has_failed = False
        """Whether the last write has failed."""
        self._written_at = time.monotonic()
        self._timer: threading.Timer | None = None
        self._warnings = OnceAMinute()

    def accept(self, key_id: UUID, kind: str, timestamp: float, source: Source) -> bool:
        """Note an accepted request, to be counted soon. ``timestamp`` is Unix time.

        Returns whether it will be written at once, because this process has not seen the key.
        """
        self._waiting.append((key_id, kind, timestamp, source))
        is_new = key_id.int not in self._seen and len(self._seen) < MOST_SEEN
        if is_new:
            self._is_new = True
        if self._timer is None or len(self._waiting) >= MOST_WAITING:
            with self._lock:
                self._count()
        return is_new

    def keep_path(self, key_id: UUID, path: str) -> None:
        """Keep the path of a request that `accept` has noted, for the log of a first use."""
        with self._lock:
            self._count()
            if key_id in self._gathered:
                counts = self._gathered[key_id]
                counts.first_path = counts.first_path or path

    def refuse(self, key_id: UUID, kind: str, moment: datetime, reason: str) -> None:
        """Count a refused request."""
        with self._lock:
            if key_id not in self._gathered and self._has_claimed_most():
                return
            counts = self._counts(key_id, kind)
            if counts is not None:
                counts.refuse(moment, reason)

    def gathered(self, key_id: UUID) -> Counts | None:
        """Return what is not written yet about a key."""
        with self._lock:
            self._count()
        return self._gathered.get(key_id)

    def write_if_due(self) -> bool:
        """Write what was counted if a key is new, keys are many, or the last write is a minute ago.

        After a write that failed, the next one waits for a minute in any case. Returns whether it
        was time to write.
        """
        if not self._is_due() or not (self._waiting or self._gathered):
            return False
        self.write()
        return True

    def _is_due(self) -> bool:
        if time.monotonic() - self._written_at >= WRITE_EVERY:
            self._at_once = 0
            return True
        if self._has_failed:
            return False
        if self._is_new and self._at_once < MOST_AT_ONCE:
            self._at_once += 1
            return True
        return len(self._gathered) >= MANY_KEYS

    def write(self) -> None:
        """Write what was counted. If that fails, keep what is not written for the next time."""
        with self._lock:
            self._is_new = False
            self._count()
            gathered, self._gathered = self._gathered, {}
            self._written_at = time.monotonic()
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._waiting:  # since they were counted, by a thread that saw the timer
                self._start_the_timer()
        if not gathered:
            return
        proven = [key_id.int for key_id, counts in gathered.items() if counts.is_proven]
        try:
            write(gathered)
        except Exception as error:  # noqa: BLE001  # each database has its own
            self._has_failed = True
            self._keep(gathered)
            self._warn(error)
        else:
            self._has_failed = False
            if time.monotonic() - self._seen_since >= SEEN_FOR:
                self._seen.clear()
                self._seen_since = time.monotonic()
            if len(self._seen) < MOST_SEEN:
                self._seen.update(proven)

    def forget(self) -> None:
        """Forget what was counted, and which keys have been seen. For tests."""
        with self._lock:
            self._waiting.clear()
            self._gathered = {}
            self._seen.clear()
            self._is_new = self._has_failed = False
            self._at_once = 0
            self._warnings.forget()

    def start_anew(self) -> None:
        """Forget what the parent process has counted, which writes it itself.

        Another of its threads may have held the lock, and its timer does not run in this process.
        """
        self._lock = threading.Lock()
        self._waiting.clear()
        self._gathered = {}
        self._is_new = False
        self._timer = None

    def _count(self) -> None:
        """Count the requests that wait, those of one key, address and hour together.

        The lock is held.
        """
        together: dict[Hashable, _Requests] = {}
        while self._waiting:
            key_id, kind, timestamp, source = self._waiting.popleft()
            name = key_id.int, source, timestamp // 3600
            requests = together.get(name)
            if requests is None:
                requests = together[name] = _Requests(key_id, kind, source, timestamp)
            requests.last = timestamp
            requests.number += 1
        for requests in sorted(together.values(), key=attrgetter("last")):
            counts = self._counts(requests.key_id, requests.kind)
            if counts is not None:
                requests.add_to(counts)

    def _counts(self, key_id: UUID, kind: str) -> Counts | None:
        """Return the counts of a key, or None if too many are waiting. The lock is held."""
        counts = self._gathered.get(key_id)
        if counts is None and len(self._gathered) < MOST_KEYS:
            counts = self._gathered[key_id] = Counts(kind)
            if self._timer is None:
                self._start_the_timer()
        return counts

    def _has_claimed_most(self) -> bool:
        # Each invented id would be compared with all others, if the total were not looked at first.
        return len(self._gathered) >= MOST_CLAIMED and (
            sum(not counts.is_proven for counts in self._gathered.values()) >= MOST_CLAIMED
        )

    def _start_the_timer(self) -> None:
        self._timer = threading.Timer(WRITE_EVERY, self._write_by_the_timer)
        self._timer.daemon = True
        self._timer.start()

    def _write_by_the_timer(self) -> None:
        self._at_once = 0
        self.write()
        connections.close_all()  # of this thread

    def _keep(self, gathered: Gathered) -> None:
        with self._lock:
            later, self._gathered = self._gathered, gathered
            for key_id, counts in later.items():
                if key_id in self._gathered:
                    self._gathered[key_id].add(counts)
                elif len(self._gathered) < MOST_KEYS:
                    self._gathered[key_id] = counts
            if self._timer is None:
                self._start_the_timer()

    def _warn(self, error: Exception) -> None:
        if self._warnings.is_due():
            logger.warning("The usage of API keys could not be written.", exc_info=error)


recorder = Recorder()


atexit.register(recorder.write)
if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=recorder.start_anew)
