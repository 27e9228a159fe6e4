"""The app's place in ``INSTALLED_APPS``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StackApiKeysConfig(AppConfig):
    """API keys for users and teams."""

    name = "stack_apikeys"
    label = "stack_apikeys"
    verbose_name = _("API keys")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Listen for sign-ins, of which the pages ask how long ago they were."""
        from django.contrib.auth.signals import user_logged_in

        from stack_apikeys.reauthentication import remember_sign_in

        user_logged_in.connect(remember_sign_in, dispatch_uid="stack_apikeys")
