"""What a key may do: scopes, which the project names in ``STACK_APIKEYS["SCOPES"]``."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

MOST_SCOPES = 100
"""The maximum number of scopes of one key."""

# The characters of RFC 6749, section 3.3, in parts that colons separate. The last one may be "*".
_SCOPE = re.compile(
    r"[\x21\x23-\x29\x2b-\x39\x3b-\x5b\x5d-\x7e]+(:[\x21\x23-\x29\x2b-\x39\x3b-\x5b\x5d-\x7e]+)*(:\*)?"
)


def is_scope(text: object) -> bool:
    """Return whether the text is the name of a scope, such as ``"reports:read"``."""
    return isinstance(text, str) and len(text) <= 100 and _SCOPE.fullmatch(text) is not None


def clean_scopes(scopes: Any) -> list[str] | None:
    """Return scopes as a key stores them, sorted. None: the key itself does not restrict them.

    Raises ValidationError.
    """
    if scopes is None:
        return None
    if not isinstance(scopes, list | tuple | set | frozenset) or not all(map(is_scope, scopes)):
        raise ValidationError(_("Must be a list of scopes such as reports:read."), code="invalid")
    if len(scopes) > MOST_SCOPES:
        raise ValidationError(
            _("A key can have at most %(limit)s scopes."),
            code="too_many",
            params={"limit": MOST_SCOPES},
        )
    return sorted({*scopes})
