"""Receivers of the signals about changes, which are sent after the commit."""

from typing import Any

from stack_apikeys.models import ApiKey
from stack_apikeys.reminders.delivery import deliver


def tell_of_creation(api_key: ApiKey, **_: Any) -> None:
    """Tell of a new key, unless it replaces another one, whose rotation is told of."""
    if api_key.rotated_from_id is None:
        deliver(api_key, "created")


def tell_of_rotation(api_key: ApiKey, **_: Any) -> None:
    """Tell that the key was replaced by another one."""
    deliver(api_key, "rotated")


def tell_of_revocation(api_key: ApiKey, cause: str = "", **_: Any) -> None:
    """Tell that the key was revoked, and why."""
    deliver(api_key, "idle" if cause == "idle" else "revoked")
