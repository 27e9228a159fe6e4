"""The optional app's place in ``INSTALLED_APPS``."""

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from stack_apikeys.conf import conf

# Unlike us, Django's makemigrations asks for the setting by name once a host's model refers to
# our `Team`, and fails where it is not set.
settings.STACK_APIKEYS_TEAM_MODEL = conf.team_model


class TeamsConfig(AppConfig):
    """Teams, for hosts that have none of their own."""

    name = "stack_apikeys.teams"
    label = "stack_apikeys_teams"
    verbose_name = _("Teams")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from stack_apikeys.teams import checks

        register(checks.check_permissions, "stack_apikeys")
        register(checks.check_team_model, "stack_apikeys")
