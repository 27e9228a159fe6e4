"""Read the body of a request (section 3 of the wire contract)."""

import io
import json
from collections.abc import Callable
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, QueryDict, UnreadablePostError
from django.utils.datastructures import MultiValueDict

from stack_apikeys._redaction.names import SECRET_FIELDS
from stack_apikeys.secret import Secret
from stack_apikeys.wire.exceptions import BodyParsingError

MAX_DEPTH = 64
"""Maximum nesting of lists and objects in a body. No endpoint needs more than a few levels."""

_CONTAINERS = (dict, list)


def forget_body(request: HttpRequest) -> None:
    """Replace the body of the request by an empty one, whether it has been read or not."""
    vars(request).update(
        _body=b"", _post=QueryDict(), _files=MultiValueDict(), _stream=io.BytesIO()
    )


def read_body(request: HttpRequest) -> Any:
    """Parse the body and discard it, so that no error report can contain it.

    Returns None for a request without a body; that includes every GET, and requests without a
    content type. Parameters of the content type are ignored: text is UTF-8. The values of
    `SECRET_FIELDS` are returned as `Secret`. Raises `BodyParsingError`.
    """
    content_type = request.content_type
    if request.method in ("GET", "HEAD") or not content_type:
        return None
    parse = _PARSERS.get(content_type)
    if parse is None:
        raise BodyParsingError(message=f"Unknown content type in request body: {content_type}")
    try:
        body = parse(request.body) if request.body else None
    except RequestDataTooBig:
        raise BodyParsingError(message="The request body is too large") from None
    except UnreadablePostError:
        raise BodyParsingError(message="The request body ended early") from None
    finally:
        forget_body(request)
    if _is_too_deep(body):
        raise BodyParsingError(message=f"The request body is nested deeper than {MAX_DEPTH} levels")
    return _with_secrets(body)


def _is_too_deep(body: object) -> bool:
    level = [body] if isinstance(body, _CONTAINERS) else []
    for _depth in range(MAX_DEPTH):
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent)
            if isinstance(child, _CONTAINERS)
        ]
        if not level:
            return False
    return True


def _with_secrets(body: object) -> object:
    if not isinstance(body, dict):
        return body
    return {
        name: Secret(value) if name in SECRET_FIELDS and isinstance(value, str) else value
        for name, value in body.items()
    }


def _parse_form(body: bytes) -> dict[str, str]:
    return QueryDict(body, encoding="utf-8").dict()


def _parse_text(body: bytes) -> str:
    return body.decode(errors="replace")


def _parse_json(body: bytes) -> Any:
    try:
        return json.loads(body, parse_constant=_reject_constant)
    except (ValueError, RecursionError):
        raise BodyParsingError(message="Invalid JSON in request body") from None


def _reject_constant(constant: str) -> None:
    raise ValueError(f"{constant} is not valid JSON")


_PARSERS: dict[str, Callable[[bytes], Any]] = {
    "application/json": _parse_json,
    "application/x-www-form-urlencoded": _parse_form,
    "text/plain": _parse_text,
    "application/octet-stream": _parse_text,
}
