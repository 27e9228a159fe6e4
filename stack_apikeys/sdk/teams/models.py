"""The model for how a user appears in a team."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stack_apikeys.conf import conf


class TeamMemberProfile(models.Model):
    """How a user appears in a team. Empty fields stand for the values of the user."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="+",
        verbose_name=_("user"),
    )
    team = models.ForeignKey(
        conf.team_model,
        on_delete=models.CASCADE,
        related_name="+",
        db_index=False,  # the unique constraint's index begins with it
        verbose_name=_("team"),
    )
    display_name = models.CharField(_("display name"), max_length=255, blank=True)
    profile_image_url = models.TextField(_("profile image URL"), blank=True)

    class Meta:
        verbose_name = _("team member profile")
        verbose_name_plural = _("team member profiles")
        constraints = [
            models.UniqueConstraint(fields=["team", "user"], name="teammemberprofile_unique")
        ]

    def __str__(self) -> str:
        return _("%(user)s in %(team)s") % {"user": self.user, "team": self.team}
