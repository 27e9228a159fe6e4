"""What the settings pages show about the use of keys."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys.models import ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.pages.panels import Column, Event, Filter, Order, Panel
from stack_apikeys.timestamps import EPOCH
from stack_apikeys.usage import charts
from stack_apikeys.usage.details import ago, details_of, last_used
from stack_apikeys.usage.models import UnusualUse
from stack_apikeys.usage.reading import (
    accepted_by_day,
    count_unused,
    load_last_use,
    requests_of,
    usage_of,
    with_last_use,
)

if TYPE_CHECKING:
    from stack_apikeys.pages.listing import Listing

UNUSED_DAYS = 90
"""A key that was not used for so many days is listed as unused."""


class UsagePanel(Panel):
    """The last use in the list, an overview above it, and a chart on the page of a key."""

    orders = (
        Order("used", _("Least recently used first"), F("last_used_at").asc(nulls_first=True)),
        Order("-used", _("Most recently used first"), F("last_used_at").desc(nulls_last=True)),
    )
    filters = (
        Filter("never-used", _("Never used"), lambda keys: keys.valid().unused_since(EPOCH)),
        Filter("unused", _("Unused for 90 days"), lambda keys: keys.valid().unused_since(_idle())),
    )

    def annotate(self, api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
        """Add ``last_used_at``, as far as it is written."""
        return with_last_use(api_keys)

    def overview(self, listing: "Listing") -> str:
        """Return the number of requests, and links to the keys that nobody uses."""
        api_keys = listing.section.api_keys()
        return render_to_string(
            "stack_apikeys_usage/overview.html",
            {
                **requests_of(api_keys),
                **count_unused(api_keys.valid(), _idle()),
                "days": UNUSED_DAYS,
                "never_url": listing.url(status="never-used"),
                "idle_url": listing.url(status="unused"),
            },
        )

    def column(self, api_keys: Sequence[Any]) -> Column:
        """Return when each key was last used, and how often on each of the last 30 days."""
        today = timezone.now().astimezone(UTC).date()
        days = [today - timedelta(days=number) for number in range(29, -1, -1)]
        numbers = accepted_by_day([each.pk for each in api_keys], days)
        load_last_use(api_keys)
        cells = {}
        for api_key in api_keys:
            of_key = numbers[api_key.pk]
            total = sum(of_key)
            label = ngettext(
                "%(number)d request in 30 days", "%(number)d requests in 30 days", total
            ) % {"number": total}
            cells[api_key.pk] = format_html(
                "{}{}" if api_key.last_used_at else '<span class="apikeys-muted">{}</span>{}',
                last_used(api_key.last_used_at),
                charts.sparkline(of_key, label) if total else "",
            )
        return Column(gettext("Last used"), cells, order="used")

    def details(self, request: HttpRequest, api_key: ApiKey) -> str:
        """Return the chart, the networks, and what was refused."""
        return render_to_string(
            "stack_apikeys_usage/details.html",
            details_of(api_key, request.GET.get("period")),
            request,
        )

    def use(self, api_key: ApiKey) -> str:
        """Return when the key was last used."""
        usage = usage_of(api_key)
        if usage.last_used_at is None:
            return gettext("This key was never used.")
        return format_html(
            gettext("Last used {time}, {number} requests in all."),
            time=ago(usage.last_used_at),
            number=usage.accepted,
        )

    def history(self, api_key: ApiKey) -> Iterator[Event]:
        """Yield the first use, and unusual use."""
        usage = usage_of(api_key)
        if usage.first_used_at is not None:
            yield Event(usage.first_used_at, gettext("First used"))
        for each in UnusualUse.objects.filter(key_id=api_key.pk).order_by("-moment")[:20]:
            yield Event(each.moment, each.get_rule_display(), note=each.about)


def _idle() -> datetime:
    return timezone.now() - timedelta(days=UNUSED_DAYS)
