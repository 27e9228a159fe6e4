"""What verifications have read, kept in this process for as long as the settings allow.

Nothing is kept unless ``STACK_APIKEYS["VERIFICATION_CACHE_SECONDS"]`` says so. What this process
does to a key or to its owner through their models takes effect at once; what another process does,
or raw SQL, or ``QuerySet.update`` on a host's own model, within those seconds.

An entry has the columns of a key and of its owner, as a query has returned them, and is found by
the digest of the key's value. Each verification builds a key and an owner of its own from them and
looks anew whether these are usable, so no two requests ever share an object.
"""

import copy
import threading
import time
from collections import OrderedDict
from collections.abc import Hashable, Iterable, Sequence
from datetime import date, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from functools import partial
from types import NoneType
from typing import Any, NamedTuple
from uuid import UUID

from django.apps import apps
from django.core.signals import setting_changed
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver
from django.utils import timezone

from stack_apikeys.conf import conf

LONGEST_SECONDS = 60
"""How long a revocation may go unseen by another process, whatever the settings say."""

SIZE = 10_000
"""How many keys are kept at most, some kilobytes each. Of more, the one that was not asked for
for longest goes."""

Subject = tuple[type[Model], Hashable]
"""A row that an entry was made of: its model and primary key."""

_IMMUTABLE = (
    *(str, bytes, bool, int, float, Decimal, UUID, NoneType),
    *(datetime, date, time_of_day, timedelta),
)


class Moment(NamedTuple):
    """When something was read: by the clock, and how often anything had been forgotten by then."""

    seconds: float
    forgotten: int


class Entry(NamedTuple):
    """Columns, the rows that they are from, and how long they may be used."""

    values: Sequence[Any]
    is_shareable: bool
    subjects: Sequence[Subject]
    ends_at: float


class VerificationCache:
    """Entries by name, safe to use from several threads at once."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._entries: OrderedDict[Hashable, Entry] = OrderedDict()
        self._names: dict[Subject, set[Hashable]] = {}
        self._forgotten = 0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, name: Hashable) -> Sequence[Any] | None:
        """The columns that are kept under this name, nobody else's to change, or None."""
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
        """The present, to be taken before reading what shall be kept."""
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
        """Keep the columns until ``seconds`` after they were read.

        Does nothing where anything was forgotten since: it may have been what they say.
        """
        is_shareable = all(isinstance(value, _IMMUTABLE) for value in values)
        entry = Entry(
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
        """Drop all that was made of these rows."""
        with self._lock:
            self._forgotten += 1
            for subject in subjects:
                for name in list(self._names.get(subject, ())):
                    self._drop(name)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._forgotten += 1
            self._entries.clear()
            self._names.clear()

    def _drop(self, name: Hashable) -> None:
        for subject in self._entries.pop(name).subjects:
            names = self._names[subject]
            names.discard(name)
            if not names:
                del self._names[subject]


cache = VerificationCache()
"""What this process keeps."""


def seconds_until(moment: datetime | None) -> float:
    """How long an entry may be kept that must not outlive ``moment``, nor the settings."""
    seconds = min(conf.VERIFICATION_CACHE_SECONDS, LONGEST_SECONDS)
    if moment is None:
        return seconds
    return min(seconds, (moment - timezone.now()).total_seconds())


def forget(*subjects: Subject, using: str) -> None:
    """Forget what was made of these rows, which have changed in the database ``using``.

    At once, and when the running transaction is committed: until then others read what was before.
    """
    _do_now_and_at_commit(partial(cache.forget, subjects), using)


def forget_everything(*, using: str) -> None:
    """Do the same where it is not known which rows have changed."""
    _do_now_and_at_commit(cache.clear, using)


def _do_now_and_at_commit(do: Any, using: str) -> None:
    if conf.VERIFICATION_CACHE_SECONDS:
        do()
        transaction.on_commit(do, using=using)


def watch(owner_model: type[Model]) -> None:
    """Forget owners of this model whenever they are saved or deleted, as whatever model.

    Django sends these signals for a model alone, not for its proxies, for models that inherit
    from it, or for those that it inherits from.
    """
    for model in apps.get_models():
        if issubclass(model, owner_model) or issubclass(owner_model, model):
            for signal in (post_save, post_delete):
                signal.connect(
                    partial(_forget_owner, owner_model),
                    sender=model,
                    weak=False,
                    dispatch_uid=("stack_apikeys.verification_cache", owner_model),
                )


def _forget_owner(
    owner_model: type[Model], *, instance: Model, using: str, **_kwargs: object
) -> None:
    if isinstance(instance, owner_model):
        # Not `pk`: that of a model which inherits from the owner's may be another.
        forget((owner_model, getattr(instance, owner_model._meta.pk.attname)), using=using)
    else:
        forget_everything(using=using)


@receiver(setting_changed)
def _forget_under_other_settings(*, setting: str, **_kwargs: object) -> None:
    if setting == "STACK_APIKEYS":
        cache.clear()
