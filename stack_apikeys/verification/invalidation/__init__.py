"""Tells every process that keeps verified keys which keys and owners have changed.

Without it, a process notices the change of another one when ``VERIFICATION_CACHE_SECONDS`` have
passed. With it, each process listens for messages, and uses its cache only while it hears them:

* on PostgreSQL by ``LISTEN``. The transaction that makes the change sends the message by
  ``NOTIFY``, so that it is sent if and when the change is committed;
* elsewhere by publish and subscribe of the Redis server that ``INVALIDATION`` names. The message is
  published as soon as the change is committed.

A process that has lost its connection drops what it keeps, and keeps nothing until it listens again.
"""

import functools
import json
import os
from collections.abc import Collection
from typing import Any

from django.apps import apps
from django.core import mail
from django.core.signals import setting_changed
from django.db import connections, router
from django.db.models import Model
from django.dispatch import receiver

from stack_apikeys.conf import conf
from stack_apikeys.models.changes import rows_changed
from stack_apikeys.verification.cache import cache
from stack_apikeys.verification.invalidation import postgresql, redis
from stack_apikeys.verification.invalidation.listener import Listener, Subscription

LONGEST_MESSAGE = 7_900
"""The maximum length of a message in bytes. PostgreSQL takes less than 8,000."""

_listeners: dict[str, Listener] = {}
os.register_at_fork(after_in_child=_listeners.clear)  # threads do not survive a fork


def is_up_to_date(alias: str) -> bool:
    """Return whether the cache may be used for keys in this database.

    The first call in a process starts the thread that listens, and returns False.
    """
    source = _source(alias)
    # A connection would keep a runner of tests from removing its database.
    if source is None or hasattr(mail, "outbox"):
        return True
    listener = _listeners.get(source)
    if listener is None:
        listener = _listeners.setdefault(
            source, Listener(functools.partial(_subscribe, source), hear, cache.clear)
        )
        listener.start_once()
    return listener.has_heard_all()


def _subscribe(source: str) -> Subscription:
    if redis.is_url(source):
        return redis.RedisSubscription(source)
    return postgresql.PostgresqlSubscription(source)


def hear(message: str) -> None:
    """Drop the entries of the rows that the message names."""
    label, primary_keys = json.loads(message)
    model = apps.get_model(label)
    if primary_keys is None:
        cache.clear()
    else:
        cache.forget([(model, model._meta.pk.to_python(each)) for each in primary_keys])


@receiver(rows_changed)
def tell(
    sender: type[Model], *, primary_keys: Collection[Any] | None, using: str, **_kwargs: object
) -> None:
    """Send a message about these rows, or about all of the model if ``primary_keys`` is None."""
    if not conf.VERIFICATION_CACHE_SECONDS:
        return
    source = _source(using)
    if source is None:
        return
    message = _message(sender, primary_keys)
    if len(message) > LONGEST_MESSAGE:
        message = _message(sender, None)
    if redis.is_url(source):
        redis.publish_on_commit(source, message, using=using)
    else:
        postgresql.notify(message, using=using)


def _message(model: type[Model], primary_keys: Collection[Any] | None) -> str:
    keys = None if primary_keys is None else [str(each) for each in primary_keys]
    return json.dumps([model._meta.label, keys])


@functools.cache
def _source(_alias: str) -> str | None:
    """Return what tells of changes of the rows in a database that keys are read from.

    This is the URL of a Redis server, the alias of a PostgreSQL database, or None. It is kept for
    each alias, because a router may choose the database by the tenant.
    """
    if conf.INVALIDATION is not None:
        return conf.INVALIDATION
    # The database may be a replica, on which LISTEN is not possible.
    written = router.db_for_write(apps.get_model("stack_apikeys.UserApiKey"))
    return written if connections[written].vendor == "postgresql" else None


@receiver(setting_changed)
def _forget_sources(*, setting: str, **_kwargs: Any) -> None:
    if setting in {"STACK_APIKEYS", "DATABASES", "DATABASE_ROUTERS"}:
        _source.cache_clear()
