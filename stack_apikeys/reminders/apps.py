"""The configuration of the optional app for reminders."""

from collections.abc import Iterator

from django.apps import AppConfig
from django.core.checks import register
from django.utils.translation import gettext_lazy as _


class RemindersConfig(AppConfig):
    """Sends e-mails about keys, and offers calendars of their expiries."""

    name = "stack_apikeys.reminders"
    label = "stack_apikeys_reminders"
    verbose_name = _("Reminders about API keys")
    default_auto_field = "django.db.models.BigAutoField"
    page_urls = "stack_apikeys.reminders.urls"

    def ready(self) -> None:
        """Listen to what happens to keys, and show the calendar in the settings pages."""
        from stack_apikeys import signals
        from stack_apikeys.pages import panels
        from stack_apikeys.reminders import checks, receivers
        from stack_apikeys.reminders.panel import CalendarPanel

        panels.register(CalendarPanel())
        register(checks.check_reminders, "stack_apikeys")
        uid = "stack_apikeys.reminders"
        signals.api_key_created.connect(receivers.tell_of_creation, dispatch_uid=uid)
        signals.api_key_rotated.connect(receivers.tell_of_rotation, dispatch_uid=uid)
        signals.api_key_revoked.connect(receivers.tell_of_revocation, dispatch_uid=uid)

    def maintain_api_keys(self) -> Iterator[tuple[int, int]]:
        """Send the reminders that are due, for ``manage.py api_keys maintain``."""
        from stack_apikeys.reminders.expiry import remind

        return remind()

    def prune_api_keys(self) -> Iterator[tuple[int, int]]:
        """Delete the records of old e-mails, for ``manage.py api_keys prune``."""
        from stack_apikeys.reminders.pruning import prune

        return prune()
