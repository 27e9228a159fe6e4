"""The lists that the endpoints return."""

from typing import Any


def serialize_list(items: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the response for a complete list. The official SDK does not paginate."""
    return {"items": items, "is_paginated": False}


def serialize_page(items: list[dict[str, Any]], *, next_cursor: str | None) -> dict[str, Any]:
    """Return the response for one page of a list; the last page has no ``next_cursor``."""
    return {"items": items, "is_paginated": True, "pagination": {"next_cursor": next_cursor}}
