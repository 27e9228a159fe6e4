"""The app's place in ``INSTALLED_APPS``."""

from django.apps import AppConfig, apps
from django.contrib.auth.signals import user_logged_in
from django.core.checks import Tags, register
from django.utils.translation import gettext_lazy as _


class StackApiKeysConfig(AppConfig):
    """API keys for users and teams."""

    name = "stack_apikeys"
    label = "stack_apikeys"
    verbose_name = _("API keys")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and, if drf-spectacular is installed, our schema.

        Listen for sign-ins too, of which the pages ask how long ago they were, and for changes of
        owners, whose keys the cache may hold.
        """
        from stack_apikeys import checks, verification_cache
        from stack_apikeys.models import MODELS
        from stack_apikeys.reauthentication import remember_sign_in

        register(checks.check_settings, "stack_apikeys")
        register(checks.check_use_tz, "stack_apikeys")
        register(checks.check_teams, "stack_apikeys")
        register(checks.check_peppers_of_keys, Tags.database)
        register(checks.check_deployment, "stack_apikeys", Tags.security, deploy=True)
        user_logged_in.connect(remember_sign_in, dispatch_uid="stack_apikeys")
        for model in MODELS.values():
            verification_cache.watch(model.owner_model())
        if apps.is_installed("drf_spectacular"):
            from stack_apikeys import schema  # noqa: F401  # importing it registers it
