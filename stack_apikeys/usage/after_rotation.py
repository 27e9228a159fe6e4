"""Keys that are still used after they were rotated and have ended."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import islice
from typing import NamedTuple
from uuid import UUID

from django.db.models import F, Max, Q, Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.translation import ngettext

from stack_apikeys.models import ApiKey
from stack_apikeys.pages.panels import Event, Panel
from stack_apikeys.usage.models import KeyHour
from stack_apikeys.usage.numbers import grouped
from stack_apikeys.usage.recorder import recorder

MOST_PREDECESSORS = 5
"""The number of predecessors whose use is looked at."""


class LateUse(NamedTuple):
    """The requests with a key after its end."""

    number: int
    hour: datetime
    """The start of the hour of the last one."""

    @property
    def shown(self) -> str:
        """The number as people read it."""
        return grouped(self.number)


def late_use_of(key_ids: Iterable[UUID]) -> dict[UUID, LateUse]:
    """Return the requests with each of these keys that were refused because of its end.

    Keys without any are not in the result. It takes one query.
    """
    key_ids = list(key_ids)
    rows = (
        KeyHour.objects.filter(
            Q(refused_expired__gt=0) | Q(refused_revoked__gt=0), key_id__in=key_ids
        )
        .order_by()
        .values("key_id")
        .annotate(number=Sum(F("refused_expired") + F("refused_revoked")), last=Max("hour"))
    )
    result = {row["key_id"]: LateUse(row["number"], row["last"]) for row in rows}
    for key_id in key_ids:
        counts = recorder.gathered(key_id)
        for hour, of_hour in sorted(counts.hours.items()) if counts else []:
            if number := of_hour.refused["expired"] + of_hour.refused["revoked"]:
                before = result.get(key_id, LateUse(0, hour))
                result[key_id] = LateUse(before.number + number, max(before.hour, hour))
    return result


class AfterRotationPanel(Panel):
    """A warning on the page of the successor, and an event in the history of the key itself."""

    def details(self, request: HttpRequest, api_key: ApiKey) -> str:
        """Return the predecessors that are still used."""
        if api_key.rotated_from_id is None:
            return ""
        predecessors = [*islice(api_key.predecessors(), MOST_PREDECESSORS)]
        late = late_use_of(each.pk for each in predecessors)
        used = [(each, late[each.pk]) for each in predecessors if each.pk in late]
        return render_to_string("stack_apikeys_usage/after_rotation.html", {"used": used}, request)

    def history(self, api_key: ApiKey) -> Iterator[Event]:
        """Yield the use after the rotation and the end of the key."""
        if not hasattr(api_key, "successor"):
            return
        for use in late_use_of([api_key.pk]).values():
            text = ngettext(
                "Still used after rotation: %(number)s request was refused",
                "Still used after rotation: %(number)s requests were refused",
                use.number,
            )
            ends = (api_key.manually_revoked_at, api_key.expires_at)
            yield Event(max(use.hour, *filter(None, ends)), text % {"number": use.shown})
