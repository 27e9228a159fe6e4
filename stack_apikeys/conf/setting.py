"""How a setting is read."""

from collections.abc import Mapping
from typing import Any, Generic, TypeVar

from django.conf import settings

T = TypeVar("T")

_cached_settings = vars(settings)
"""The cache of `settings`: an assignment to a setting, or to several by ``override_settings``,
removes it from here. A lookup in it takes a quarter of the time that ``settings.STACK_APIKEYS``
takes, and a request reads a dozen settings."""


class Setting(Generic[T]):
    """One key of ``STACK_APIKEYS``: a descriptor that reads it at each access.

    ``types`` are the types that the system checks accept, by default that of ``default``.
    """

    def __init__(self, default: T, *types: type) -> None:
        self.default = default
        self.types = types or (type(default),)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> T:
        value: T = (_cached_settings.get("STACK_APIKEYS") or configured()).get(
            self.name, self.default
        )
        return value

    def accepts(self, value: object) -> bool:
        """Return whether ``value`` has one of the ``types``. A bool is not accepted as an int."""
        return isinstance(value, self.types) and (not isinstance(value, bool) or bool in self.types)


def configured() -> Mapping[str, Any]:
    """Return ``settings.STACK_APIKEYS``, or an empty dictionary if it is not set."""
    found: Mapping[str, Any] | None = _cached_settings.get("STACK_APIKEYS")
    if found is None:
        # Looking for a setting that does not exist is slow, so the default is cached like a value.
        found = _cached_settings.setdefault("STACK_APIKEYS", getattr(settings, "STACK_APIKEYS", {}))
    return found
