"""Rate limits, counted in Django's cache.

Events are counted in sliding windows. Time is divided into windows of the length of the rate, which
begin at whole multiples of it since 1970. What the window before has counted is weighed by how much
of it is less than one length ago: 15 seconds after the beginning of a minute, three quarters of the
last minute's events count.

Whether events at the same moment are all counted depends on the cache: Redis and Memcached count
them for all processes, the local-memory cache within one process. See `stack_apikeys.counters`.
"""

import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal, NamedTuple

from django.core.cache import BaseCache
from django.core.cache import cache as default_cache
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac
from django.utils.encoding import escape_uri_path
from django.utils.log import log_response

from stack_apikeys._once_a_minute import OnceAMinute
from stack_apikeys.conf import ON_CACHE_FAILURE, conf
from stack_apikeys.counters import Addition, counters_in
from stack_apikeys.exceptions import LimitUnavailable, RateLimited

logger = logging.getLogger(__name__)

Kind = Literal[
    "api_key", "create", "email", "guess", "key", "session", "sign_in", "sign_up", "team_create"
]
"""The kinds of events that are limited; they are also the keys of ``ON_CACHE_FAILURE``."""

UNAVAILABLE_FOR = 10
"""The ``Retry-After`` of a response, in seconds, if the cache fails."""

KEPT_AFTER = 60
"""How long an entry is kept after it was last needed, in seconds, for servers whose clocks differ."""

_SECONDS = {"s": 1, "m": 60, "h": 60 * 60, "d": 24 * 60 * 60}


class Rate(NamedTuple):
    """A number of events that are allowed in a number of seconds."""

    events: int
    seconds: int

    @classmethod
    def parse(cls, text: str) -> "Rate":
        """Parse a rate in DRF's syntax, such as ``"120/min"``.

        As in DRF, only the first letter of the period is significant.
        """
        events, period = text.split("/")
        return cls(int(events), _SECONDS[period[0]])


class Window(NamedTuple):
    """A moment, seen from the window of a rate that contains it."""

    number: int
    """The number of the window since 1970."""
    elapsed: int
    """How long ago it began, in milliseconds."""
    length: int
    """How long it lasts, in milliseconds."""

    @classmethod
    def at(cls, timestamp: float, seconds: int) -> "Window":
        """Return the window of this length that contains the Unix time ``timestamp``."""
        length = seconds * 1000
        return cls(*divmod(int(timestamp * 1000), length), length)

    def weigh(self, before: int) -> int:
        """Return how many of the events in the window before still count."""
        return before * (self.length - self.elapsed) // self.length

    def until_weighs(self, most: int, before: int) -> int:
        """Return the first moment of a window in which `weigh` is at most ``most``."""
        if before <= most:
            return 0
        return self.length - ((most + 1) * self.length - 1) // before


class Quota(NamedTuple):
    """What a rate leaves after an event was counted or refused."""

    rate: Rate
    remaining: int
    """How many events are still allowed now."""
    wait: int
    """The number of seconds until an event that was refused is allowed; 0 if it was not refused."""
    reset: int
    """The number of seconds until the window ends or, if nothing remains, until something does."""

    @classmethod
    def of(cls, rate: Rate, window: Window, before: int, counted: int, cost: int) -> "Quota":
        """Return the quota after an event of this cost, which ``counted`` includes."""
        used = counted + window.weigh(before)
        if used > rate.events:
            used -= cost
            wait = _wait(rate, window, before, counted - cost, cost)
            return cls(rate, max(rate.events - used, 0), wait, wait)
        remaining = rate.events - used
        reset = (
            _seconds(window.length - window.elapsed)
            if remaining
            else _wait(rate, window, before, counted, 1)
        )
        return cls(rate, remaining, 0, reset)

    def without(self, cost: int) -> "Quota":
        """Return the quota after an event of this cost was given back."""
        return self._replace(remaining=self.remaining + min(cost, self.rate.events))


def _wait(rate: Rate, window: Window, before: int, counted: int, cost: int) -> int:
    """Return the number of seconds until an event of this cost is allowed."""
    room = rate.events - cost
    if counted <= room:
        return _seconds(window.until_weighs(room - counted, before) - window.elapsed)
    in_next = window.until_weighs(room, min(counted, rate.events))
    return _seconds(window.length - window.elapsed + in_next)


def _seconds(milliseconds: int) -> int:
    return -(-milliseconds // 1000)


class Limit:
    """A limit on how often events of one kind may happen.

    ``subject`` says whose events are counted together, such as the primary key of a user or an IP
    address. The cache stores only a keyed hash of it. If ``rate`` is None, nothing is limited.
    """

    timer = staticmethod(time.time)

    def __init__(
        self,
        kind: Kind,
        rate: Rate | str | None,
        *subject: str,
        cache: BaseCache = default_cache,
    ) -> None:
        self.kind = kind
        self.rate = Rate.parse(rate) if isinstance(rate, str) else rate
        self.subject = subject
        self.cache = cache
        self._counted: Sequence[Addition] = ()

    def take(self) -> None:
        """Count an event, or refuse it.

        Raises `RateLimited` if the rate is exceeded, and `LimitUnavailable` if the cache fails and
        ``ON_CACHE_FAILURE`` refuses events of this kind.
        """
        with on_cache_failure(self.kind):
            self.count()

    def count(self) -> None:
        """Count an event. Raises `RateLimited`, or whatever the cache raises.

        Call this, and `give_back`, inside `on_cache_failure`.
        """
        if self.rate is not None and (wait := self.add(self.rate).wait):
            raise RateLimited(wait=str(wait))

    def add(self, rate: Rate, cost: int = 1) -> Quota:
        """Count an event, unless the rate refuses it. Raises whatever the cache raises."""
        [quota] = self.add_to_all([rate], cost)
        return quota

    def add_to_all(self, rates: Sequence[Rate], cost: int = 1) -> list[Quota]:
        """Count an event by each of the rates, or by none if one refuses it; return what they leave.

        An event whose cost is more than a whole rate costs the whole rate. Raises whatever the
        cache raises.
        """
        now = self.timer()
        windows = [Window.at(now, rate.seconds) for rate in rates]
        additions = self._additions(rates, windows, cost)
        counts = counters_in(self.cache).add(additions)
        self._counted = additions
        quotas = [
            Quota.of(rate, window, before, counted, addition.number)
            for rate, window, addition, (counted, before) in zip(
                rates, windows, additions, counts, strict=True
            )
        ]
        if any(quota.wait for quota in quotas):
            # What was refused must not keep out what comes later.
            self.give_back()
            quotas = [quota if quota.wait else quota.without(cost) for quota in quotas]
        return quotas

    def give_back(self) -> None:
        """Undo the last `count`, unless it was refused. Raises whatever the cache raises."""
        if self._counted:
            counted, self._counted = self._counted, ()
            counters_in(self.cache).take_back(counted)

    def _additions(
        self, rates: Sequence[Rate], windows: Sequence[Window], cost: int
    ) -> list[Addition]:
        name = cache_key(self.kind, *self.subject)
        return [
            Addition(
                name=f"{name}:{rate.seconds}:{window.number}",
                before=f"{name}:{rate.seconds}:{window.number - 1}",
                number=min(cost, rate.events),
                most=rate.events,
                timeout=2 * rate.seconds + KEPT_AFTER,
            )
            for rate, window in zip(rates, windows, strict=True)
        ]


def cache_key(*parts: str) -> str:
    """Return a cache key that does not reveal the parts it is made from."""
    return salted_hmac("stack_apikeys.limits", json.dumps(parts), algorithm="sha256").hexdigest()


@contextmanager
def on_cache_failure(kind: Kind) -> Iterator[None]:
    """Apply ``ON_CACHE_FAILURE`` if the cache fails in the block; the rest of it is then skipped.

    The block should do nothing but count events and use the cache, since every exception except
    `RateLimited` is taken for a failure of the cache. Raises `LimitUnavailable` if the setting is
    ``"refuse"`` for this kind.
    """
    try:
        yield
    except RateLimited:
        raise
    except Exception as error:  # each cache backend has its own exceptions
        action = {**ON_CACHE_FAILURE, **conf.ON_CACHE_FAILURE}[kind]
        _warn(kind, action, error)
        if action == "refuse":
            raise LimitUnavailable(wait=str(UNAVAILABLE_FOR)) from error


def log_as_warning(response: HttpResponse, request: HttpRequest) -> None:
    """Log that a limit refused the request, before Django does.

    Django logs a 503 as an error, and so would mail each one to ``ADMINS``.
    """
    log_response(
        "%s: %s",
        response.reason_phrase,
        escape_uri_path(request.path),
        response=response,
        request=request,
        level="warning",
    )


_warnings = OnceAMinute()


def _warn(kind: Kind, action: str, error: Exception) -> None:
    """Log the failure, at most once a minute for each kind of limit."""
    if not _warnings.is_due(kind):
        return
    logger.warning(
        "The cache failed, so the rate limit %r cannot be checked. Requests that it limits are %s.",
        kind,
        "refused" if action == "refuse" else "allowed",
        exc_info=error,
    )
