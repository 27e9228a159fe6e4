"""What is known about the use of each key.

The rows refer to keys by their id, without a foreign key: counting never locks a row of the tables
that verification reads, another database can hold the counts, and they outlive a deleted key until
they are pruned.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _

REASONS = ("secret", "revoked", "expired", "rate", "network", "scope", "other")
"""Why a key is refused, in the order of the columns of `KeyHour`."""


class KeyUsage(models.Model):
    """The use of a key since it was created."""

    key_id = models.UUIDField(_("ID of the key"), primary_key=True)
    kind = models.CharField(_("type"), max_length=4)
    first_used_at = models.DateTimeField(_("first used at"), null=True)
    last_used_at = models.DateTimeField(_("last used at"), null=True, db_index=True)
    last_refused_at = models.DateTimeField(_("last refused at"), null=True)
    last_proven_at = models.DateTimeField(null=True, editable=False)
    """The last request with the right secret, accepted or refused."""
    last_address = models.CharField(_("last address"), max_length=45, default="")
    accepted = models.PositiveBigIntegerField(_("accepted requests"), default=0)
    refused = models.PositiveBigIntegerField(_("refused requests"), default=0)

    class Meta:
        verbose_name = _("usage of an API key")
        verbose_name_plural = _("usage of API keys")

    def __str__(self) -> str:
        return str(self.key_id)


class KeyHour(models.Model):
    """The requests with a key in one hour of UTC."""

    key_id = models.UUIDField(_("ID of the key"))
    hour = models.DateTimeField(_("hour"))
    last_used_at = models.DateTimeField(_("last used at"), null=True)
    accepted = models.PositiveBigIntegerField(_("accepted requests"), default=0)
    refused_secret = models.PositiveBigIntegerField(_("wrong secret"), default=0)
    refused_revoked = models.PositiveBigIntegerField(_("revoked"), default=0)
    refused_expired = models.PositiveBigIntegerField(_("expired"), default=0)
    refused_rate = models.PositiveBigIntegerField(_("rate limit exceeded"), default=0)
    refused_network = models.PositiveBigIntegerField(_("outside of its networks"), default=0)
    refused_scope = models.PositiveBigIntegerField(_("missing scope"), default=0)
    refused_other = models.PositiveBigIntegerField(_("other reasons"), default=0)

    class Meta:
        verbose_name = _("hour of an API key")
        verbose_name_plural = _("hours of API keys")
        constraints = [
            models.UniqueConstraint(fields=["key_id", "hour"], name="stack_apikeys_key_hour")
        ]
        indexes = [models.Index(fields=["hour"], name="stack_apikeys_hour")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.hour:%Y-%m-%d %H:00}"


class KeyDay(models.Model):
    """The requests with a key on one day of UTC: what the list needs of many keys at once."""

    key_id = models.UUIDField(_("ID of the key"))
    day = models.DateField(_("day"))
    accepted = models.PositiveBigIntegerField(_("accepted requests"), default=0)
    refused = models.PositiveBigIntegerField(_("refused requests"), default=0)

    class Meta:
        verbose_name = _("day of an API key")
        verbose_name_plural = _("days of API keys")
        constraints = [
            models.UniqueConstraint(fields=["key_id", "day"], name="stack_apikeys_key_day")
        ]
        indexes = [models.Index(fields=["day"], name="stack_apikeys_day")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.day}"


class UnusualUse(models.Model):
    """An episode of unusual use of a key."""

    class Rule(models.TextChoices):
        """What is unusual; see ``docs/how-to/usage.md``."""

        IDLE = "idle", _("First use after a long time")
        NETWORK = "network", _("Used from a new network")
        BUSY = "busy", _("Many more requests than usual")
        ENDED = "ended", _("Still used after its end")

    key_id = models.UUIDField(_("ID of the key"))
    kind = models.CharField(_("type"), max_length=4)
    rule = models.CharField(_("rule"), max_length=10, choices=Rule)
    moment = models.DateTimeField(_("moment"), db_index=True)
    about = models.CharField(_("about"), max_length=43)
    """The network, the hour or the day."""

    class Meta:
        verbose_name = _("unusual use of an API key")
        verbose_name_plural = _("unusual use of API keys")
        indexes = [models.Index(fields=["key_id", "moment"], name="stack_apikeys_unusual_use")]

    def __str__(self) -> str:
        return f"{self.get_rule_display()}: {self.about}"


class KeyNetwork(models.Model):
    """A network that a key was used from: /24 for IPv4, /48 for IPv6."""

    key_id = models.UUIDField(_("ID of the key"))
    network = models.CharField(_("network"), max_length=43)
    first_seen_at = models.DateTimeField(_("first seen at"))
    last_seen_at = models.DateTimeField(_("last seen at"))

    class Meta:
        verbose_name = _("network of an API key")
        verbose_name_plural = _("networks of API keys")
        constraints = [
            models.UniqueConstraint(fields=["key_id", "network"], name="stack_apikeys_key_network")
        ]

    def __str__(self) -> str:
        return self.network
