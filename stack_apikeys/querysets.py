"""Lists of keys, by the state that each key is in at this moment."""

from datetime import timedelta
from typing import Self, TypeVar

from django.db import models
from django.db.models import Case, Count, Q, Value, When

from stack_apikeys import timestamps

ModelT = TypeVar("ModelT", bound=models.Model)

EXPIRES_SOON = timedelta(days=7)
"""How long before its expiry a valid key counts as expiring soon."""


def _states() -> dict[str, Q]:
    """The condition of each state. All but ``expiring``, a part of valid, exclude each other."""
    now = timestamps.now()
    not_revoked = Q(manually_revoked_at=None)
    return {
        "valid": not_revoked & (Q(expires_at=None) | Q(expires_at__gt=now)),
        "expiring": not_revoked & Q(expires_at__gt=now, expires_at__lte=now + EXPIRES_SOON),
        "expired": not_revoked & Q(expires_at__lte=now),
        "revoked": ~not_revoked,
    }


class ApiKeyQuerySet(models.QuerySet[ModelT]):
    """Keys by the state that they are in at this moment."""

    def valid(self) -> Self:
        """Neither revoked nor expired."""
        return self.in_state("valid")

    def expired(self) -> Self:
        """Past their time, and never revoked: a revoked key counts as revoked only."""
        return self.in_state("expired")

    def revoked(self) -> Self:
        """Revoked, expired since or not."""
        return self.in_state("revoked")

    def in_state(self, state: str) -> Self:
        """Those in the state ``valid``, ``expiring``, ``expired`` or ``revoked``."""
        return self.filter(_states()[state])

    def count_states(self) -> dict[str, int]:
        """How many there are in each state, and in ``all``; one query."""
        counts = {state: Count("pk", filter=condition) for state, condition in _states().items()}
        return self.order_by().aggregate(all=Count("pk"), **counts)

    def with_state_rank(self) -> Self:
        """Add ``state_rank``, by which lists are sorted: valid before expired before revoked."""
        states = _states()
        return self.annotate(
            state_rank=Case(
                When(states["valid"], then=Value(0)),
                When(states["expired"], then=Value(1)),
                default=Value(2),
            )
        )

    def search(self, text: str) -> Self:
        """Those whose description contains ``text``, in any case, or whose key ends in it."""
        return self.filter(Q(description__icontains=text) | Q(last_four=text))
