"""The use of one key as the settings pages and Django admin show it."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys.models import ApiKey
from stack_apikeys.pages.dates import long_moment, short_date
from stack_apikeys.usage import charts
from stack_apikeys.usage.models import KeyNetwork, KeyUsage
from stack_apikeys.usage.numbers import grouped
from stack_apikeys.usage.reading import Interval, Use, floor, starts, uses_of

REASONS: dict[str, str | Promise] = {
    "secret": _("Wrong secret"),
    "revoked": _("Revoked"),
    "expired": _("Expired"),
    "rate": _("Rate limit exceeded"),
    "network": _("Network not allowed"),
    "scope": _("Missing scope"),
    "other": _("Other reasons"),
}


class Period(NamedTuple):
    """A choice of the chart on the page of a key."""

    label: str | Promise
    interval: Interval
    length: timedelta
    date_format: str


PERIODS = {
    "hours": Period(_("24 hours"), "hour", timedelta(hours=23), "H:i"),
    "days": Period(_("30 days"), "day", timedelta(days=29), "SHORT_DATE_FORMAT"),
    "months": Period(_("12 months"), "month", timedelta(days=335), "YEAR_MONTH_FORMAT"),
}
"""The choices, by the value of the parameter ``period``. All are in UTC."""

DEFAULT_PERIOD = "days"


def details_of(api_key: ApiKey, usage: KeyUsage, period: str | None) -> dict[str, Any]:
    """Return the variables of the templates: the chart of a period, the totals, the networks.

    ``usage`` is the use of the key. It takes two queries.
    """
    name = period if period in PERIODS else DEFAULT_PERIOD
    chosen, now = PERIODS[name], timezone.now()
    begin = floor(now - chosen.length, chosen.interval)
    uses = uses_of([api_key.pk], chosen.interval, begin, now)[api_key.pk]
    return {
        "periods": [(each.label, value, value == name) for value, each in PERIODS.items()],
        **chart_of(
            [
                (date_format(moment, chosen.date_format), uses.get(moment, Use()))
                for moment in starts(chosen.interval, begin, now)
            ]
        ),
        "refused": reasons_in(uses.values()),
        "usage": usage,
        "last_used": last_used(usage.last_used_at),
        "networks": KeyNetwork.objects.filter(key_id=api_key.pk).order_by("-last_seen_at"),
    }


def reasons_in(uses: Iterable[Use]) -> list[tuple[str | Promise, int]]:
    """Return for what reasons requests were refused, and how many for each, most first."""
    refused = sum((use.refused for use in uses), start=Use().refused)
    return [(REASONS[reason], number) for reason, number in refused.most_common()]


def chart_of(rows: list[tuple[str, Use]]) -> dict[str, Any]:
    """Return a ``chart`` of some intervals with their labels, its ``label``, and the ``rows``.

    Without any request, the chart is empty.
    """
    accepted = sum(use.accepted for _label, use in rows)
    refused = sum(use.refusals for _label, use in rows)
    label = gettext("%(accepted)s accepted, %(refused)s refused requests") % {
        "accepted": grouped(accepted),
        "refused": grouped(refused),
    }
    bars = [charts.Bar(use.accepted, use.refusals) for _label, use in rows]
    chart = charts.bar_chart(bars, label) if accepted or refused else ""
    return {"chart": chart, "label": label, "rows": rows}


def last_days() -> list[date]:
    """Return the last 30 days of UTC, today at the end."""
    today = timezone.now().astimezone(UTC).date()
    return [today - timedelta(days=number) for number in range(29, -1, -1)]


def sparkline(numbers: Sequence[int]) -> str:
    """Return a small chart of the requests on each of the `last_days`, if there are any."""
    total = sum(numbers)
    if not total:
        return ""
    label = ngettext("%(number)s request in 30 days", "%(number)s requests in 30 days", total)
    return charts.sparkline(numbers, label % {"number": grouped(total)})


def last_used(moment: datetime | None) -> str:
    """Return when a key was last used, with the exact time for pointers and screen readers."""
    return gettext("Never used") if moment is None else ago(moment)


def ago(moment: datetime) -> str:
    """Return how long ago a moment was, or its date, and its exact time for some readers."""
    now = timezone.now()
    if now - moment < timedelta(minutes=1):
        text = gettext("just now")
    elif now - moment < timedelta(days=30):
        text = gettext("%(time)s ago") % {"time": timesince(moment, now, depth=1)}
    else:
        text = short_date(moment)
    exact = long_moment(moment)
    return format_html(
        '<time datetime="{}" title="{}" data-apikeys-ago>{}<i> ({})</i></time>',
        *(moment.isoformat(timespec="seconds"), exact, text, exact),
    )
