"""Pagination of lists of keys, an addition to the wire contract.

Without ``limit``, a list has all keys, as the SDKs expect.
"""

import re
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q
from rest_framework import serializers

from stack_apikeys import timestamps
from stack_apikeys.api.serializers import TeamListQuery, UserQuery, serialize_api_keys
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.wire.validation import RequestPart

MAX_LIMIT = 1000
"""Maximum number of keys on a page."""

_CURSOR = re.compile(r"(\d{1,15})-([0-9a-f]{32})", re.ASCII)


class _LimitField(serializers.Field[Any, Any, Any, Any]):
    """The maximum number of keys to return."""

    def to_internal_value(self, data: object) -> int:
        text = str(data)
        if re.fullmatch(r"[0-9]{1,4}", text) and 1 <= int(text) <= MAX_LIMIT:
            return int(text)
        raise serializers.ValidationError(f"must be a whole number between 1 and {MAX_LIMIT}")


class _CursorField(serializers.Field[Any, Any, Any, Any]):
    """The ``next_cursor`` of a page: the last key's time of creation, and its id."""

    def to_internal_value(self, data: object) -> tuple[datetime, UUID]:
        try:
            millis, key_id = _CURSOR.fullmatch(str(data)).groups()  # type: ignore[union-attr]
            return timestamps.from_millis(int(millis)), UUID(key_id)
        except (AttributeError, ValueError, OverflowError):
            raise serializers.ValidationError("must be the next_cursor of another page") from None


class PageQuery(RequestPart):
    """The page of a list to return."""

    limit = _LimitField(required=False)
    cursor = _CursorField(required=False)


class UserPageQuery(PageQuery, UserQuery):
    """The query of a list of a user's keys."""


class TeamPageQuery(PageQuery, TeamListQuery):
    """The query of a list of a team's keys."""


def list_api_keys(api_keys: ApiKeyQuerySet[Any], fields: dict[str, Any]) -> dict[str, object]:
    """Return these keys, or the page of them that ``limit`` and ``cursor`` in ``fields`` select.

    Takes one query, which reads one row more than the page has.
    """
    if "cursor" in fields:
        created_at, key_id = fields["cursor"]
        api_keys = api_keys.filter(
            Q(created_at__lt=created_at) | Q(created_at=created_at, pk__lt=key_id)
        )
    limit = fields.get("limit")
    if limit is None:
        return {"items": serialize_api_keys(api_keys), "is_paginated": False}
    items = serialize_api_keys(api_keys[: limit + 1])
    next_cursor = _cursor_after(items[limit - 1]) if len(items) > limit else None
    return {
        "items": items[:limit],
        "is_paginated": True,
        "pagination": {"limit": limit, "next_cursor": next_cursor},
    }


def _cursor_after(item: dict[str, Any]) -> str:
    return f"{item['created_at_millis']}-{UUID(item['id']).hex}"
