"""The setting ``IDLE_DAYS``: keys that nobody uses are revoked, a batch at a time."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import router
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone, translation
from django.utils.translation import ngettext

from stack_apikeys.conf import conf
from stack_apikeys.models import MODELS
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.usage.models import KeyDay, KeyUsage
from stack_apikeys.usage.recorder import recorder

AT_A_TIME = 1_000
"""The number of keys that one transaction revokes, so that no other waits long for it."""


def revoke_idle_keys() -> Iterator[tuple[int, int]]:
    """Revoke the keys that were not used for ``IDLE_DAYS``, if it is set.

    Yields after each batch how many keys are revoked, and how many were found. A use that is counted
    meanwhile saves its key. Nothing is revoked before the use of keys has been counted for so long.
    """
    days = conf.IDLE_DAYS
    if days is None:
        return
    recorder.write()
    since = timezone.now() - timedelta(days=days)
    if not _is_counted(since):
        return
    with translation.override(settings.LANGUAGE_CODE):  # the text is stored
        reason = ngettext("Not used for %(days)d day.", "Not used for %(days)d days.", days) % {
            "days": days
        }
    revoked = total = 0
    for model in MODELS.values():
        for ids in _idle_keys(model, since):
            total += len(ids)
            idle: ApiKeyQuerySet[Any] = model.objects.using(router.db_for_write(model))
            unused = _unused(idle.db, since)
            revoked += len(
                idle.filter(pk__in=ids).revoke_each(reason=reason, cause="idle", still=unused)
            )
            yield revoked, total


def _is_counted(since: datetime) -> bool:
    """Return whether the use of keys has been counted since then, as far as the rows tell."""
    days = KeyDay.objects.using(router.db_for_write(KeyDay))
    return days.filter(day__lt=since.astimezone(UTC).date()).exists()


def _idle_keys(model: Any, since: datetime) -> Iterator[list[Any]]:
    """Yield the primary keys of idle keys, a batch at a time."""
    using = router.db_for_write(model)
    api_keys = model.objects.using(using).valid().filter(created_at__lt=since).order_by("pk")
    api_keys = api_keys.filter(_unused(using, since))
    last = None
    while True:
        later = api_keys if last is None else api_keys.filter(pk__gt=last)
        ids = list(later.values_list("pk", flat=True)[:AT_A_TIME])
        if not ids:
            return
        last = ids[-1]
        used = _used(since)
        if used.db != using:
            busy = set(used.filter(key_id__in=ids).values_list("key_id", flat=True))
            ids = [each for each in ids if each not in busy]
        yield ids


def _used(since: datetime) -> QuerySet[KeyUsage]:
    return KeyUsage.objects.using(router.db_for_write(KeyUsage)).filter(last_used_at__gte=since)


def _unused(using: str, since: datetime) -> Q:
    """Return the condition for keys that were not used, as far as their own database knows."""
    used = _used(since)
    return ~Q(Exists(used.filter(key_id=OuterRef("pk")))) if used.db == using else Q()
