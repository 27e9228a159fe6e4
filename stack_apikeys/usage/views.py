"""The endpoint ``GET /api/v1/{user,team}-api-keys/{id}/usage``."""

from datetime import datetime, timedelta
from itertools import islice
from typing import Any, ClassVar

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys import timestamps
from stack_apikeys.api.serializers import ApiKeyIdParams, TeamQuery, UserQuery
from stack_apikeys.api.viewsets import ApiKeyViewSet, TeamApiKeyViewSet, UserApiKeyViewSet
from stack_apikeys.timestamps import EPOCH
from stack_apikeys.usage.reading import (
    Interval,
    Use,
    following,
    starts,
    usage_of,
    uses_of,
)
from stack_apikeys.wire.fields import MillisField
from stack_apikeys.wire.validation import RequestPart, schema_error

MOST_ITEMS = 1_000
"""The maximum number of intervals in one response."""

DEFAULT_DAYS = 30
"""The length of the time that a request without ``from_millis`` gets, in days."""


class UsageQuery(RequestPart):
    """The time and the length of the intervals. By default, the days of the last 30."""

    from_millis = MillisField(required=False)
    until_millis = MillisField(required=False)
    interval = serializers.ChoiceField(choices=["hour", "day", "month"], default="day")


class UserUsageQuery(UsageQuery, UserQuery):
    """The same, with the user, who is ignored."""


class TeamUsageQuery(UsageQuery, TeamQuery):
    """The same, with the team, which is ignored."""


class UsageMixin(ApiKeyViewSet):
    """The use of one key."""

    usage_query: ClassVar[type[UsageQuery]]

    def usage(self, request: Request, **_kwargs: Any) -> Response:
        """Return the use of the key in each interval, oldest first, and in all of them."""
        fields = self.validated(request, params=ApiKeyIdParams, query=self.usage_query)
        api_key = self._get_api_key(request, fields)
        interval: Interval = fields["interval"]
        moments = self._moments(request, interval, fields)
        end = following(moments[-1], interval)
        uses = uses_of([api_key.pk], interval, moments[0], end)[api_key.pk]
        usage = usage_of(api_key)
        return Response(
            {
                "items": [_item(moment, interval, uses.get(moment, Use())) for moment in moments],
                "total": {
                    "accepted": sum(use.accepted for use in uses.values()),
                    "refused": sum(use.refusals for use in uses.values()),
                },
                "first_used_at_millis": _millis(usage.first_used_at),
                "last_used_at_millis": _millis(usage.last_used_at),
            }
        )

    def _moments(
        self, request: Request, interval: Interval, fields: dict[str, Any]
    ) -> list[datetime]:
        """Return the starts of the intervals that were asked for."""
        # A field that is 0 is None.
        end = fields.get("until_millis", timezone.now()) or EPOCH
        start = fields.get("from_millis", end - timedelta(days=DEFAULT_DAYS)) or EPOCH
        moments = list(islice(starts(interval, start, end), MOST_ITEMS + 1))
        problem = ""
        if start >= end:
            problem = "query.from_millis must be before query.until_millis"
        elif len(moments) > MOST_ITEMS:
            problem = f"query.interval must be longer: there are at most {MOST_ITEMS} items"
        if problem:
            raise schema_error(self.request_line(request), [problem])
        return moments


def _item(moment: datetime, interval: Interval, use: Use) -> dict[str, Any]:
    return {
        "from_millis": timestamps.to_millis(moment),
        "until_millis": timestamps.to_millis(following(moment, interval)),
        "accepted": use.accepted,
        "refused": dict(use.refused),
    }


class UserKeyUsageView(UsageMixin, UserApiKeyViewSet):
    """The use of a user's key."""

    usage_query = UserUsageQuery


class TeamKeyUsageView(UsageMixin, TeamApiKeyViewSet):
    """The use of a team's key."""

    usage_query = TeamUsageQuery


def _millis(moment: datetime | None) -> int | None:
    return None if moment is None else timestamps.to_millis(moment)
