"""Times with millisecond precision, and their representation in the HTTP API.

The HTTP API represents a time as the number of milliseconds since 1970, in UTC. Rows store times
with the same precision, so that a response to a creation has the same times as later ones. Floats
are never used.
"""

from datetime import UTC, datetime, timedelta

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MILLISECOND = timedelta(milliseconds=1)

EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
"""The first time that every supported database can store (MariaDB's DATETIME begins here)."""

LATEST = datetime(9998, 12, 31, tzinfo=UTC)
"""The last such time: a year earlier than the last datetime, so that no time zone exceeds that."""


def now() -> datetime:
    """Return the current time, cut to milliseconds."""
    return to_the_millisecond(timezone.now())


def to_the_millisecond(moment: datetime) -> datetime:
    """Return the time, cut to milliseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def clean(moment: object) -> datetime:
    """Return the time if it can be stored.

    Raises ValidationError if it is not an aware datetime from `EARLIEST` to `LATEST`.
    """
    if not isinstance(moment, datetime) or timezone.is_naive(moment):
        raise ValidationError(_("Enter a time zone-aware datetime."), code="naive")
    if not EARLIEST <= moment <= LATEST:
        raise ValidationError(
            _("Enter a datetime between the years 1000 and 9998."), code="out_of_range"
        )
    return moment


def from_millis(millis: int) -> datetime:
    """Return the time this number of milliseconds after 1970.

    Raises ValueError if it is not from `EARLIEST` to `LATEST`.
    """
    if not to_millis(EARLIEST) <= millis <= to_millis(LATEST):
        raise ValueError("The time is not between the years 1000 and 9998.")
    return EPOCH + millis * MILLISECOND


def to_millis(moment: datetime) -> int:
    """Return the whole milliseconds from 1970 to ``moment``, an aware datetime."""
    return (moment - EPOCH) // MILLISECOND
