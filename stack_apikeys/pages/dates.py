"""Dates and times as the pages show them, in the current language and time zone."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timeuntil
from django.utils.translation import gettext, ngettext, pgettext


def short_date(moment: datetime) -> str:
    """Format a date for a table, such as "26 Nov 2026".

    Django's own short formats are numbers in some languages, whose order a reader has to guess.
    """
    return date_format(_local(moment), pgettext("short date, see Django's filter date", "j M Y"))


def long_moment(moment: datetime) -> str:
    """Format a time for a sentence, such as "Thursday 26 November 2026, 14:05 UTC"."""
    form = pgettext("date with time, see Django's filter date", "l j F Y, H:i")
    return f"{date_format(_local(moment), form)} {_local(moment).tzname()}"


def time_tag(moment: datetime) -> SafeString:
    """Return the date in a ``<time>`` element, with the time of day for pointers and screen readers.

    The script of the pages replaces both by the visitor's own time zone.
    """
    local = _local(moment)
    date, time = short_date(moment), f"{date_format(local, 'H:i')} {local.tzname()}"
    return format_html(
        '<time datetime="{}" title="{}">{}<i>, {}</i></time>',
        *(local.isoformat(timespec="seconds"), f"{date}, {time}", date, time),
    )


def long_time_tag(moment: datetime) -> SafeString:
    """Return the date and the time of day in a ``<time>`` element."""
    local = _local(moment)
    return format_html(
        '<time datetime="{}" data-apikeys-long>{}</time>',
        *(local.isoformat(timespec="seconds"), long_moment(moment)),
    )


def days_until(moment: datetime) -> str:
    """Format the time until ``moment``, such as "in 3 days"."""
    days = (moment - timezone.now()).days
    if days < 1:
        return gettext("in less than a day")
    return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}


def time_until(moment: datetime) -> str:
    """Format the time until ``moment``, such as "3 days" or "5 hours"."""
    return timeuntil(moment, depth=1)


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment)
