"""What has just happened to a key, told once: at its row in the list, or on its page.

Django's messages would appear where the project's frame shows them, out of sight of the row. The
session holds the id of the key until then, and nothing else about it.
"""

import time
from dataclasses import dataclass
from typing import Literal
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
    key_id: UUID


def leave(request: HttpRequest, what: What, api_key: ApiKey) -> None:
    """Have the next page with the key tell the user what has happened to it."""
    request.session[SESSION_KEY] = {
        "what": what,
        "owner": _name(Section(type(api_key), api_key.owner)),
        "key": str(api_key.pk),
        "at": int(time.time()),
    }


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
    return Notice(left["what"], UUID(left["key"])) if is_new else None


def _name(section: Section) -> str:
    return f"{section.kind}:{section.owner.pk}"
