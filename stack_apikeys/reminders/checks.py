"""System checks of the settings for reminders."""

from collections.abc import Iterator, Mapping, Sequence
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlsplit

from django.core.checks import CheckMessage, Error

from stack_apikeys.conf import NOTICES, conf, is_well_typed

MOST_DAYS = 365


def check_reminders(**_kwargs: Any) -> list[CheckMessage]:
    """Check the settings, and whether the library for calendars is installed."""
    messages = [*_check_library()]
    if is_well_typed("NOTICES"):
        messages += _check_notices(conf.NOTICES)
    if is_well_typed("REMINDER_DAYS"):
        messages += _check_days(conf.REMINDER_DAYS)
    if is_well_typed("SITE_URL") and conf.SITE_URL:
        messages += _check_site_url(conf.SITE_URL)
    return messages


def _check_library() -> Iterator[CheckMessage]:
    if find_spec("icalendar") is None:
        yield Error(
            "stack_apikeys.reminders requires the package icalendar.",
            hint="Install it with: pip install 'django-stack-apikeys[reminders]'",
            id="stack_apikeys_reminders.E001",
        )


def _check_notices(wanted: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    for kind, is_wanted in wanted.items():
        if kind not in NOTICES:
            yield Error(
                f"STACK_APIKEYS['NOTICES'] has no kind {kind!r}.",
                hint=f"The kinds are: {', '.join(NOTICES)}.",
                id="stack_apikeys_reminders.E002",
            )
        elif not isinstance(is_wanted, bool):
            yield Error(
                f"STACK_APIKEYS['NOTICES'][{kind!r}] must be True or False.",
                id="stack_apikeys_reminders.E002",
            )


def _check_days(numbers: Sequence[Any]) -> Iterator[CheckMessage]:
    if not all(type(days) is int and 1 <= days <= MOST_DAYS for days in numbers):
        yield Error(
            f"STACK_APIKEYS['REMINDER_DAYS'] must contain only integers from 1 to {MOST_DAYS}.",
            id="stack_apikeys_reminders.E003",
        )


def _check_site_url(url: str) -> Iterator[CheckMessage]:
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        is_address = is_address and not (parts.path.strip("/") or parts.query or parts.fragment)
    except ValueError:
        is_address = False
    if not is_address:
        yield Error(
            "STACK_APIKEYS['SITE_URL'] must be an address without a path.",
            hint="For example: 'https://www.example.com'. A prefix is set by FORCE_SCRIPT_NAME.",
            id="stack_apikeys_reminders.E004",
        )
