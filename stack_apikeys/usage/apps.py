"""The configuration of the optional app for usage."""

from collections.abc import Iterator
from typing import Any

from django.apps import AppConfig
from django.core.signals import request_finished
from django.utils.translation import gettext_lazy as _


class UsageConfig(AppConfig):
    """Counts how often each key is used and refused."""

    name = "stack_apikeys.usage"
    label = "stack_apikeys_usage"
    verbose_name = _("Usage of API keys")
    default_auto_field = "django.db.models.BigAutoField"
    api_urls = "stack_apikeys.usage.urls"

    def ready(self) -> None:
        """Count from now on, and show the counts in the settings pages."""
        from stack_apikeys.pages import panels
        from stack_apikeys.signals import api_key_rejected, api_key_used, unusual_use
        from stack_apikeys.usage import receivers
        from stack_apikeys.usage.after_rotation import AfterRotationPanel
        from stack_apikeys.usage.mails import mail_owner
        from stack_apikeys.usage.panel import UsagePanel

        panels.register(AfterRotationPanel())
        panels.register(UsagePanel())

        api_key_used.connect(receivers.count_use, dispatch_uid="stack_apikeys.usage")
        api_key_rejected.connect(receivers.count_refusal, dispatch_uid="stack_apikeys.usage")
        request_finished.connect(receivers.write_counts, dispatch_uid="stack_apikeys.usage")
        unusual_use.connect(mail_owner, dispatch_uid="stack_apikeys.usage")

    def usage_of(self, api_key: Any) -> Any:
        """Return the value of ``api_key.usage``."""
        from stack_apikeys.usage.reading import usage_of

        return usage_of(api_key)

    def maintain_api_keys(self) -> Iterator[tuple[int, int]]:
        """Revoke keys that nobody uses, for ``manage.py api_keys maintain``."""
        from stack_apikeys.usage.idle import revoke_idle_keys

        return revoke_idle_keys()

    def prune_api_keys(self) -> Iterator[tuple[int, int]]:
        """Delete old counts, for ``manage.py api_keys prune``."""
        from stack_apikeys.usage.pruning import prune

        return prune()
