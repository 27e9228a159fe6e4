"""Pictures of people and teams: where one is, or a small one itself."""

import re

from django.core.validators import URLValidator

LONGEST = 150_000
"""Characters of a picture as a ``data:`` URL, which is how the React component sends one.

It makes pictures smaller until they have at most 0.1 MiB, and base64 adds a third.
"""

_DATA = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_validate_web_address = URLValidator(schemes=["http", "https"])


def validate_picture(url: str) -> None:
    """Raise ValidationError for all but web addresses and pictures of the usual kinds.

    So it is nothing that a browser would run.
    """
    if len(url) > LONGEST or not _DATA.fullmatch(url):
        _validate_web_address(url)
