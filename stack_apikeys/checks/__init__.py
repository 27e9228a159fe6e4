"""System checks for mistakes that would otherwise only show when a request fails, or never.

Ids of messages never change, because ``SILENCED_SYSTEM_CHECKS`` refers to them. Messages do not
contain secrets. The optional apps have their own checks, in ``teams/checks.py`` and
``sdk/checks.py``.
"""

from stack_apikeys.checks.deployment import (
    check_databases,
    check_deployment,
    check_foreign_keys,
    check_peppers_of_keys,
    check_verification_cache,
)
from stack_apikeys.checks.life import check_life
from stack_apikeys.checks.prepared import check_poolers, check_prepared_verification
from stack_apikeys.checks.project import (
    check_cors,
    check_pages,
    check_related_names,
    check_teams,
    check_throttles,
    check_use_tz,
)
from stack_apikeys.checks.scopes import check_full_access, check_scopes, check_scopes_of_views
from stack_apikeys.checks.settings import check_settings

__all__ = [
    "check_cors",
    "check_databases",
    "check_deployment",
    "check_foreign_keys",
    "check_full_access",
    "check_life",
    "check_pages",
    "check_peppers_of_keys",
    "check_poolers",
    "check_prepared_verification",
    "check_related_names",
    "check_scopes",
    "check_scopes_of_views",
    "check_settings",
    "check_teams",
    "check_throttles",
    "check_use_tz",
    "check_verification_cache",
]
