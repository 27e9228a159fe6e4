"""Which e-mails were sent, and who subscribes to a calendar.

E-mails refer to keys by their id, without a foreign key: sending them never locks a row of the tables
that verification reads.
"""

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class SentNotice(models.Model):
    """An e-mail about a key that is being sent, or was.

    The row is inserted before the e-mail is sent, so that of several processes one sends it.
    """

    key_id = models.UUIDField(_("ID of the key"))
    kind = models.CharField(_("type"), max_length=4)
    notice = models.CharField(_("e-mail"), max_length=20)
    """The kind of e-mail, with the number of days if it is a reminder: ``expiring-7``."""
    tried_at = models.DateTimeField(_("last tried at"), default=timezone.now, db_index=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=1)
    sent_at = models.DateTimeField(_("sent at"), null=True)

    class Meta:
        verbose_name = _("e-mail about an API key")
        verbose_name_plural = _("e-mails about API keys")
        constraints = [
            models.UniqueConstraint(
                fields=["key_id", "kind", "notice"], name="stack_apikeys_sent_notice"
            )
        ]

    def __str__(self) -> str:
        return f"{self.key_id} {self.notice}"


class CalendarFeed(models.Model):
    """A calendar with a secret address, for one person and the keys of one owner.

    With a foreign key to the person, so that nobody who gets a former user's primary key gets the
    calendar too.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    kind = models.CharField(_("type"), max_length=4)
    owner_id = models.CharField(_("ID of the owner"), max_length=255)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now)

    class Meta:
        verbose_name = _("calendar of API keys")
        verbose_name_plural = _("calendars of API keys")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "kind", "owner_id"], name="stack_apikeys_calendar_feed"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.owner_id}"
