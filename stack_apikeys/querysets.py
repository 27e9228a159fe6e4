"""Lists of keys, by the state that each key is in at this moment."""

from datetime import timedelta
from typing import Any, Self, TypeVar

from django.db import models, router
from django.db.models import Case, Count, Q, Value, When

from stack_apikeys import timestamps, verification_cache

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

    def update(self, **fields: Any) -> int:
        """Do what Django's does; what was kept of verifications is forgotten."""
        number = super().update(**fields)
        verification_cache.forget_everything(using=self._written_to)
        return number

    update.alters_data = True  # type: ignore[attr-defined]  # what templates must not call

    def delete(self) -> tuple[int, dict[str, int]]:
        """Do what Django's does; what was kept of verifications is forgotten."""
        numbers = super().delete()
        verification_cache.forget_everything(using=self._written_to)
        return numbers

    delete.alters_data = True  # type: ignore[attr-defined]  # the same
    delete.queryset_only = True  # type: ignore[attr-defined]  # managers have none, as Django's

    @property
    def _written_to(self) -> str:
        # Django's own, unknown to the stubs.
        chosen: str | None = self._db  # type: ignore[attr-defined]
        return chosen or router.db_for_write(self.model, **self._hints)  # type: ignore[attr-defined]
