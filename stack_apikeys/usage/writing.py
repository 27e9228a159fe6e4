"""Writes what a process has counted, in a fixed number of statements."""

import logging
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import router, transaction
from django.db.models import Q

from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.conf import conf
from stack_apikeys.models import MODELS
from stack_apikeys.signals import unusual_use
from stack_apikeys.usage import unusual
from stack_apikeys.usage.counts import MOST_NETWORKS, Gathered
from stack_apikeys.usage.models import REASONS, KeyDay, KeyHour, KeyNetwork, KeyUsage, UnusualUse
from stack_apikeys.usage.upsert import Rule, upsert

logger = logging.getLogger("stack_apikeys.usage")


MOST_TOGETHER = 1_000
"""The number of keys that are written in one transaction. Processes that use the same keys wait for
the end of each other's transactions, so none may last long."""


def write(gathered: Gathered) -> None:
    """Add the counts to those that are stored, and report unusual use.

    What has been written is taken out of ``gathered``, so that if this raises an exception, the rest
    is still there. The rows are written in the order of their keys, so that two processes wait for
    each other but never both at once. Refusals of ids that no key has are left out.
    """
    key_ids = sorted(gathered)
    for start in range(0, len(key_ids), MOST_TOGETHER):
        together = key_ids[start : start + MOST_TOGETHER]
        _write_together(_of_keys({key_id: gathered[key_id] for key_id in together}))
        for key_id in together:
            del gathered[key_id]


@repeat_on_conflict
def _write_together(gathered: Gathered) -> None:
    """Write these counts in one transaction."""
    using = router.db_for_write(KeyUsage)
    before = KeyUsage.objects.using(using).in_bulk(list(gathered))
    networks = _networks_of(gathered, using)
    found = unusual.find(gathered, before, networks, using)
    # Nothing is read in the transaction before it writes. SQLite would refuse to let it write if
    # another process had written in the meantime, instead of letting it wait.
    with transaction.atomic(using=using):
        _write_keys(gathered, using)
        _write_hours(gathered, using)
        _write_days(gathered, using)
        _write_networks(gathered, using)
        _forget_networks(gathered, networks, using)
        episodes = _record(found, using)
    for key_id, counts in gathered.items():
        if counts.first_used_at and (key_id not in before or not before[key_id].first_used_at):
            extra = {
                "api_key_id": str(key_id),
                "kind": counts.kind,
                "address": counts.last_address,
                "path": counts.first_path,
            }
            logger.info("API key %s was used for the first time.", key_id, extra=extra)
    for episode in episodes:
        unusual_use.send_robust(sender=MODELS[episode.kind], unusual_use=episode)  # type: ignore[index]


def _record(episodes: list[UnusualUse], using: str) -> list[UnusualUse]:
    """Store the episodes, and return those that are not recorded yet.

    No other process records the same at this moment: the rows of the keys are locked, since the
    transaction has written them.
    """
    if not episodes:
        return []
    window = timedelta(days=conf.UNUSUAL_NETWORK_DAYS)
    recent = UnusualUse.objects.using(using).filter(
        key_id__in={each.key_id for each in episodes},
        moment__gt=min(each.moment for each in episodes) - max(window, timedelta(days=1)),
    )
    stored = [*recent.order_by("moment")]
    recorded = {(each.key_id, each.rule, each.about): each for each in stored}
    new = []
    for each in episodes:
        last = recorded.get((each.key_id, each.rule, each.about))
        # A network is new again after so long. The others have their day or hour in ``about``.
        if last is None or (each.rule == "network" and each.moment - last.moment >= window):
            new.append(each)
    UnusualUse.objects.using(using).bulk_create(new)
    # Read again, because not every database returns the primary keys of new rows.
    return [*recent.exclude(pk__in=[each.pk for each in stored]).order_by("pk")] if new else []


def _of_keys(gathered: Gathered) -> Gathered:
    claimed: dict[str, list[object]] = {}
    for key_id, counts in gathered.items():
        if not counts.is_proven:
            claimed.setdefault(counts.kind, []).append(key_id)
    exist = {
        key_id
        for kind, key_ids in claimed.items()
        for key_id in MODELS[kind].objects.filter(pk__in=key_ids).values_list("pk", flat=True)  # type: ignore[index]
    }
    return {
        key_id: counts for key_id, counts in gathered.items() if counts.is_proven or key_id in exist
    }


def _write_keys(gathered: Gathered, using: str) -> None:
    upsert(
        KeyUsage,
        [
            {
                "key_id": key_id,
                "kind": counts.kind,
                "first_used_at": counts.first_used_at,
                "last_used_at": counts.last_used_at,
                "last_refused_at": counts.last_refused_at,
                "last_proven_at": counts.last_proven_at,
                "last_address": counts.last_address,
                "accepted": counts.accepted,
                "refused": counts.refused,
            }
            for key_id, counts in gathered.items()
        ],
        unique=["key_id"],
        rules={
            "last_address": "newest",
            "first_used_at": "earliest",
            "last_used_at": "latest",
            "last_refused_at": "latest",
            "last_proven_at": "latest",
            "accepted": "add",
            "refused": "add",
        },
        using=using,
        age="last_used_at",
    )


def _write_hours(gathered: Gathered, using: str) -> None:
    upsert(
        KeyHour,
        [
            {
                "key_id": key_id,
                "hour": start,
                "last_used_at": hour.last_used_at,
                "accepted": hour.accepted,
                **{f"refused_{reason}": hour.refused[reason] for reason in REASONS},
            }
            for key_id, counts in gathered.items()
            for start, hour in sorted(counts.hours.items())
        ],
        unique=["key_id", "hour"],
        rules={
            "last_used_at": "latest",
            "accepted": "add",
            **{f"refused_{reason}": "add" for reason in REASONS},
        },
        using=using,
    )


def _write_days(gathered: Gathered, using: str) -> None:
    days: dict[tuple[UUID, date], dict[str, Any]] = {}
    for key_id, counts in gathered.items():
        for start, hour in sorted(counts.hours.items()):
            new = {"key_id": key_id, "day": start.date(), "accepted": 0, "refused": 0}
            day = days.setdefault((key_id, start.date()), new)
            day["accepted"] += hour.accepted
            day["refused"] += hour.refused.total()
    rules: dict[str, Rule] = {"accepted": "add", "refused": "add"}
    upsert(KeyDay, [*days.values()], unique=["key_id", "day"], rules=rules, using=using)


def _networks_of(gathered: Gathered, using: str) -> dict[UUID, dict[str, datetime]]:
    """Return the stored networks of the keys that were used from any."""
    result: dict[UUID, dict[str, datetime]] = {
        key_id: {} for key_id, counts in gathered.items() if counts.networks
    }
    for each in KeyNetwork.objects.using(using).filter(key_id__in=list(result)):
        result[each.key_id][each.network] = each.last_seen_at
    return result


def _forget_networks(
    gathered: Gathered, stored: Mapping[UUID, Mapping[str, datetime]], using: str
) -> None:
    """Delete networks that were not seen for the longest time if a key has too many now."""
    old = Q()
    for key_id, networks in stored.items():
        new = gathered[key_id].networks
        rest = sorted(networks.keys() - new.keys(), key=lambda each: networks[each], reverse=True)
        if too_many := rest[max(0, MOST_NETWORKS - len(new)) :]:
            old |= Q(key_id=key_id, network__in=too_many)
    if old:
        KeyNetwork.objects.using(using).filter(old).delete()


def _write_networks(gathered: Gathered, using: str) -> None:
    upsert(
        KeyNetwork,
        [
            {
                "key_id": key_id,
                "network": network,
                "first_seen_at": first,
                "last_seen_at": last,
            }
            for key_id, counts in gathered.items()
            for network, (first, last) in sorted(counts.networks.items())
        ],
        unique=["key_id", "network"],
        rules={"first_seen_at": "earliest", "last_seen_at": "latest"},
        using=using,
    )
