"""Messages by publish and subscribe of Redis."""

import logging
from functools import lru_cache, partial
from typing import Any

from django.db import transaction

CHANNEL = "stack_apikeys"

_SECONDS = 5
"""The time that Redis has to answer."""

_logger = logging.getLogger("stack_apikeys")


def is_url(text: str) -> bool:
    """Return whether this is the URL of a Redis server."""
    return text.startswith(("redis://", "rediss://", "unix://"))


def publish_on_commit(url: str, message: str, *, using: str) -> None:
    """Publish the message when the current transaction is committed, or now outside of one."""
    transaction.on_commit(partial(_publish, url, message), using=using)


def _publish(url: str, message: str) -> None:
    from redis import RedisError

    try:
        _client(url).publish(CHANNEL, message)
    except RedisError as error:  # the change is committed, and must not fail any more
        _logger.error("Other processes could not be told of a changed API key: %s", error)  # noqa: TRY400


class RedisSubscription:
    """A connection that listens on the server."""

    def __init__(self, url: str) -> None:
        self._pubsub = _client(url).pubsub()
        try:
            self._pubsub.subscribe(CHANNEL)
            self._next(_SECONDS)
        except BaseException:
            self.close()
            raise

    def ping(self) -> list[str]:
        """Wait for an answer of the server, and return the messages that came before it."""
        self._pubsub.ping()
        messages = []
        while (received := self._next(_SECONDS))["type"] != "pong":
            messages += _messages(received)
        # The client may have buffered messages after the answer, so that the socket is not readable.
        return messages + self.receive()

    def receive(self) -> list[str]:
        """Return all messages that have arrived, and wait for the rest of one that has in part."""
        messages = []
        while self._pubsub.connection.can_read():
            received = self._pubsub.get_message(timeout=_SECONDS)
            if received is not None:
                messages += _messages(received)
        return messages

    def fileno(self) -> int:
        """Return the file descriptor from which the messages are read."""
        # The client has no public name for it. A connection that it replaces is given up.
        number: int = self._pubsub.connection._sock.fileno()  # noqa: SLF001
        return number

    def close(self) -> None:
        """Close the connection."""
        self._pubsub.close()

    def _next(self, seconds: float) -> dict[str, Any]:
        received: dict[str, Any] | None = self._pubsub.get_message(timeout=seconds)
        if received is None:
            raise ConnectionError("Redis does not answer.")
        return received


def _messages(received: dict[str, Any]) -> list[str]:
    if received["type"] == "subscribe":
        # The client may connect again by itself, and has missed what was published before.
        raise ConnectionError("The connection to Redis was replaced.")
    return [received["data"].decode()] if received["type"] == "message" else []


@lru_cache
def _client(url: str) -> Any:
    import redis  # only projects that name a server need the library

    # Not `decode_responses`, with which the client takes the answer to a ping for something else.
    return redis.Redis.from_url(url, socket_timeout=_SECONDS, socket_connect_timeout=_SECONDS)
