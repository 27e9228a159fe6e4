"""The settings for the life of a key: how long it may last, and what ends it."""

from stack_apikeys.conf.setting import Setting


class LifeSettings:
    """Which keys may be created, and when they end."""

    SELF_ROTATION = Setting(False)
    """Whether a key may be rotated by a request that has nothing but the key, at
    ``POST /api/v1/api-key/rotate``. Whoever has found a key can then keep it alive for ever, until
    somebody revokes its successors."""

    REVOKE_FAMILY_ON_REUSE = Setting(False)
    """Whether all valid successors of a key are revoked when it is used after its rotation and its
    end. Such a use means that the key has been copied, or that a client was forgotten, which then
    stops the others."""
