"""What is checked of lists that code passes, and of the pictures of users and teams."""

import re
from collections.abc import Iterable, Mapping

from django.core.validators import URLValidator

LONGEST = 150_000
"""The maximum length of a URL. The React component of the SDK sends pictures as ``data:`` URLs.

It shrinks pictures to at most 0.1 MiB, to which base64 adds a third.
"""

_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_validate_http_url = URLValidator(schemes=["http", "https"])


def as_list(value: object) -> object:
    """Return the items of any iterable as a list. A text or a mapping is returned unchanged."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes | Mapping):
        return [*value]
    return value


def validate_picture(url: str) -> None:
    """Raise ValidationError unless the URL is ``http:``, ``https:``, or a ``data:`` URL of an image.

    Images are PNG, JPEG, GIF and WebP, which cannot contain scripts.
    """
    if len(url) > LONGEST or not _DATA.fullmatch(url):
        _validate_http_url(url)
