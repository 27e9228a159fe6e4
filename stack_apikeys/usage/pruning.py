"""Deletes what is older than ``USAGE_RETENTION_DAYS``, a batch at a time."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db import router
from django.db.models import QuerySet
from django.utils import timezone

from stack_apikeys.conf import conf
from stack_apikeys.models import MODELS
from stack_apikeys.usage.models import KeyDay, KeyHour, KeyNetwork, KeyUsage, UnusualUse

AT_A_TIME = 5_000
"""The number of rows that one transaction deletes, so that no other waits long for it."""


def prune() -> Iterator[tuple[int, int]]:
    """Delete old counts, and those of keys that no longer exist and were not used since.

    Yields after each batch how many rows are deleted, and how many will be.
    """
    oldest = timezone.now() - timedelta(days=conf.USAGE_RETENTION_DAYS)
    using = router.db_for_write(KeyUsage)  # not a replica, which may still have what is deleted
    old: list[QuerySet[Any]] = [
        KeyHour.objects.using(using).filter(hour__lt=oldest),
        KeyDay.objects.using(using).filter(day__lt=oldest.date()),
        KeyNetwork.objects.using(using).filter(last_seen_at__lt=oldest),
        UnusualUse.objects.using(using).filter(moment__lt=oldest),
    ]
    total = sum(rows.count() for rows in old)
    deleted = 0
    for rows in old:
        while ids := list(rows.values_list("pk", flat=True)[:AT_A_TIME]):
            deleted += rows.model.objects.using(using).filter(pk__in=ids).delete()[0]
            yield deleted, total
    for deleted_now in _prune_deleted_keys(oldest, using):
        deleted += deleted_now
        yield deleted, max(deleted, total)


def _prune_deleted_keys(oldest: datetime, using: str) -> Iterator[int]:
    idle = KeyUsage.objects.using(using).exclude(last_used_at__gte=oldest).order_by("pk")
    last = None
    while True:
        later = idle if last is None else idle.filter(pk__gt=last)
        ids = list(later.values_list("pk", flat=True)[:AT_A_TIME])
        if not ids:
            return
        last = ids[-1]
        exist = {
            key_id
            for model in MODELS.values()
            for key_id in model.objects.filter(pk__in=ids).values_list("pk", flat=True)
        }
        gone = [key_id for key_id in ids if key_id not in exist]
        if gone:
            yield KeyUsage.objects.using(using).filter(pk__in=gone).delete()[0]
