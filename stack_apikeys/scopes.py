"""What a key may do: scopes, which the project names in ``STACK_APIKEYS["SCOPES"]``.

Only scopes that the setting names grant anything, and can be granted. The scope ``reports:*``
includes all others that begin with ``reports:``.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeAlias

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from stack_apikeys.conf import conf
from stack_apikeys.validators import as_list

MOST_SCOPES = 100
"""The maximum number of scopes of one key."""

# The characters of RFC 6749, section 3.3, in parts that colons separate. The last one may be "*".
_SCOPE = re.compile(
    r"[\x21\x23-\x29\x2b-\x39\x3b-\x5b\x5d-\x7e]+(:[\x21\x23-\x29\x2b-\x39\x3b-\x5b\x5d-\x7e]+)*(:\*)?"
)

Required: TypeAlias = str | Sequence[str] | Mapping[str, str | Sequence[str]]
"""The scopes that a view requires: all of them, or by method such as ``{"GET": ["reports:read"]}``."""


def is_scope(text: object) -> bool:
    """Return whether the text is the name of a scope, such as ``"reports:read"``."""
    return isinstance(text, str) and len(text) <= 100 and _SCOPE.fullmatch(text) is not None


def clean_scopes(scopes: Any) -> list[str] | None:
    """Return scopes as a key stores them, sorted. None: the key was created without scopes.

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


def clean_named_scopes(scopes: Any) -> list[str]:
    """Return scopes as a key stores them, if the project names each of them.

    Raises ValidationError, which names the field.
    """
    try:
        cleaned = clean_scopes("" if scopes is None else as_list(scopes)) or []
    except ValidationError as error:
        raise ValidationError({"scopes": error}) from None
    for scope in cleaned:
        if scope not in conf.SCOPES:
            message = _("There is no scope %(scope)s.")
            unknown = ValidationError(message, code="unknown", params={"scope": scope})
            raise ValidationError({"scopes": unknown})
    return cleaned


def in_force(scopes: Sequence[str] | None) -> Sequence[str] | None:
    """Return those of a key's scopes that still grant something, or None if it may do everything."""
    if scopes is None:
        return None if conf.SCOPELESS_KEYS == "full" or not conf.SCOPES else ()
    return [scope for scope in scopes if scope in conf.SCOPES]


def grant(scopes: Sequence[str] | None, names: Iterable[str]) -> bool:
    """Return whether a key with these scopes has each scope in ``names``."""
    granted = in_force(scopes)
    return granted is None or all(
        name in conf.SCOPES and is_included(name, granted) for name in names
    )


def is_included(name: str, scopes: Iterable[str]) -> bool:
    """Return whether one of the scopes is this one, or includes it."""
    return any(
        scope == name or (scope.endswith(":*") and name.startswith(scope[:-1])) for scope in scopes
    )


def included_in(scopes: Collection[str] | None) -> list[str]:
    """Return the scopes of the project that these include, in its order. None includes all."""
    return [name for name in conf.SCOPES if scopes is None or is_included(name, scopes)]


def fewest(names: Iterable[str]) -> list[str]:
    """Return these scopes without those that others of them include."""
    names = [*names]
    return [
        name for name in names if not is_included(name, (each for each in names if each != name))
    ]


def read_only(names: Iterable[str]) -> list[str]:
    """Return the scopes to read something: those whose last part is ``read``."""
    return [name for name in names if name.rpartition(":")[2] == "read"]


def grouped(names: Iterable[str]) -> dict[str, list[tuple[str, object]]]:
    """Return scopes with their descriptions, by the first part of their names."""
    groups: dict[str, list[tuple[str, object]]] = {}
    for name in names:
        groups.setdefault(name.partition(":")[0], []).append((name, conf.SCOPES[name]))
    return groups


def required_for(method: str | None, required: Required) -> Sequence[str] | None:
    """Return the scopes that a request with this method requires, or None if none will do.

    Without an entry of their own, HEAD and OPTIONS require what GET does.
    """
    if isinstance(required, Mapping):
        names = required.get(str(method))
        if names is None and method in {"HEAD", "OPTIONS"}:
            names = required.get("GET")
    else:
        names = required
    return (names,) if isinstance(names, str) else names
