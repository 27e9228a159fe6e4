"""The optional app's place in ``INSTALLED_APPS``."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class SdkConfig(AppConfig):
    """What the official SDKs need beside keys."""

    name = "stack_apikeys.sdk"
    label = "stack_apikeys_sdk"
    verbose_name = _("Stack SDK")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Let the API read our access tokens, and register the system checks."""
        from stack_apikeys.api import access
        from stack_apikeys.sdk import checks, sessions

        access.read_access_token = sessions.read_access_token
        register(checks.check_settings, "stack_apikeys")
        register(checks.check_middleware, "stack_apikeys")
        register(checks.check_sign_up, "stack_apikeys")
