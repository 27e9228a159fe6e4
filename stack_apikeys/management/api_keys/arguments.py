"""What the arguments of the subcommands may be. What is malformed is an error of usage."""

import re
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from functools import wraps
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.core.validators import validate_ipv46_address
from django.db import connections
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from stack_apikeys import timestamps
from stack_apikeys._database.primary_keys import UNSTORABLE
from stack_apikeys.models import UserApiKey
from stack_apikeys.models.querysets import condition_for_name
from stack_apikeys.networks import clean_networks
from stack_apikeys.rates import UNLIMITED, clean_rates
from stack_apikeys.scanning import holds_a_secret
from stack_apikeys.scopes import clean_scopes

T = TypeVar("T")

KEY_HELP = "The key's id, its masked form, such as sk_…ab12, or its last four characters."

_DURATION = re.compile(r"([0-9]{1,5})([mhd])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def add_owner(parser: ArgumentParser, *, required: bool) -> None:
    """Add ``--user`` and ``--team``."""
    owner = parser.add_mutually_exclusive_group(required=required)
    owner.add_argument(
        "--user", type=text, help="The user's e-mail address, user name or primary key."
    )
    owner.add_argument("--team", type=text, help="The team's name, slug or primary key.")


def add_database(parser: ArgumentParser) -> None:
    """Add ``--database``."""
    parser.add_argument(
        "--database",
        choices=tuple(connections),
        help="The database with the keys and their owners. By default, the routers choose.",
    )


def add_limits(parser: ArgumentParser) -> None:
    """Add what a new key may do, from where, and how often."""
    parser.add_argument(
        "--scope",
        action="append",
        dest="scopes",
        type=scope,
        metavar="SCOPE",
        help="What the key may do, such as reports:read. Repeat it for several scopes. By default, "
        "DEFAULT_SCOPES.",
    )
    parser.add_argument(
        "--network",
        action="append",
        dest="networks",
        type=network,
        metavar="NETWORK",
        help="Where the key can be used from, such as 192.0.2.0/24. Repeat it for several networks.",
    )
    parser.add_argument(
        "--rate",
        action="append",
        dest="rates",
        type=rate,
        metavar="RATE",
        help="How often the key may be used, such as 20/second, or unlimited. Repeat it for several "
        "rates.",
    )


def _argument(parse: Callable[[str], T]) -> Callable[[str], T]:
    """Make a function parse an argument: argparse shows the option and the message of its errors."""

    @wraps(parse)
    def parsed(argument: str) -> T:
        # A shell passes any bytes. What is not UTF-8 arrives as surrogates.
        if UNSTORABLE.search(argument):
            raise ArgumentTypeError("It contains characters that cannot be stored.")
        try:
            return parse(argument)
        except ValidationError as error:
            raise ArgumentTypeError(" ".join(error.messages)) from None

    return parsed


@_argument
def text(argument: str) -> str:
    """Return the argument."""
    return argument


@_argument
def description(argument: str) -> str:
    """Return the description of a key."""
    return _cleaned("description", argument)


@_argument
def reason(argument: str) -> str:
    """Return the reason of a revocation."""
    return _cleaned("revoked_reason", argument)


@_argument
def scope(argument: str) -> str:
    """Return the name of a scope."""
    clean_scopes([argument])
    return argument


@_argument
def network(argument: str) -> str:
    """Return a network."""
    clean_networks([argument])
    return argument


@_argument
def address(argument: str) -> str:
    """Return a network address."""
    validate_ipv46_address(argument)
    return argument


@_argument
def rate(argument: str) -> str:
    """Return a rate, or ``unlimited``."""
    clean_rates(argument if argument == UNLIMITED else [argument])
    return argument


@_argument
def duration(argument: str) -> timedelta:
    """Return a duration such as ``30m``, ``24h`` or ``7d``."""
    match = _DURATION.fullmatch(argument)
    if match is None:
        raise ValidationError("Enter a duration such as 30m, 24h or 7d.")
    number, unit = match.groups()
    return timedelta(**{_UNITS[unit]: int(number)})


@_argument
def expiry(argument: str) -> datetime | None:
    """Return when a key expires: a moment, the end of a day, or None for ``never``."""
    if argument == "never":
        return None
    moment = _moment(argument, time.max, sign=1)
    if moment <= timezone.now():
        raise ValidationError("Enter a time in the future.")
    return moment


@_argument
def since(argument: str) -> datetime:
    """Return a moment in the past: the one given, the beginning of a day, or so long ago."""
    return _moment(argument, time.min, sign=-1)


@_argument
def key_name(argument: str) -> str:
    """Return the id of a key, or its masked form."""
    _refuse_secret(argument)
    # The last four characters alone are a name only where nothing else is expected.
    name = f"…{argument}" if len(argument) == 4 else argument
    if condition_for_name(name) is None:
        raise ValidationError("Enter the key's id, or its masked form, such as sk_…ab12.")
    return name


def no_key(_argument: str) -> str:
    """Refuse what should have been written to standard input."""
    raise ArgumentTypeError(
        "Write the key to standard input. Other users of this machine can see arguments, and the "
        "shell's history keeps them."
    )


def _refuse_secret(argument: str) -> None:
    if holds_a_secret(argument):
        raise ValidationError(
            "This looks like a key. Other users of this machine can see arguments, and the "
            "shell's history keeps them. If the key is real, revoke it by its id."
        )


def _cleaned(field: str, argument: str) -> str:
    _refuse_secret(argument)  # what is stored here is shown in many places
    column: Any = UserApiKey._meta.get_field(field)
    cleaned: str = column.clean(argument, None)
    return cleaned


def _moment(argument: str, time_of_day: time, *, sign: int) -> datetime:
    """Return the moment that the text names, or that is a duration from now."""
    if _DURATION.fullmatch(argument):
        distance = sign * duration(argument)
        # In local time, where a day on which the clocks change counts as one day.
        begin = timezone.localtime() if argument.endswith("d") else timezone.now()
        return (begin + distance).astimezone(UTC)
    try:
        if day := parse_date(argument):
            moment: datetime | None = datetime.combine(day, time_of_day)
        else:
            moment = parse_datetime(argument)
    except ValueError:
        moment = None
    if moment is None:
        raise ValidationError(
            "Enter a duration such as 90d, a day such as 2030-01-31, or a time such as "
            "2030-01-31T12:00+01:00."
        )
    return timestamps.clean(timezone.make_aware(moment) if timezone.is_naive(moment) else moment)
