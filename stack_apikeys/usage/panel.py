"""What the settings pages show about the use of keys."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import F
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys.models import ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.pages.panels import Column, Event, Filter, Order, Panel
from stack_apikeys.usage.details import ago, details_of, last_days, last_used, sparkline
from stack_apikeys.usage.models import KeyUsage, UnusualUse
from stack_apikeys.usage.numbers import grouped
from stack_apikeys.usage.reading import (
    MARKED_DAYS,
    accepted_by_day,
    count_unused,
    load_use,
    never_used,
    requests_of,
    unused_for,
    usage_of,
    usages_of,
    with_use,
)

if TYPE_CHECKING:
    from stack_apikeys.pages.listing import Listing

UNUSED_DAYS = 90
"""A key that exists for so many days and was not used in them is listed as unused."""

MOST_UNUSUAL = 20
"""The number of unusual uses in the history of a key."""


class UsagePanel(Panel):
    """The last use in the list, an overview above it, and a chart on the page of a key."""

    orders = (
        Order("used", _("Least recently used first"), F("last_used_at").asc(nulls_first=True)),
        Order("-used", _("Most recently used first"), F("last_used_at").desc(nulls_last=True)),
    )
    filters = (
        Filter("never-used", _("Never used"), lambda keys: never_used(keys.valid())),
        Filter(
            "unused",
            _("Unused for 90 days"),
            lambda keys: unused_for(keys.valid(), UNUSED_DAYS),
        ),
    )

    def annotate(self, api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
        """Add what the column needs, as far as it is written."""
        return with_use(api_keys)

    def overview(self, listing: "Listing") -> str:
        """Return the number of requests, and links to the keys that nobody uses.

        Nothing is returned for very many keys, because it would take longer than the list.
        """
        if listing.newest is not None:
            return ""
        api_keys = listing.section.api_keys()
        return render_to_string(
            "stack_apikeys_usage/overview.html",
            {
                **requests_of(api_keys),
                **count_unused(api_keys.valid(), UNUSED_DAYS),
                "days": UNUSED_DAYS,
                "never_url": listing.url(status="never-used"),
                "idle_url": listing.url(status="unused"),
            },
        )

    def column(self, api_keys: Sequence[Any]) -> Column:
        """Return when each key was last used, and how often on each of the last 30 days."""
        numbers = accepted_by_day([each.pk for each in api_keys], last_days())
        load_use(api_keys)
        cells = {
            api_key.pk: format_html(
                "{}{}{}" if api_key.last_used_at else '<span class="apikeys-muted">{}</span>{}{}',
                last_used(api_key.last_used_at),
                _mark() if api_key.is_unusual else "",
                sparkline(numbers[api_key.pk]),
            )
            for api_key in api_keys
        }
        return Column(gettext("Last used"), cells, order="used")

    def details(self, request: HttpRequest, api_key: ApiKey) -> str:
        """Return the chart, the networks, and what was refused."""
        known = _known(api_key)
        context = {
            **details_of(api_key, known.usage, request.GET.get("period")),
            "is_unusual": known.is_unusual,
        }
        return render_to_string("stack_apikeys_usage/details.html", context, request)

    def use(self, api_key: ApiKey) -> str:
        """Return when the key was last used."""
        return self.uses([api_key])[api_key.pk]

    def uses(self, api_keys: Sequence[ApiKey]) -> dict[Any, str]:
        """Return when each key was last used."""
        return {key_id: _sentence(usage) for key_id, usage in usages_of(api_keys).items()}

    def history(self, api_key: ApiKey) -> Iterator[Event]:
        """Yield the first use, and unusual use."""
        known = _known(api_key)
        if known.usage.first_used_at is not None:
            yield Event(known.usage.first_used_at, gettext("First used"))
        for each in known.unusual:
            yield Event(each.moment, each.get_rule_display(), note=each.about)


@dataclass(frozen=True)
class Known:
    """What several places on the page of a key show."""

    usage: KeyUsage
    unusual: Sequence[UnusualUse]
    """The latest unusual uses, newest first."""

    @property
    def is_unusual(self) -> bool:
        """Whether the key has a mark, as in the list."""
        return any(
            timezone.now() - each.moment <= timedelta(days=MARKED_DAYS) for each in self.unusual
        )


def _known(api_key: Any) -> Known:
    """Return what is known about a key, which is read once for the row that the page has loaded."""
    known: Known | None = api_key.__dict__.get("_known_use")
    if known is None:
        unusual = UnusualUse.objects.filter(key_id=api_key.pk).order_by("-moment", "-pk")
        known = Known(usage_of(api_key), list(unusual[:MOST_UNUSUAL]))
        api_key.__dict__["_known_use"] = known
    return known


def _mark() -> SafeString:
    text = gettext("Unusual use")
    return format_html(' <span class="apikeys-badge apikeys-badge-expiring">{}</span>', text)


def _sentence(usage: KeyUsage) -> str:
    if usage.last_used_at is None:
        return gettext("This key was never used.")
    text = ngettext(
        "Last used {time}, {number} request in all.",
        "Last used {time}, {number} requests in all.",
        usage.accepted,
    )
    return format_html(text, time=ago(usage.last_used_at), number=grouped(usage.accepted))
