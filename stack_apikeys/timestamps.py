"""Moments as the wire knows them: whole milliseconds since 1970, in UTC.

Rows store times to the millisecond, so that what the wire says of them never changes between
two answers, and no float is ever involved.
"""

from datetime import UTC, datetime, timedelta

from django.utils import timezone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MILLISECOND = timedelta(milliseconds=1)

MILLISECOND = timedelta(milliseconds=1)

EARLIEST = datetime(1000, 1, 1, tzinfo=UTC)
"""The first moment that every supported database can hold (MariaDB's DATETIME begins here)."""

LATEST = datetime(9998, 12, 31, tzinfo=UTC)
"""The last: a year's room, so that no time zone pushes it past what `datetime` can hold."""


def now() -> datetime:
    """The current moment, cut to the millisecond."""
    return to_the_millisecond(timezone.now())


def to_the_millisecond(moment: datetime) -> datetime:
    """The same moment without its microseconds."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def from_millis(millis: int) -> datetime:
    """The moment ``millis`` milliseconds after 1970.

    Raises ValueError outside of `EARLIEST` to `LATEST`.
    """
    if not to_millis(EARLIEST) <= millis <= to_millis(LATEST):
        raise ValueError("the moment lies outside of the years 1000 to 9998")
    return EPOCH + millis * MILLISECOND


def to_millis(moment: datetime) -> int:
    """Whole milliseconds from 1970 to ``moment``, which must be aware."""
    return (moment - EPOCH) // MILLISECOND
