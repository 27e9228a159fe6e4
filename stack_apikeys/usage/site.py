"""The use of all keys of the site in the last 24 hours, as far as it is written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet, Sum
from django.utils import timezone

from stack_apikeys.usage.models import REASONS, KeyHour
from stack_apikeys.usage.reading import SUMS, Use, floor, starts, use_in

MOST_NAMED = 10
"""The number of busiest keys, and of most refused ones."""

_REFUSED = sum((F(f"refused_{reason}") for reason in REASONS[1:]), start=F(f"refused_{REASONS[0]}"))


@dataclass(frozen=True)
class Day:
    """The last 24 hours, the current one included."""

    hours: list[tuple[datetime, Use]]
    busiest: dict[UUID, int]
    """The number of accepted requests of some keys, by id, highest first."""
    most_refused: dict[UUID, int]
    """The number of refused requests of some keys, by id, highest first."""


def last_day() -> Day:
    """Return the last 24 hours. It takes three queries."""
    now = timezone.now()
    begin = floor(now - timedelta(hours=23), "hour")
    rows = KeyHour.objects.filter(hour__gte=begin, hour__lte=now).order_by()
    sums: Any = rows.values("hour").annotate(**SUMS)
    uses = {row["hour"]: use_in(row) for row in sums}
    return Day(
        hours=[(start, uses.get(start, Use())) for start in starts("hour", begin, now)],
        busiest=_most(rows, F("accepted")),
        most_refused=_most(rows, _REFUSED),
    )


def _most(rows: QuerySet[KeyHour], number: Any) -> dict[UUID, int]:
    keys: Any = rows.values("key_id").annotate(number=Sum(number)).filter(number__gt=0)
    return {row["key_id"]: row["number"] for row in keys.order_by("-number", "key_id")[:MOST_NAMED]}
