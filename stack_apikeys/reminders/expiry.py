"""Reminders of keys that expire soon."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import router
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from stack_apikeys.conf import conf
from stack_apikeys.models import MODELS
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.policy import get_policy
from stack_apikeys.reminders import delivery, notices
from stack_apikeys.reminders.models import SentNotice

AT_A_TIME = 500
"""The number of keys that are read at once, so that a key that is revoked meanwhile is left out."""


class EmailsNotSent(Exception):
    """Some e-mails could not be sent. The log says which; they are tried again the next time."""


def remind() -> Iterator[tuple[int, int]]:
    """Send the reminders that are due, and other e-mails that could not be sent before.

    Yields after each e-mail how many are done, and how many there are. Raises `EmailsNotSent` in the
    end if some could not be sent.
    """
    due = [*_due(timezone.now())]
    total = delivery.stalled().count() + sum(len(ids) for _notice, _keys, ids in due)
    failed = 0
    for done, is_sent in enumerate(_send_all(due), start=1):
        failed += not is_sent
        yield done, max(done, total)
    if failed:
        raise EmailsNotSent(f"{failed} e-mails about API keys could not be sent. See the log.")


def _send_all(due: list[tuple[str, ApiKeyQuerySet[Any], list[Any]]]) -> Iterator[bool]:
    yield from delivery.send_again()
    owner_may_act = get_policy().owner_may_act
    for notice, api_keys, ids in due:
        for start in range(0, len(ids), AT_A_TIME):
            some = api_keys.filter(pk__in=ids[start : start + AT_A_TIME])
            for api_key in some.select_related(some.model.KIND):
                # The keys of others do not work anyway.
                yield not owner_may_act(api_key.owner) or delivery.deliver(api_key, notice)


def _due(now: datetime) -> Iterator[tuple[str, ApiKeyQuerySet[Any], list[Any]]]:
    """Yield each reminder with its keys, as a queryset and by their ids.

    The condition is that of `notices.reminder_at`.
    """
    if not notices.is_wanted("expiring"):
        return
    for model in MODELS.values():
        later = now
        for days in sorted(conf.REMINDER_DAYS):
            earlier, later = later, now + days * notices.DAY
            notice = f"expiring-{days}"
            of_days = model.objects.valid().filter(
                expires_at__gt=earlier,
                expires_at__lte=later,
                created_at__lt=F("expires_at") - days * notices.DAY,
                successor=None,
            )
            api_keys = _without(of_days, notice).order_by("expires_at", "pk")
            yield notice, api_keys, [*api_keys.values_list("pk", flat=True)]


def _without(api_keys: ApiKeyQuerySet[Any], notice: str) -> ApiKeyQuerySet[Any]:
    """Return those of the keys whose reminder is not sent yet."""
    sent = SentNotice.objects.filter(kind=api_keys.model.KIND, notice=notice).values("key_id")
    if router.db_for_read(SentNotice) != api_keys.db:
        return api_keys.exclude(pk__in=[row["key_id"] for row in sent])
    return api_keys.exclude(Exists(sent.filter(key_id=OuterRef("pk"))))
