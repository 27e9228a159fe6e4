"""Finds unusual use of keys, when the counts of a process are written.

The rules are stated in ``docs/how-to/usage.md``, and their numbers are settings.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Avg

from stack_apikeys.conf import conf
from stack_apikeys.usage.counts import Counts, Gathered
from stack_apikeys.usage.models import KeyHour, KeyUsage, UnusualUse

Networks = Mapping[UUID, Mapping[str, datetime]]
"""The networks of each key, and when it was last used from each."""


def find(
    gathered: Gathered, before: Mapping[UUID, KeyUsage], networks: Networks, using: str
) -> list[UnusualUse]:
    """Return what is unusual about the counts. ``before`` and ``networks`` are stored already.

    It takes a query, and a second if a key had many requests in an hour.
    """
    known = {key_id: counts for key_id, counts in gathered.items() if key_id in before}
    busy = _busy_hours_of(known, using)
    means = _means_of(busy, using)
    result: list[UnusualUse] = []
    for key_id, counts in known.items():
        result += _after_idle_time(key_id, counts, before[key_id])
        result += _from_new_networks(key_id, counts, before[key_id], networks.get(key_id, {}))
        result += _in_busy_hours(key_id, counts, busy.get(key_id, {}), means.get(key_id))
        result += _after_its_end(key_id, counts, before[key_id])
    return result


def _after_idle_time(key_id: UUID, counts: Counts, usage: KeyUsage) -> Iterator[UnusualUse]:
    idle = timedelta(days=conf.UNUSUAL_IDLE_DAYS)
    moment, last = counts.first_used_at, usage.last_used_at
    if moment and last and moment - last >= idle:
        yield _unusual(key_id, counts, "idle", moment, f"{moment:%Y-%m-%d}")


def _from_new_networks(
    key_id: UUID, counts: Counts, usage: KeyUsage, networks: Mapping[str, datetime]
) -> Iterator[UnusualUse]:
    new = timedelta(days=conf.UNUSUAL_NETWORK_DAYS)
    young = timedelta(days=conf.UNUSUAL_FIRST_DAYS)
    for network, (moment, _last) in counts.networks.items():
        if usage.first_used_at is None or moment - usage.first_used_at < young:
            continue
        seen = networks.get(network)
        if seen is None or moment - seen >= new:
            yield _unusual(key_id, counts, "network", moment, network)


def _in_busy_hours(
    key_id: UUID, counts: Counts, busy: Mapping[datetime, int], mean: float | None
) -> Iterator[UnusualUse]:
    for start, number in busy.items():
        if mean is not None and number > conf.UNUSUAL_FACTOR * mean:
            moment = counts.hours[start].last_used_at or start
            yield _unusual(key_id, counts, "busy", moment, f"{start:%Y-%m-%d %H:00}")


def _after_its_end(key_id: UUID, counts: Counts, usage: KeyUsage) -> Iterator[UnusualUse]:
    silence = timedelta(hours=conf.UNUSUAL_SILENCE_HOURS)
    moment = counts.ended_at
    if moment is None:
        return
    # Not the last refusal: whoever sends wrong secrets must not be able to hide the right one.
    earlier = [
        each
        for each in (usage.last_proven_at, counts.first_used_at)
        if each is not None and each <= moment
    ]
    if earlier and moment - max(earlier) >= silence:
        yield _unusual(key_id, counts, "ended", moment, f"{moment:%Y-%m-%d}")


def _unusual(key_id: UUID, counts: Counts, rule: str, moment: datetime, about: str) -> UnusualUse:
    return UnusualUse(key_id=key_id, kind=counts.kind, rule=rule, moment=moment, about=about)


def _busy_hours_of(gathered: Gathered, using: str) -> dict[UUID, dict[datetime, int]]:
    """Return the hours with many requests, with those that are stored already."""
    starts = {start for counts in gathered.values() for start in counts.hours}
    rows = KeyHour.objects.using(using).filter(key_id__in=list(gathered), hour__in=starts)
    stored = {(row.key_id, row.hour): row.accepted for row in rows}
    result: dict[UUID, dict[datetime, int]] = {}
    for key_id, counts in gathered.items():
        for start, hour in counts.hours.items():
            number = hour.accepted + stored.get((key_id, start), 0)
            if hour.accepted and number > conf.UNUSUAL_REQUESTS:
                result.setdefault(key_id, {})[start] = number
    return result


def _means_of(busy: Mapping[UUID, Mapping[datetime, int]], using: str) -> dict[UUID, float]:
    """Return the mean of the earlier hours with requests."""
    if not busy:
        return {}
    first = min(start for hours in busy.values() for start in hours)
    hours = KeyHour.objects.using(using).filter(
        key_id__in=list(busy),
        hour__gte=first - timedelta(days=conf.UNUSUAL_MEAN_DAYS),
        hour__lt=first,
        accepted__gt=0,
    )
    rows = hours.order_by().values("key_id").annotate(mean=Avg("accepted"))
    return {row["key_id"]: float(row["mean"]) for row in rows}
