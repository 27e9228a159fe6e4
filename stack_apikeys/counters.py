"""Counters in Django's cache, each of the events in one window of a rate.

How exact they are depends on how the cache adds to a number: Redis and Memcached do so atomically
for all processes, the local-memory cache within one process.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from django.core.cache import BaseCache
from django.core.cache.backends.redis import RedisCacheClient

_BEFORE_BITS = 31
"""The lower bits of an entry of `CacheCounters`, which contain the count of the window before. The
window's own count is above them, so that it may become negative without changing the other one."""

MOST_EVENTS = 2**_BEFORE_BITS - 1
"""The highest number of events of a rate. Both counts then fit into the 64 bits of Redis."""


class Addition(NamedTuple):
    """A number of events to be added to the count of a window."""

    name: str
    before: str
    """The name of the window before."""
    number: int
    most: int
    """The most that the window before can have counted."""
    timeout: int
    """How long the count is needed, in seconds."""


class Counters(Protocol):
    """Counters in one cache. Their methods raise whatever the cache raises."""

    def add(self, additions: Sequence[Addition]) -> list[tuple[int, int]]:
        """Add to each of these counts; return each new count, and that of the window before."""

    def take_back(self, additions: Sequence[Addition]) -> None:
        """Undo `add`."""


def counters_in(cache: BaseCache) -> Counters:
    """Return the counters in this cache."""
    # `cache` may be Django's proxy of a cache, which has no class to be told by.
    client: Any = getattr(cache, "_cache", None)
    if isinstance(client, RedisCacheClient):
        # Its `get_client` makes a new object each time, which takes as long as to count.
        redis = vars(client).get("_stack_apikeys_redis")
        if redis is None:
            redis = vars(client)["_stack_apikeys_redis"] = client.get_client(None, write=True)
        return RedisCounters(redis, cache.make_key)
    client = getattr(cache, "client", None)
    if _is_of_django_redis(client):
        return RedisCounters(client.get_client(write=True), client.make_key)
    return CacheCounters(cache)


def _is_of_django_redis(client: Any) -> bool:
    # Its other clients send the commands about each key to a server of its own.
    return type(client).__module__.startswith("django_redis.client.") and (
        type(client).__name__ in {"DefaultClient", "SentinelClient"}
    )


class CacheCounters:
    """Counters in any cache.

    The entry of a window contains both numbers: its own count, and that of the window before, which
    cannot change any more. Each addition is therefore one ``incr`` of the cache, and only the first
    one in a window reads the entry of the window before.
    """

    def __init__(self, cache: BaseCache) -> None:
        self._cache = cache

    def add(self, additions: Sequence[Addition]) -> list[tuple[int, int]]:
        """Add to each of these counts; return each new count, and that of the window before."""
        return [divmod(self._add(each), 1 << _BEFORE_BITS) for each in additions]

    def take_back(self, additions: Sequence[Addition]) -> None:
        """Undo `add`."""
        for each in additions:
            with suppress(ValueError):  # the entry has been evicted
                self._cache.decr(each.name, each.number << _BEFORE_BITS)

    def _add(self, addition: Addition) -> int:
        name, number = addition.name, addition.number << _BEFORE_BITS
        with suppress(ValueError):  # the entry is missing
            return _as_number(self._cache.incr(name, number))
        before = int(self._cache.get(addition.before) or 0) >> _BEFORE_BITS
        entry = _between(0, before, addition.most) + number
        if self._cache.add(name, entry, timeout=addition.timeout):
            return entry
        # Another request has created it in the meantime.
        return _as_number(self._cache.incr(name, number))


class RedisCounters:
    """Counters in Redis, all of which take one round trip together.

    The methods of Django's `RedisCache` take two for each addition.
    """

    def __init__(self, client: Any, make_key: Callable[[str], str]) -> None:
        self._client = client
        self._make_key = make_key

    def add(self, additions: Sequence[Addition]) -> list[tuple[int, int]]:
        """Add to each of these counts; return each new count, and that of the window before."""
        with self._client.pipeline(transaction=False) as pipeline:
            pipeline.mget([self._make_key(each.before) for each in additions])
            for each in additions:
                self._add(pipeline, each, each.number)
            befores, *answers = pipeline.execute()
        return [
            (int(counted), _between(0, int(before or 0), each.most))
            for each, counted, before in zip(additions, answers[1::2], befores, strict=True)
        ]

    def take_back(self, additions: Sequence[Addition]) -> None:
        """Undo `add`."""
        with self._client.pipeline(transaction=False) as pipeline:
            for each in additions:
                self._add(pipeline, each, -each.number)
            pipeline.execute()

    def _add(self, pipeline: Any, addition: Addition, number: int) -> None:
        name = self._make_key(addition.name)
        pipeline.set(name, 0, ex=addition.timeout, nx=True)
        pipeline.incrby(name, number)


def _between(least: int, number: int, most: int) -> int:
    return min(max(number, least), most)


def _as_number(answer: Any) -> int:
    # Backends that are configured to ignore errors return None.
    if answer is None:
        raise ConnectionError("The cache did not answer.")
    return int(answer)
