"""The body of a request, read as section 3 of the wire contract says."""

import json
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, QueryDict

from stack_apikeys.exceptions import BodyParsingError


def read_body(request: HttpRequest) -> Any:
    """What the body says, or None for a request without one.

    A GET has no body, whatever it sends, and neither has a request without a content type.
    Parameters of the content type are ignored; text is UTF-8. Raises `BodyParsingError`.
    """
    content_type = request.content_type
    if request.method in ("GET", "HEAD") or not content_type:
        return None
    try:
        body = request.body
    except RequestDataTooBig:
        raise BodyParsingError(message="The request body is too large") from None
    match content_type:
        case "application/json":
            return _parse_json(body)
        case "application/x-www-form-urlencoded":
            return QueryDict(body, encoding="utf-8").dict()
        case "text/plain" | "application/octet-stream":
            return body.decode(errors="replace")
    raise BodyParsingError(message=f"Unknown content type in request body: {content_type}")


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise BodyParsingError(message="Invalid JSON in request body") from None


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is Python's, not JSON's")
