"""Sends each e-mail once, however many processes try to.

A row is inserted before the e-mail is sent, and marked afterwards. Of several processes one inserts
it. An e-mail that could not be sent, or whose process has stopped in between, is sent again by the
next maintenance: so none is lost, and one arrives twice only if the process has stopped after the mail
server took it and before the row was marked. That is logged.
"""

import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import router
from django.db.models import F, QuerySet
from django.utils import timezone

from stack_apikeys.models import MODELS, ApiKey
from stack_apikeys.reminders import notices
from stack_apikeys.reminders.models import SentNotice

logger = logging.getLogger("stack_apikeys.reminders")

RETRY_AFTER = timedelta(minutes=10)
"""The age of a try from which its process is assumed to have stopped."""

MOST_TRIES = 5


def deliver(api_key: ApiKey, notice: str) -> bool:
    """Send the e-mail to everybody whom it concerns, unless it was sent, or is being sent.

    Returns False if it could not be sent, which is logged.
    """
    if not notices.is_wanted(notice):
        return True
    people = notices.people_to_tell(api_key, notice)
    if not people:
        return True
    row, is_first = _rows().get_or_create(key_id=api_key.pk, kind=api_key.KIND, notice=notice)
    return _send(row, api_key, people) if is_first else True


def stalled() -> QuerySet[SentNotice]:
    """Return the rows of e-mails that were not sent, and that no process is sending."""
    return _rows().filter(
        sent_at=None, tries__lt=MOST_TRIES, tried_at__lte=timezone.now() - RETRY_AFTER
    )


def send_again() -> Iterator[bool]:
    """Send the e-mails that are `stalled`, if they are still true. Yields as `deliver` returns."""
    for row in stalled().order_by("pk").iterator():
        model: Any = MODELS[row.kind]  # type: ignore[index]
        api_key = model.objects.select_related(model.KIND).filter(pk=row.key_id).first()
        people = _people_still_to_tell(api_key, row.notice)
        if not people:
            row.delete()
            yield True
            continue
        now = timezone.now()
        is_ours = (
            _rows()
            .filter(pk=row.pk, sent_at=None, tried_at=row.tried_at)
            .update(tried_at=now, tries=F("tries") + 1)
        )
        if is_ours:
            text = "The e-mail %s about the key %s is sent again. It may arrive twice."
            logger.warning(text, row.notice, row.key_id)
        yield _send(row, api_key, people) if is_ours else True


def _people_still_to_tell(api_key: ApiKey | None, notice: str) -> list[Any]:
    """Return whom the e-mail concerns, or nobody if it was overtaken by events."""
    if api_key is None or not notices.is_wanted(notice):
        return []
    if notices.kind_of(notice) == "expiring" and not (
        notice == notices.reminder_at(api_key, timezone.now())
        and api_key.is_valid()
        and notices.successor_of(api_key) is None
    ):
        return []
    return notices.people_to_tell(api_key, notice)


def _send(row: SentNotice, api_key: ApiKey, people: list[Any]) -> bool:
    """Send the e-mail to each of them. It counts as sent if one of them gets it."""
    sent = 0
    for person in people:
        try:
            sent += notices.message_to(person, api_key, row.notice).send()
        except Exception as error:  # noqa: BLE001  # e-mail backends raise exceptions of their own
            text = "The e-mail %s about the key %s could not be sent: %s."
            logger.error(text, row.notice, row.key_id, type(error).__name__)  # noqa: TRY400  # no addresses
    if sent:
        _rows().filter(pk=row.pk).update(sent_at=timezone.now())
    return bool(sent)


def _rows() -> QuerySet[SentNotice]:
    """Return the rows in the database to write to: not in a replica, which may not have them yet."""
    return SentNotice.objects.using(router.db_for_write(SentNotice))
