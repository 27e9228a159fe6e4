"""Calendars with a secret address. Only the digest of the secret is stored."""

import hashlib
import secrets
from typing import Any

from django.utils import timezone

from stack_apikeys._database.visible_rows import is_hidden
from stack_apikeys.exceptions import StackApiKeysError
from stack_apikeys.models import MODELS
from stack_apikeys.pages.section import Section
from stack_apikeys.reminders.models import CalendarFeed
from stack_apikeys.secret import Secret


def find_feed(user: Any, section: Section) -> CalendarFeed | None:
    """Return the person's calendar of these keys, or None."""
    return CalendarFeed.objects.filter(**_of(user, section)).first()


def open_feed(user: Any, section: Section) -> Secret:
    """Give the person's calendar a new address, and return the secret in it.

    The address that it had no longer works.
    """
    token = Secret(secrets.token_urlsafe())
    CalendarFeed.objects.update_or_create(
        **_of(user, section),
        defaults={"digest": _digest(token), "created_at": timezone.now()},
    )
    return token


def close_feed(user: Any, section: Section) -> None:
    """End the person's calendar."""
    CalendarFeed.objects.filter(**_of(user, section)).delete()


def opened_by(token: Secret) -> tuple[Any, Section] | None:
    """Return whose calendar it is, and of which keys, or None.

    It is None too if the person may not act, or may no longer see the keys.
    """
    feed = CalendarFeed.objects.select_related("user").filter(digest=_digest(token)).first()
    if feed is None or is_hidden(feed.user):
        return None
    try:
        model = MODELS[feed.kind]  # type: ignore[index]
        return feed.user, Section.managed_by(feed.user, model, feed.owner_id)
    except StackApiKeysError:
        return None


def _of(user: Any, section: Section) -> dict[str, Any]:
    return {"user": user, "kind": section.kind, "owner_id": str(section.owner.pk)}


def _digest(token: Secret) -> str:
    """Return the digest of a secret. A fast hash is enough for a long random value."""
    return hashlib.sha256(token.reveal().encode()).hexdigest()
