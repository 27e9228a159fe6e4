"""The lifetimes that people can choose for a new key, as far as the settings allow them."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext

from stack_apikeys import timestamps
from stack_apikeys.conf import conf
from stack_apikeys.pages.dates import long_time_tag
from stack_apikeys.policy import expiry_is_required, latest_expiry

DAYS = (1, 7, 30, 90, 365)

NEVER = "never"


class Lifetime(NamedTuple):
    """A choice: its value in the form, its label, and when a key of now expires."""

    value: str
    label: str
    expires_at: datetime | None

    @property
    def sentence(self) -> str:
        """What the choice means."""
        if self.expires_at is None:
            return gettext("The key works until you revoke it.")
        moment = long_time_tag(self.expires_at)
        sentence: str = format_html(gettext("Expires {moment}."), moment=moment)
        return sentence


def offered() -> list[Lifetime]:
    """Return the choices, shortest first. The setting ``MAX_LIFETIME`` is always one of them."""
    now = timezone.localtime(timestamps.now())
    longest, latest = conf.MAX_LIFETIME, latest_expiry()
    lifetimes = []
    for days in DAYS:
        # No two choices have the same label: the longest is shown in whole days.
        if longest is None or days < longest.days:
            # In local time: a day on which the clocks change counts as one day.
            expires_at = (now + timedelta(days)).astimezone(UTC)
            lifetimes.append(Lifetime(str(days), _duration(timedelta(days)), expires_at))
    if longest is not None and latest is not None:
        value = {timedelta(days): str(days) for days in DAYS}.get(longest, "longest")
        lifetimes.append(Lifetime(value, _duration(longest), latest))
    if not expiry_is_required():
        lifetimes.append(Lifetime(NEVER, gettext("Never"), None))
    return lifetimes


def _duration(lifetime: timedelta) -> str:
    days, hours = lifetime.days, lifetime // timedelta(hours=1)
    if days == 365:
        return gettext("1 year")
    if days:
        return ngettext("%(days)d day", "%(days)d days", days) % {"days": days}
    return ngettext("%(hours)d hour", "%(hours)d hours", hours) % {"hours": hours}
