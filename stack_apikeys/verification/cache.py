"""The process cache of verifications, which is off unless ``VERIFICATION_CACHE_SECONDS`` is set.

A change that this process makes to a key or its owner through their models takes effect at once, and
one by another process as soon as `stack_apikeys.verification.invalidation` tells of it. A change by
raw SQL, or by ``QuerySet.update()`` on a model of the project, takes effect within
``VERIFICATION_CACHE_SECONDS``.

An entry consists of the columns of a key and its owner, and is found by the digest of the key's
value. It contains no instances, so no two requests ever share an object.
"""

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from functools import partial
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.db import connections, transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone
from django.utils.module_loading import import_string

from stack_apikeys.conf import conf, configured
from stack_apikeys.models.changes import rows_changed, send_rows_changed

LONGEST_SECONDS = 60
"""The maximum of ``VERIFICATION_CACHE_SECONDS``; higher values have the effect of this one."""

SIZE = 10_000
"""The maximum number of entries, each of some kilobytes. The least recently used one is dropped."""

Subject = tuple[type[Model], Hashable]
"""The model and primary key of a row that an entry was read from."""

_IMMUTABLE = (
    *(str, bytes, bool, int, float, Decimal, UUID, NoneType),
    *(datetime, date, time_of_day, timedelta),
)


class Moment(NamedTuple):
    """When something was read: the monotonic clock, and the number of invalidations so far."""

    seconds: float
    forgotten: int


class _Entry(NamedTuple):
    """Columns, the rows they were read from, and when the entry expires."""

    values: Sequence[Any]
    is_shareable: bool
    subjects: Sequence[Subject]
    ends_at: float


class VerificationCache:
    """Entries by name. Its methods are safe to call from several threads."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._names: dict[Subject, set[Hashable]] = {}
        self._forgotten = 0
        self._settings: object = None

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, name: Hashable) -> Sequence[Any] | None:
        """Return the columns of the entry with this name, or None. The caller may change them."""
        with self._lock:
            entry = self._entries.get(name)
            if entry is None:
                return None
            if entry.ends_at <= time.monotonic():
                self._drop(name)
                return None
            self._entries.move_to_end(name)
        return entry.values if entry.is_shareable else copy.deepcopy(entry.values)

    def moment(self) -> Moment:
        """Return the present. Call it before reading the columns that are passed to `put`."""
        return Moment(time.monotonic(), self._forgotten)

    def put(
        self,
        name: Hashable,
        values: Sequence[Any],
        *,
        subjects: Sequence[Subject],
        read_at: Moment,
        seconds: float,
    ) -> None:
        """Store columns for the given number of seconds after they were read.

        Does nothing if anything was forgotten in the meantime: the values may be stale.
        """
        is_shareable = all(isinstance(value, _IMMUTABLE) for value in values)
        entry = _Entry(
            values if is_shareable else copy.deepcopy(values),
            is_shareable,
            subjects,
            read_at.seconds + seconds,
        )
        with self._lock:
            if read_at.forgotten != self._forgotten:
                return
            if name in self._entries:
                self._drop(name)
            self._entries[name] = entry
            for subject in subjects:
                self._names.setdefault(subject, set()).add(name)
            if len(self._entries) > self._size:
                self._drop(next(iter(self._entries)))

    def forget(self, subjects: Iterable[Subject]) -> None:
        """Drop all entries that were read from these rows."""
        with self._lock:
            self._forgotten += 1
            for subject in subjects:
                for name in list(self._names.get(subject, ())):
                    self._drop(name)

    def clear(self) -> None:
        """Drop all entries."""
        with self._lock:
            self._forgotten += 1
            self._entries.clear()
            self._names.clear()

    def clear_if_changed(self, settings: object) -> None:
        """Drop all entries if these are other settings than those of the previous call."""
        if settings is not self._settings:
            self.clear()
            self._settings = settings

    def _drop(self, name: Hashable) -> None:
        for subject in self._entries.pop(name).subjects:
            names = self._names[subject]
            names.discard(name)
            if not names:
                del self._names[subject]


cache = VerificationCache()
"""The cache of this process."""

_DJANGOS_OWN_BACKENDS = ("django.db.backends.", "django.contrib.gis.db.backends.")
"""Engines that read the same rows as long as their settings do not change."""


def has_known_tenant(alias: str) -> bool:
    """Return whether `namespace` can tell which tenant's rows the connection reads."""
    connection = connections[alias]
    return (
        conf.VERIFICATION_CACHE_NAMESPACE is not None
        or hasattr(connection, "schema_name")
        or connection.settings_dict["ENGINE"].startswith(_DJANGOS_OWN_BACKENDS)
    )


def namespace(alias: str) -> Hashable | None:
    """Return a name for the rows that the connection reads now, or None if it is not known."""
    if not has_known_tenant(alias):
        return None
    path = conf.VERIFICATION_CACHE_NAMESPACE
    chosen = import_string(path)() if path is not None else ""
    if chosen is None:
        return None
    connection = connections[alias]
    database = connection.settings_dict
    schema = getattr(connection, "schema_name", None)
    return database["NAME"], database["HOST"], database["PORT"], schema, chosen


def seconds_until(expires_at: datetime | None) -> float:
    """Return for how many seconds an entry of a key with this expiry may be used."""
    seconds = min(conf.VERIFICATION_CACHE_SECONDS, LONGEST_SECONDS)
    if expires_at is None:
        return seconds
    return min(seconds, (expires_at - timezone.now()).total_seconds())


@receiver(rows_changed)
def _forget_changed(
    sender: type[Model], *, primary_keys: Collection[Any] | None, using: str, **_kwargs: object
) -> None:
    """Drop the entries of these rows, or all entries if ``primary_keys`` is None.

    Drop them now, and again when the transaction commits: until then other threads read the old
    rows, and may store them.
    """
    cache.clear_if_changed(configured())
    if not conf.VERIFICATION_CACHE_SECONDS:
        return
    drop: Callable[[], None] = cache.clear
    if primary_keys is not None:
        drop = partial(cache.forget, [(sender, each) for each in primary_keys])
    drop()
    transaction.on_commit(drop, using=using)


def watch(model: type[Model]) -> None:
    """Drop the entries of a row of this model whenever the row is saved or deleted.

    Django sends the signals for the class of the instance only. It may be a proxy of ``model``, or
    a parent or a child of it in multi-table inheritance, so those are watched too.
    """
    for sender in apps.get_models():
        if issubclass(sender, model) or issubclass(model, sender):
            for signal in (post_save, post_delete):
                signal.connect(
                    partial(_forget_instance, model),
                    sender=sender,
                    weak=False,
                    dispatch_uid=("stack_apikeys.verification.cache", model),
                )


def _forget_instance(model: type[Model], *, instance: Model, using: str, **_kwargs: object) -> None:
    if isinstance(instance, model):
        # Not `pk`, which for a child of the model may be another column.
        primary_keys = [getattr(instance, model._meta.pk.attname)]
    else:
        primary_keys = None
    send_rows_changed(model, primary_keys, using=using)
