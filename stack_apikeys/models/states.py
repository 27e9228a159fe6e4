"""The states that a key can be in."""

from datetime import timedelta
from typing import Literal

from django.db.models import Q

from stack_apikeys import timestamps

WhyInvalid = Literal["manually-revoked", "expired"]
"""Why a key cannot be used, in the words of the HTTP API."""

Status = Literal["valid", "revoked", "expired"]
"""The state of a key as people see it."""

STATUSES: dict[WhyInvalid | None, Status] = {
    None: "valid",
    "manually-revoked": "revoked",
    "expired": "expired",
}

EXPIRES_SOON = timedelta(days=7)
"""How long before its expiry a valid key counts as expiring soon."""


def conditions() -> dict[str, Q]:
    """Return the condition of each state at the current time.

    Each key is in exactly one of the states ``valid``, ``expired`` and ``revoked``. Some valid keys
    are also ``expiring``. A revoked key stays revoked when it expires.
    """
    now = timestamps.now()
    not_revoked = Q(manually_revoked_at=None)
    return {
        "valid": not_revoked & (Q(expires_at=None) | Q(expires_at__gt=now)),
        "expiring": not_revoked & Q(expires_at__gt=now, expires_at__lte=now + EXPIRES_SOON),
        "expired": not_revoked & Q(expires_at__lte=now),
        "revoked": ~not_revoked,
    }
