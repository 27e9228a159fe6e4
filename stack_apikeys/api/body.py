"""The body of a request, read as section 3 of the wire contract says."""

import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, QueryDict, UnreadablePostError

from stack_apikeys.exceptions import BodyParsingError


def read_body(request: HttpRequest) -> Any:
    """What the body says, or None for a request without one.

    A GET has no body, whatever it sends, and neither has a request without a content type.
    Parameters of the content type are ignored; text is UTF-8. Raises `BodyParsingError`.
    """
    content_type = request.content_type
    if request.method in ("GET", "HEAD") or not content_type:
        return None
    parse = PARSERS.get(content_type)
    if parse is None:
        raise BodyParsingError(message=f"Unknown content type in request body: {content_type}")
    try:
        return parse(request.body)
    except RequestDataTooBig:
        raise BodyParsingError(message="The request body is too large") from None
    except UnreadablePostError:
        raise BodyParsingError(message="The request body ended early") from None


def _parse_form(body: bytes) -> dict[str, str]:
    return QueryDict(body, encoding="utf-8").dict()


def _parse_text(body: bytes) -> str:
    return body.decode(errors="replace")


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BodyParsingError(message="Invalid JSON in request body") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is Python's, not JSON's")


PARSERS: dict[str, Callable[[bytes], Any]] = {
    "application/json": _parse_json,
    "application/x-www-form-urlencoded": _parse_form,
    "text/plain": _parse_text,
    "application/octet-stream": _parse_text,
}
"""How a body is read, by its content type."""
