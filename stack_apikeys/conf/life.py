"""The settings for the life of a key: how long it may last, and what ends it."""

from datetime import timedelta

from stack_apikeys.conf.setting import Setting


class LifeSettings:
    """Which keys may be created, and when they end."""

    MAX_LIFETIME = Setting[timedelta | None](None, timedelta, type(None))
    """The longest lifetime of a new key, such as ``timedelta(days=90)``; ``None``: no limit. An
    hour more is accepted, because a day on which the clocks change may have 25 hours. Keys that
    exist already keep their expiry."""

    ALLOW_KEYS_WITHOUT_EXPIRY = Setting[bool | None](None, bool, type(None))
    """Whether a new key may never expire. ``None``: unless `MAX_LIFETIME` is set."""

    UNIQUE_DESCRIPTIONS = Setting(False)
    """Whether the valid keys of an owner must have different descriptions. The case of letters and
    spaces around a description do not make a difference. Keys without a description are not
    compared, and neither are keys that have been rotated."""

    IDLE_DAYS = Setting[int | None](None, int, type(None))
    """The number of days after which ``manage.py api_keys maintain`` revokes a key that is not used;
    ``None``: never. It requires ``stack_apikeys.usage``. A key that was never used counts from its
    creation, but no key is revoked before the use of keys has been counted for so many days."""

    ON_CREATOR_LEAVING = Setting("keep")
    """What happens to the keys of a team when the user who created them leaves the team, or may not
    act any more. ``"keep"``: they stay valid, and the list marks the creator. ``"revoke"``: they are
    revoked."""

    SELF_ROTATION = Setting(False)
    """Whether a key may be rotated by a request that has nothing but the key, at
    ``POST /api/v1/api-key/rotate``. Whoever has found a key can then keep it alive for ever, until
    somebody revokes its successors."""

    REVOKE_FAMILY_ON_REUSE = Setting(False)
    """Whether all valid successors of a key are revoked when it is used after its rotation and its
    end. Such a use means that the key has been copied, or that a client was forgotten, which then
    stops the others."""
