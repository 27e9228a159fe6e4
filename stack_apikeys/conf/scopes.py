"""The settings for scopes."""

from collections.abc import Mapping, Sequence

from stack_apikeys.conf.setting import Setting


class ScopeSettings:
    """What keys may do."""

    SCOPES = Setting[Mapping[str, object]]({}, Mapping)
    """The scopes that keys may have, with their descriptions, which may be lazy translations:
    ``{"reports:read": _("Read reports"), "reports:*": _("Everything with reports")}``. A scope that
    ends in ``:*`` includes all scopes in this dictionary that begin in the same way. A scope that
    is removed from here grants nothing from then on. Empty: keys have no scopes."""

    DEFAULT_SCOPES = Setting[Sequence[str]]((), list, tuple)
    """The scopes of keys that are created without scopes, as by the official SDKs. If a user creates
    the key, it gets only those that the user may grant."""

    SCOPELESS_KEYS = Setting("none")
    """What keys may do that were created before `SCOPES` was set: ``"none"`` of the scopes, or
    ``"full"`` for all of them."""
