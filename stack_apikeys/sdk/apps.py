"""The configuration of the optional app ``stack_apikeys.sdk``."""

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class SdkConfig(AppConfig):
    """The account server behind the official SDKs."""

    name = "stack_apikeys.sdk"
    label = "stack_apikeys_sdk"
    verbose_name = _("Stack SDK")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the reader of access tokens and the system checks."""
        from stack_apikeys.sdk import checks
        from stack_apikeys.sdk.sessions.access import read_access_token
        from stack_apikeys.wire.access import register_token_reader

        register_token_reader(read_access_token)
        register(checks.check_access_tokens, "stack_apikeys")
        register(checks.check_middleware, "stack_apikeys")
        register(checks.check_sign_up, "stack_apikeys")
        register(checks.check_team_ids, "stack_apikeys")
        register(checks.check_trusted_origins, "stack_apikeys")
