"""Reads what was counted, with what this process has not written yet."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from django.db import router
from django.db.models import (
    Count,
    DateTimeField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
)
from django.db.models.functions import TruncDay, TruncHour, TruncMonth
from django.utils import timezone

from stack_apikeys import timestamps
from stack_apikeys.models import ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.usage.models import REASONS, KeyDay, KeyHour, KeyUsage, UnusualUse
from stack_apikeys.usage.recorder import recorder

Interval = Literal["hour", "day", "month"]

MARKED_DAYS = 30
"""For so many days, a key is marked that was used in an unusual way."""

_TRUNCATE = {"hour": TruncHour, "day": TruncDay, "month": TruncMonth}


@dataclass
class Use:
    """The requests with a key in some time."""

    accepted: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    """By reason, see `REASONS`."""

    @property
    def refusals(self) -> int:
        """The number of refused requests, whatever the reason."""
        return self.refused.total()


SUMS = {"total": Sum("accepted"), **{reason: Sum(f"refused_{reason}") for reason in REASONS}}
"""The annotations of rows that `use_in` reads."""


def use_in(row: Mapping[str, Any]) -> Use:
    """Return the use in a row of sums."""
    return Use(row["total"], Counter({reason: row[reason] for reason in REASONS if row[reason]}))


def usage_of(api_key: ApiKey) -> KeyUsage:
    """Return the use of a key since it was created. Nothing is stored about a key never used."""
    return usages_of([api_key])[api_key.pk]


def lately_unusual() -> QuerySet[UnusualUse]:
    """Return the unusual uses of the last 30 days, for which a key has a mark."""
    return UnusualUse.objects.filter(moment__gte=timezone.now() - timedelta(days=MARKED_DAYS))


def with_use(api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
    """Annotate keys with ``last_used_at`` and ``is_unusual``, as far as they are written.

    Another database than that of the keys cannot be asked in the same query: then they are None and
    False until `load_use` is called.
    """
    if router.db_for_read(KeyUsage) != api_keys.db:
        return api_keys.annotate(
            last_used_at=Value(None, DateTimeField(null=True)), is_unusual=Value(value=False)
        )
    usage = KeyUsage.objects.filter(key_id=OuterRef("pk"))
    return api_keys.annotate(
        last_used_at=Subquery(usage.values("last_used_at")[:1]),
        is_unusual=Exists(lately_unusual().filter(key_id=OuterRef("pk"))),
    )


def load_use(api_keys: Iterable[Any]) -> None:
    """Complete ``last_used_at`` and ``is_unusual`` of keys that come from `with_use`.

    Adds what is not written yet, and what another database has, which takes two queries.
    """
    api_keys = list(api_keys)
    using = router.db_for_read(KeyUsage)
    ids = [each.pk for each in api_keys if each._state.db != using]
    apart = KeyUsage.objects.in_bulk(ids)
    unusual = {*lately_unusual().filter(key_id__in=ids).values_list("key_id", flat=True)}
    for api_key in api_keys:
        if api_key.pk in apart:
            api_key.last_used_at = apart[api_key.pk].last_used_at
        if api_key.pk in unusual:
            api_key.is_unusual = True
        counts = recorder.gathered(api_key.pk)
        if counts is not None and counts.last_used_at:
            api_key.last_used_at = counts.last_used_at


def requests_of(api_keys: ApiKeyQuerySet[Any]) -> dict[str, int]:
    """Return the number of requests with all these keys ``today`` and this ``month``, in UTC."""
    today = timezone.now().astimezone(UTC).date()
    numbers = KeyDay.objects.filter(
        key_id__in=_ids(api_keys), day__gte=today.replace(day=1)
    ).aggregate(today=Sum("accepted", filter=Q(day=today)), month=Sum("accepted"))
    return {name: number or 0 for name, number in numbers.items()}


def never_used(api_keys: ApiKeyQuerySet[Any]) -> ApiKeyQuerySet[Any]:
    """Filter by keys that were never used."""
    return api_keys.unused_since(timestamps.EPOCH)


def unused_for(api_keys: ApiKeyQuerySet[Any], days: int) -> ApiKeyQuerySet[Any]:
    """Filter by keys that exist for so many days at least, and were not used in them."""
    moment = timezone.now() - timedelta(days=days)
    return api_keys.unused_since(moment).filter(created_at__lt=moment)


def count_unused(api_keys: ApiKeyQuerySet[Any], days: int) -> dict[str, int]:
    """Return how many of the keys were ``never`` used, and not for so many days (``idle``)."""
    if router.db_for_read(KeyUsage) != api_keys.db:
        return {"never": never_used(api_keys).count(), "idle": unused_for(api_keys, days).count()}
    moment = timezone.now() - timedelta(days=days)
    usage = KeyUsage.objects.filter(key_id=OuterRef("pk"))
    is_idle = Q(~Exists(usage.filter(last_used_at__gte=moment)), created_at__lt=moment)
    return api_keys.order_by().aggregate(
        never=Count("pk", filter=~Exists(usage.filter(last_used_at__isnull=False))),
        idle=Count("pk", filter=is_idle),
    )


def accepted_by_day(key_ids: Iterable[UUID], days: Sequence[date]) -> dict[UUID, list[int]]:
    """Return the number of accepted requests with each key on each of these days of UTC."""
    numbers = {key_id: dict.fromkeys(days, 0) for key_id in key_ids}
    rows = KeyDay.objects.filter(key_id__in=list(numbers), day__range=(days[0], days[-1]))
    for row in rows:
        numbers[row.key_id][row.day] = row.accepted
    for key_id, of_key in numbers.items():
        counts = recorder.gathered(key_id)
        for start, hour in list(counts.hours.items()) if counts else []:
            if start.date() in of_key:
                of_key[start.date()] += hour.accepted
    return {key_id: [*of_key.values()] for key_id, of_key in numbers.items()}


def _ids(api_keys: ApiKeyQuerySet[Any]) -> Any:
    ids = api_keys.order_by().values("pk")
    if router.db_for_read(KeyDay) != api_keys.db:
        return [row["pk"] for row in ids]
    return ids


def usages_of(api_keys: Iterable[ApiKey]) -> dict[UUID, KeyUsage]:
    """Return the use of each of these keys since it was created, by id. It takes one query."""
    api_keys = list(api_keys)
    stored = KeyUsage.objects.in_bulk([each.pk for each in api_keys])
    result = {}
    for api_key in api_keys:
        usage = stored.get(api_key.pk) or KeyUsage(key_id=api_key.pk, kind=api_key.KIND)
        counts = recorder.gathered(api_key.pk)
        if counts is not None:
            usage.first_used_at = usage.first_used_at or counts.first_used_at
            usage.last_used_at = counts.last_used_at or usage.last_used_at
            usage.last_address = counts.last_address or usage.last_address
            usage.accepted += counts.accepted
            usage.refused += counts.refused
        result[api_key.pk] = usage
    return result


def uses_of(
    key_ids: Iterable[UUID], interval: Interval, start: datetime, end: datetime
) -> dict[UUID, dict[datetime, Use]]:
    """Return the use of each key in each interval that begins from ``start`` to before ``end``.

    Intervals are those of UTC. The result has those with requests only. It takes one query.
    """
    key_ids = list(key_ids)
    result: dict[UUID, dict[datetime, Use]] = {key_id: {} for key_id in key_ids}
    rows: Any = (
        KeyHour.objects.filter(key_id__in=key_ids, hour__gte=start, hour__lt=end)
        .values("key_id", start=_TRUNCATE[interval]("hour", tzinfo=UTC))
        .annotate(**SUMS)
    )
    for row in rows:
        result[row["key_id"]][row["start"]] = use_in(row)
    for key_id in key_ids:
        _add_unwritten(result[key_id], key_id, interval, start, end)
    return result


def _add_unwritten(
    uses: dict[datetime, Use], key_id: UUID, interval: Interval, start: datetime, end: datetime
) -> None:
    counts = recorder.gathered(key_id)
    for moment, hour in list(counts.hours.items()) if counts else []:
        if start <= moment < end:
            use = uses.setdefault(floor(moment, interval), Use())
            use.accepted += hour.accepted
            use.refused += hour.refused


def floor(moment: datetime, interval: Interval) -> datetime:
    """Return the start of the interval that contains the moment, in UTC."""
    parts: dict[str, Any] = {"minute": 0, "second": 0, "microsecond": 0}
    if interval != "hour":
        parts["hour"] = 0
    if interval == "month":
        parts["day"] = 1
    return moment.astimezone(UTC).replace(**parts)


def following(start: datetime, interval: Interval) -> datetime:
    """Return the start of the next interval."""
    if interval == "month":
        return floor(start + timedelta(days=31), "month")
    return start + (timedelta(hours=1) if interval == "hour" else timedelta(days=1))


def starts(interval: Interval, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield the starts of all intervals from that with ``start`` to that before ``end``."""
    moment = floor(start, interval)
    while moment < end:
        yield moment
        moment = following(moment, interval)
