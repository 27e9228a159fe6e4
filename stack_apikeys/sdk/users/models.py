"""The model for values that the project's user model has no field for."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from stack_apikeys.conf import conf


class Profile(models.Model):
    """Values of a user for which the project's user model has no field."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        primary_key=True,
        related_name="+",
        verbose_name=_("user"),
    )
    display_name = models.CharField(_("display name"), max_length=255, blank=True)
    profile_image_url = models.TextField(_("profile image URL"), blank=True)
    verified_email = models.CharField(
        _("verified e-mail address"),
        max_length=320,
        blank=True,
        help_text=_("The address that the user has verified. A changed address is not verified."),
    )
    client_metadata = models.JSONField(
        _("client metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. The user may read and change it."),
    )
    client_read_only_metadata = models.JSONField(
        _("client read-only metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. The user may read it, and only servers change it."),
    )
    server_metadata = models.JSONField(
        _("server metadata"),
        null=True,
        blank=True,
        help_text=_("Any JSON. Only servers may read and change it."),
    )
    selected_team = models.ForeignKey(
        conf.team_model,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("selected team"),
    )

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")

    def __str__(self) -> str:
        return str(self.user)
