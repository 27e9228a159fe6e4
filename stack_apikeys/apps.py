"""The app config for ``INSTALLED_APPS``."""

from collections.abc import Iterator
from importlib.util import find_spec

from django.apps import AppConfig, apps
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core.checks import Tags, register
from django.core.signals import request_started
from django.db.models.signals import post_delete, post_save, pre_delete
from django.utils.translation import gettext_lazy as _


class StackApiKeysConfig(AppConfig):
    """API keys for users and teams."""

    name = "stack_apikeys"
    label = "stack_apikeys"
    verbose_name = _("API keys")
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the system checks and connect the signal receivers.

        The receivers record when users sign in, remove owners that have changed from the cache of
        verifications, and keep secrets out of Sentry's events if its SDK is installed. If
        drf-spectacular is installed, its extension is registered too.
        """
        from stack_apikeys import checks, sentry
        from stack_apikeys.models import MODELS
        from stack_apikeys.reauthentication import remember_sign_in
        from stack_apikeys.verification import cache as verification_cache

        register(checks.check_settings, "stack_apikeys")
        register(checks.check_life, "stack_apikeys")
        register(checks.check_use_tz, "stack_apikeys")
        register(checks.check_verification_cache, "stack_apikeys")
        register(checks.check_prepared_verification, "stack_apikeys")
        register(checks.check_related_names, "stack_apikeys")
        register(checks.check_teams, "stack_apikeys")
        register(checks.check_databases, "stack_apikeys")
        register(checks.check_pages, "stack_apikeys")
        register(checks.check_throttles, "stack_apikeys")
        register(checks.check_scopes, "stack_apikeys")
        register(checks.check_scopes_of_views, "stack_apikeys")
        register(checks.check_cors, "stack_apikeys")
        register(checks.check_peppers_of_keys, Tags.database)
        register(checks.check_foreign_keys, Tags.database)
        register(checks.check_poolers, Tags.database)
        register(checks.check_deployment, "stack_apikeys", Tags.security, deploy=True)
        register(checks.check_full_access, "stack_apikeys", Tags.security, deploy=True)
        user_logged_in.connect(remember_sign_in, dispatch_uid="stack_apikeys")
        for model in MODELS.values():
            owner_model = model.owner_model()
            if isinstance(owner_model, type):  # Django's checks report one that is not installed.
                verification_cache.watch(owner_model)
        self._watch_creators()
        if find_spec("sentry_sdk"):
            request_started.connect(sentry.protect_events, dispatch_uid="stack_apikeys.sentry")
        if apps.is_installed("drf_spectacular"):
            from stack_apikeys import schema  # noqa: F401  # importing it registers it

    def maintain_api_keys(self) -> Iterator[tuple[int, int]]:
        """Revoke keys of teams, as ``ON_CREATOR_LEAVING`` says, for ``manage.py api_keys maintain``."""
        from stack_apikeys.leaving import revoke_keys_of_absent_creators

        return revoke_keys_of_absent_creators()

    def _watch_creators(self) -> None:
        from stack_apikeys import leaving

        user, uid = settings.AUTH_USER_MODEL, "stack_apikeys.leaving"
        post_save.connect(leaving.watch_user, sender=user, dispatch_uid=uid)
        pre_delete.connect(leaving.watch_deletion, sender=user, dispatch_uid=uid)
        if apps.is_installed("stack_apikeys.teams"):
            membership = "stack_apikeys_teams.TeamMembership"
            post_delete.connect(leaving.watch_member, sender=membership, dispatch_uid=uid)
