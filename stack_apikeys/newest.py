"""The newest of very many keys, for what no index of the database answers.

To count keys, to compare a text with each of them, or to sort them by something that has no index,
the database reads them all. Lists do this with the newest keys only, and say so.
"""

from typing import Any

from django.db.models import Q, QuerySet, Value
from django.db.models.functions import Coalesce

from stack_apikeys import timestamps

MOST_COMPARED = 5_000
"""How many keys are counted, compared or sorted. PostgreSQL reads them within some ten milliseconds."""

BY_EXPIRY = Coalesce("expires_at", Value(timestamps.LATEST))
"""Sorts keys that never expire after all that do.

PostgreSQL sorts the newest keys, or those of an owner, by the expression. By the column itself, it may
read the keys of all owners in the order of that column's index, until it has found enough.
"""


def among_newest(api_keys: QuerySet[Any], number: int | None = None) -> Q | None:
    """Return the condition for this number of the newest of these keys, or None if there are no more.

    The number is `MOST_COMPARED` by default. It is a condition for other queries of the same keys.
    Takes one query.
    """
    number = number or MOST_COMPARED
    times = api_keys.order_by("-created_at", "-pk").values_list("created_at", "pk")
    last_and_next = [*times[number - 1 : number + 1]]
    if len(last_and_next) < 2:
        return None
    created_at, primary_key = last_and_next[0]
    # Many keys that were issued together have the same time.
    return Q(created_at__gt=created_at) | Q(created_at=created_at, pk__gte=primary_key)


def within(newest: Q | None, condition: Q) -> Q:
    """Return the condition, which is only compared with the newest keys."""
    return condition if newest is None else newest & condition
