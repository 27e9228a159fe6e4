"""What has just happened to a key, told once: at its row in the list, or on its page.

What has happened to several is told above the list. Django's messages would appear where the
project's frame shows them, out of sight of the row. The session holds the id of the key until then,
and nothing else about it.
"""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest

from stack_apikeys.models import ApiKey
from stack_apikeys.pages.section import Section

What = Literal["created", "renamed", "narrowed", "networks", "revoked"]

SESSION_KEY = "stack_apikeys_notice"

SHOWN_FOR = 10 * 60
"""How many seconds later the news is old, if the user has not opened a page that tells it."""


@dataclass(frozen=True)
class Notice:
    """What has happened to which key."""

    what: What
    key_id: UUID | None
    """The key, or None if it happened to several."""
    number: int = 1
    """To how many keys it happened."""
    others: Sequence[UUID] = ()
    """The keys that were selected too, and had been revoked already."""


def leave(request: HttpRequest, what: What, api_key: ApiKey) -> None:
    """Have the next page with the key tell the user what has happened to it."""
    _leave(request, Section(type(api_key), api_key.owner), what=what, key=str(api_key.pk))


def leave_of_many(
    request: HttpRequest, section: Section, number: int, others: Iterable[ApiKey]
) -> None:
    """Have the list tell the user how many keys were revoked, and which were not changed."""
    left_out = [str(each.pk) for each in others]
    _leave(request, section, what="revoked", key=None, number=number, others=left_out)


def _leave(request: HttpRequest, section: Section, **news: Any) -> None:
    request.session[SESSION_KEY] = {"owner": _name(section), "at": int(time.time()), **news}


def take(request: HttpRequest, section: Section, key_id: UUID | None = None) -> Notice | None:
    """Return the notice about a key of the section, or about this key only, and forget it."""
    session = getattr(request, "session", {})  # there is none without the middleware
    left = session.get(SESSION_KEY)
    if not left or left["owner"] != _name(section):
        return None
    if key_id is not None and left["key"] != str(key_id):
        return None
    del session[SESSION_KEY]
    is_new = time.time() - left["at"] < SHOWN_FOR
    if not is_new:
        return None
    key = left["key"]
    return Notice(
        left["what"],
        UUID(key) if key else None,
        left.get("number", 1),
        [UUID(each) for each in left.get("others", ())],
    )


def _name(section: Section) -> str:
    return f"{section.kind}:{section.owner.pk}"
