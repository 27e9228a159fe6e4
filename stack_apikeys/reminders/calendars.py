"""The expiries of keys as a calendar of RFC 5545.

The library ``icalendar`` folds lines and escapes texts, in which mistakes are easy to make.
"""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext
from icalendar import Calendar, Event

from stack_apikeys.bidi import isolate
from stack_apikeys.pages.section import Section
from stack_apikeys.scanning import redact

MOST_EVENTS = 1000
"""The number of keys in a calendar, those that expire first."""

REFRESHED_EVERY = timedelta(hours=12)


def calendar_of(section: Section) -> bytes:
    """Return the calendar of the valid keys that expire, in the current language."""
    calendar = Calendar()
    calendar.add("prodid", "-//django-stack-apikeys//reminders//EN")
    calendar.add("version", "2.0")
    name = gettext("Expiry of API keys")
    if section.kind == "team":
        name = f"{isolate(section.owner_name)} · {name}"
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", REFRESHED_EVERY, parameters={"value": "DURATION"})
    api_keys = section.api_keys().valid().filter(expires_at__isnull=False)
    for api_key in api_keys.order_by("expires_at", "pk")[:MOST_EVENTS]:
        calendar.add_component(_event(api_key))
    content: bytes = calendar.to_ical()
    return content


def _event(api_key: Any) -> Event:
    key = isolate(redact(str(api_key)))
    event = Event()
    event.add("uid", f"{api_key.pk}@django-stack-apikeys")
    event.add("dtstamp", timezone.now())
    event.add("dtstart", api_key.expires_at)
    event.add("summary", gettext("The API key {key} expires").format(key=key))
    event.add("transp", "TRANSPARENT")  # It does not make anybody busy.
    return event
