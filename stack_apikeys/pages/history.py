"""What has happened to a key, in the order of time."""

from collections.abc import Iterator
from operator import attrgetter

from django.utils.html import format_html
from django.utils.translation import gettext

from stack_apikeys.bidi import isolate_html
from stack_apikeys.models import ApiKey
from stack_apikeys.pages import panels
from stack_apikeys.pages.panels import Event


def history(api_key: ApiKey) -> list[Event]:
    """Return what the row itself and other apps know about the key, oldest first."""
    events = [*_own(api_key)]
    for panel in panels.registered():
        events += panel.history(api_key)
    return sorted(events, key=attrgetter("moment"))


def _own(api_key: ApiKey) -> Iterator[Event]:
    yield Event(
        api_key.created_at,
        _by(api_key.created_by, gettext("Created by {name}"), gettext("Created by the server")),
    )
    successor: ApiKey | None = getattr(api_key, "successor", None)
    if successor is not None:
        yield Event(successor.created_at, gettext("Rotated"))
    revoked_at, expires_at = api_key.manually_revoked_at, api_key.expires_at
    if revoked_at is not None:
        yield Event(
            revoked_at,
            _by(api_key.revoked_by, gettext("Revoked by {name}"), gettext("Revoked by the server")),
            note=api_key.revoked_reason,
        )
    # A revoked key does not expire any more, but may have expired before.
    if expires_at is not None and (revoked_at is None or expires_at <= revoked_at):
        text = gettext("Will expire") if api_key.is_valid() else gettext("Expired")
        yield Event(expires_at, text)


def _by(person: object, by_person: str, by_server: str) -> str:
    return format_html(by_person, name=isolate_html(str(person))) if person else by_server
