"""The app's place in ``INSTALLED_APPS``."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class StackApiKeysConfig(AppConfig):
    """API keys for users and teams."""

    name = "stack_apikeys"
    label = "stack_apikeys"
    verbose_name = _("API keys")
    default_auto_field = "django.db.models.BigAutoField"
