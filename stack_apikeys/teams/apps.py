"""The optional app's place in ``INSTALLED_APPS``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TeamsConfig(AppConfig):
    """Teams, for hosts that have none of their own."""

    name = "stack_apikeys.teams"
    label = "stack_apikeys_teams"
    verbose_name = _("Teams")
    default_auto_field = "django.db.models.BigAutoField"
