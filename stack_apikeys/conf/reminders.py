"""The settings for ``stack_apikeys.reminders``."""

from collections.abc import Mapping, Sequence

from stack_apikeys.conf.setting import Setting

NOTICES: Mapping[str, bool] = {
    "created": True,
    "expiring": True,
    "idle": True,
    "revoked": True,
    "rotated": True,
}
"""The kinds of e-mails about keys, and whether each is sent by default."""


class ReminderSettings:
    """Which e-mails are sent about keys, and when."""

    NOTICES = Setting[Mapping[str, bool]](NOTICES, Mapping)
    """Which e-mails ``stack_apikeys.reminders`` sends to the owner of a key: when it was
    ``"created"``, ``"rotated"``, or ``"revoked"`` by somebody else, when it was revoked because it
    was ``"idle"``, and when it is ``"expiring"``. Kinds that are not listed keep their default,
    ``True``."""

    REMINDER_DAYS = Setting[Sequence[int]]((30, 7, 1), list, tuple)
    """How many days before its expiry the owner of a key is reminded. A key that lives no longer
    than one of these numbers gets no reminder for it. Empty: no reminders."""

    SITE_URL = Setting("")
    """The site's address, such as ``"https://www.example.com"``, for links in e-mails about keys.
    Empty: these e-mails have no links."""
