"""Check the settings for the life of keys."""

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from django.apps import apps
from django.core.checks import CheckMessage, Error

from stack_apikeys.conf import conf, is_well_typed

SHORTEST_LIFETIME = timedelta(hours=1)

LONGEST_LIFETIME = timedelta(days=36_500)


def check_life(**_kwargs: Any) -> list[CheckMessage]:
    """Check how long keys may live, and what ends them."""
    checks: Mapping[str, Callable[[Any], Iterator[CheckMessage]]] = {
        "MAX_LIFETIME": _check_max_lifetime,
        "IDLE_DAYS": _check_idle_days,
        "ON_CREATOR_LEAVING": _check_on_creator_leaving,
    }
    return [
        message
        for name, check in checks.items()
        if is_well_typed(name)
        for message in check(getattr(conf, name))
    ]


def _check_max_lifetime(lifetime: timedelta | None) -> Iterator[CheckMessage]:
    if lifetime is not None and not SHORTEST_LIFETIME <= lifetime <= LONGEST_LIFETIME:
        yield Error(
            f"STACK_APIKEYS['MAX_LIFETIME'] is {lifetime}, which is not between an hour and 36500 "
            "days.",
            hint="None means that keys may live as long as their creators like.",
            id="stack_apikeys.E080",
        )


def _check_idle_days(days: int | None) -> Iterator[CheckMessage]:
    if days is None:
        return
    if days < 1:
        yield Error(
            f"STACK_APIKEYS['IDLE_DAYS'] is {days}, but must be at least 1.",
            hint="None means that keys are not revoked because nobody uses them.",
            id="stack_apikeys.E081",
        )
    if not apps.is_installed("stack_apikeys.usage"):
        yield Error(
            "STACK_APIKEYS['IDLE_DAYS'] is set, but the use of keys is not counted.",
            hint="Add 'stack_apikeys.usage' to INSTALLED_APPS.",
            id="stack_apikeys.E082",
        )
    elif is_well_typed("USAGE_RETENTION_DAYS") and days >= conf.USAGE_RETENTION_DAYS:
        yield Error(
            f"STACK_APIKEYS['IDLE_DAYS'] is {days}, but what is counted is deleted after "
            f"{conf.USAGE_RETENTION_DAYS} days.",
            hint="Set USAGE_RETENTION_DAYS to more days.",
            id="stack_apikeys.E083",
        )


def _check_on_creator_leaving(action: str) -> Iterator[CheckMessage]:
    if action not in {"keep", "revoke"}:
        yield Error(
            f"STACK_APIKEYS['ON_CREATOR_LEAVING'] is {action!r}, which is neither 'keep' nor "
            "'revoke'.",
            id="stack_apikeys.E084",
        )
