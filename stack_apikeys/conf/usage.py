"""The settings for ``stack_apikeys.usage``."""

from stack_apikeys.conf.setting import Setting


class UsageSettings:
    """What is stored of the use of keys, and which use is unusual."""

    USAGE_ADDRESSES = Setting(True)
    """Whether ``stack_apikeys.usage`` stores the address that a key was last used from, and the
    networks that it was used from."""

    USAGE_RETENTION_DAYS = Setting(400)
    """The number of days after which ``manage.py api_keys prune`` deletes what
    ``stack_apikeys.usage`` has stored."""

    UNUSUAL_IDLE_DAYS = Setting(30)
    """A key that was not used for so many days, and then is, is used in an unusual way."""

    UNUSUAL_NETWORK_DAYS = Setting(90)
    """So is one that is used from a network that it was not used from for so many days …"""

    UNUSUAL_FIRST_DAYS = Setting(7)
    """… unless its first use was less than so many days ago."""

    UNUSUAL_REQUESTS = Setting(100)
    """So is one with more than so many requests in an hour …"""

    UNUSUAL_FACTOR = Setting[int | float](10, int, float)
    """… if these are more than so many times the mean of its hours with requests …"""

    UNUSUAL_MEAN_DAYS = Setting(28)
    """… of so many days."""

    UNUSUAL_SILENCE_HOURS = Setting(24)
    """So is a revoked or expired key that is used after so many hours without a request that had the
    right secret."""

    UNUSUAL_USE_MAIL = Setting(False)
    """Whether an e-mail tells the owner of a key about its unusual use: the user, or the members of
    the team who have ``$manage_api_keys``."""
