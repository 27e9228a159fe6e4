"""Scopes of a project, and who may grant them."""

from stack_apikeys.policy import Policy

SCOPES = {
    "reports:read": "Read reports",
    "reports:write": "Change reports",
    "reports:*": "Everything with reports",
    "orders:read": "Read orders",
    "orders:items:read": "Read what was ordered",
    "admin": "Change the site's settings",
}


class ReadersGrantReading(Policy):
    """Only staff may grant more than the right to read, and to do everything with orders."""

    def grantable_scopes(self, actor, owner):
        return SCOPES if actor.is_staff else ["reports:read", "orders:*"]


class NobodyGrantsMoreThanReading(Policy):
    """Not even superusers grant more."""

    def grantable_scopes(self, actor, owner):
        return ["reports:read"]


ONLY_READING = {"SCOPES": SCOPES, "POLICY": f"{__name__}.ReadersGrantReading"}
