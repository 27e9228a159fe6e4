"""Deletes the records of e-mails that nobody sends any more."""

from collections.abc import Iterator
from datetime import timedelta

from django.db import router
from django.utils import timezone

from stack_apikeys.reminders.models import SentNotice

KEPT_DAYS = 400
"""How long a record is kept: longer than any reminder is sent before the expiry of its key."""

AT_A_TIME = 5_000


def prune() -> Iterator[tuple[int, int]]:
    """Delete old records. Yields after each batch how many are deleted, and how many will be."""
    rows = SentNotice.objects.using(router.db_for_write(SentNotice))
    old = rows.filter(tried_at__lt=timezone.now() - timedelta(days=KEPT_DAYS))
    total = old.count()
    deleted = 0
    while ids := list(old.values_list("pk", flat=True)[:AT_A_TIME]):
        deleted += rows.filter(pk__in=ids).delete()[0]
        yield deleted, max(deleted, total)
