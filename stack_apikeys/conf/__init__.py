"""The app's settings: their names, defaults and meaning.

All of them are keys of one dictionary, ``STACK_APIKEYS``. Each access reads that dictionary, so
``override_settings`` and assignments to ``settings.STACK_APIKEYS`` take effect at once.
``STACK_APIKEYS_TEAM_MODEL`` is a setting of its own, like ``AUTH_USER_MODEL``, because migrations
refer to it.
"""

from collections.abc import Mapping

from django.conf import settings

from stack_apikeys.conf.api import ApiSettings
from stack_apikeys.conf.keys import KeySettings
from stack_apikeys.conf.life import LifeSettings
from stack_apikeys.conf.limits import ON_CACHE_FAILURE, LimitSettings
from stack_apikeys.conf.project import (
    DEFAULT_TEAM_ADAPTER,
    DEFAULT_TEAM_MODEL,
    RELATED_NAMES,
    ProjectSettings,
)
from stack_apikeys.conf.reminders import NOTICES, ReminderSettings
from stack_apikeys.conf.scopes import ScopeSettings
from stack_apikeys.conf.sdk import SdkSettings
from stack_apikeys.conf.setting import Setting, configured
from stack_apikeys.conf.usage import UsageSettings

__all__ = [
    "DEFAULT_TEAM_ADAPTER",
    "DEFAULT_TEAM_MODEL",
    "NOTICES",
    "ON_CACHE_FAILURE",
    "RELATED_NAMES",
    "SETTINGS",
    "Conf",
    "conf",
    "configured",
    "is_well_typed",
]


class Conf(
    SdkSettings,
    ReminderSettings,
    UsageSettings,
    LimitSettings,
    ApiSettings,
    ProjectSettings,
    ScopeSettings,
    LifeSettings,
    KeySettings,
):
    """The app's settings as attributes."""

    @property
    def https_required(self) -> bool:
        """Whether requests over plain HTTP are refused, by `REQUIRE_HTTPS` and ``DEBUG``."""
        required = self.REQUIRE_HTTPS
        return not settings.DEBUG if required is None else required

    def related_name(self, foreign_key: str) -> str:
        """Return the related name of a foreign key, such as ``"UserApiKey.user"``."""
        # The models use it when they are imported, before the checks report a wrong type.
        names = self.RELATED_NAMES if is_well_typed("RELATED_NAMES") else {}
        return str(names.get(foreign_key, RELATED_NAMES[foreign_key]))

    @property
    def publishable_client_key_required(self) -> bool:
        """Whether clients without a publishable client key are refused."""
        return self.REQUIRE_PUBLISHABLE_CLIENT_KEY and bool(self.PUBLISHABLE_CLIENT_KEYS)

    @property
    def team_model(self) -> str:
        """The label of the team model: ``STACK_APIKEYS_TEAM_MODEL``, or the app's own."""
        label: str = getattr(settings, "STACK_APIKEYS_TEAM_MODEL", DEFAULT_TEAM_MODEL)
        return label


SETTINGS: Mapping[str, Setting[object]] = {
    name: setting
    for group in reversed(Conf.__mro__)
    for name, setting in vars(group).items()
    if isinstance(setting, Setting)
}
"""All keys that ``STACK_APIKEYS`` may have."""

conf = Conf()


def is_well_typed(*names: str) -> bool:
    """Return whether these settings have the types they need. System checks report the others."""
    return isinstance(configured(), Mapping) and all(
        SETTINGS[name].accepts(getattr(conf, name)) for name in names
    )
