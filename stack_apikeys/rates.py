"""How often each key may be used: the rates of the settings, and those of single keys.

Rates are lists such as ``["20/second", "1000/hour"]``, with at most one for each period. An empty
list, for which ``"unlimited"`` may be written, means no limit.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from django.core.exceptions import ValidationError
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from stack_apikeys.conf import conf
from stack_apikeys.counters import MOST_EVENTS
from stack_apikeys.limits import Rate


class LimitedKey(Protocol):
    """What this module needs of an API key, whose models are above it."""

    pk: Any
    is_public: Any
    rates: Any


UNLIMITED = "unlimited"

PERIODS = {1: "second", 60: "minute", 60 * 60: "hour", 24 * 60 * 60: "day"}
"""The names of periods, by their length in seconds."""

_RATE = re.compile("[1-9][0-9]*/[smhd][a-z]*")


def is_rate(text: object) -> bool:
    """Return whether the text is a rate in DRF's syntax, such as ``"120/min"``."""
    return (
        isinstance(text, str)
        and _RATE.fullmatch(text) is not None
        and Rate.parse(text).events <= MOST_EVENTS
    )


def are_rates(rates: object) -> bool:
    """Return whether ``rates`` is a list of rates with different periods."""
    if not isinstance(rates, list | tuple) or not all(map(is_rate, rates)):
        return False
    return len({Rate.parse(rate).seconds for rate in rates}) == len(rates)


def clean_rates(rates: object) -> list[str] | None:
    """Return rates as a key stores them. None stands for those of the settings.

    Raises ValidationError.
    """
    if rates is None:
        return None
    if rates == UNLIMITED:
        return []
    if not isinstance(rates, list | tuple) or not are_rates(rates):
        raise ValidationError(
            _(
                "Must be a list of rates such as 20/second and 1000/hour, at most one for each "
                "period, or unlimited."
            ),
            code="invalid",
        )
    return list(rates)


def rates_of(api_key: LimitedKey) -> Sequence[Rate]:
    """Return the rates of a key, the shortest period first: its own, or those of the settings."""
    rates = api_key.rates
    if rates is None and api_key.is_public:
        rates = conf.PUBLIC_RATES
    if rates is None:
        rates = conf.RATES
    return _parse(tuple(rates)) if rates else ()


def describe(rate: Rate) -> str:
    """Return the rate as people read it, in the active language."""
    text = {
        "second": _("%(number)s per second"),
        "minute": _("%(number)s per minute"),
        "hour": _("%(number)s per hour"),
        "day": _("%(number)s per day"),
    }[PERIODS[rate.seconds]]
    return text % {"number": number_format(rate.events, force_grouping=True)}


@lru_cache(maxsize=1000)
def _parse(rates: tuple[str, ...]) -> Sequence[Rate]:
    return sorted(map(Rate.parse, rates), key=lambda rate: rate.seconds)
