"""The configuration of the optional app for teams."""

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import register
from django.utils.translation import gettext_lazy as _

from stack_apikeys.conf import conf

# Once a model of the project refers to `Team`, makemigrations reads the swappable setting by name,
# and fails if it is missing.
settings.STACK_APIKEYS_TEAM_MODEL = conf.team_model


class TeamsConfig(AppConfig):
    """A team model, for projects that do not have one."""

    name = "stack_apikeys.teams"
    label = "stack_apikeys_teams"
    verbose_name = _("Teams")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks."""
        from stack_apikeys.teams import checks

        register(checks.check_permissions, "stack_apikeys")
        register(checks.check_team_model, "stack_apikeys")
