"""What the scopes of a key allow, and how they are taken away."""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import models, transaction

from stack_apikeys._asynchronous import run_in_thread
from stack_apikeys._database import locks
from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.exceptions import ApiKeyNotFound, ScopesCannotBeAdded
from stack_apikeys.models.changes import alters_data, send_rows_changed
from stack_apikeys.models.guards import GuardedModel
from stack_apikeys.scopes import clean_named_scopes, grant, in_force, is_included


class ScopedModel(GuardedModel):
    """A model of keys with scopes, which can be taken away and never be given back."""

    scopes: Any

    class Meta:
        abstract = True

    @property
    def scopes_in_force(self) -> Sequence[str] | None:
        """Those of the key's scopes that ``SCOPES`` names, or None if the key may do everything."""
        return in_force(self.scopes)

    def has_scopes(self, *names: str) -> bool:
        """Return True if the key has all of these scopes, itself or by one that includes them.

        No key has scopes that ``SCOPES`` does not name. A key that was created before ``SCOPES``
        was set has all scopes if ``SCOPELESS_KEYS`` is ``"full"``, and otherwise none. While
        ``SCOPES`` is empty, a key that was created without scopes has all.
        """
        return grant(self.scopes, names)

    @alters_data
    def narrow_scopes(self, scopes: Collection[str]) -> None:
        """Leave only these scopes to the key, which must have all of them now.

        Scopes cannot be given back. Raises ValidationError if ``SCOPES`` does not name one of them,
        `ScopesCannotBeAdded` if the key does not have it, and `ApiKeyNotFound` if the row was
        deleted in the meantime.
        """
        self._narrow_scopes(clean_named_scopes(scopes))

    @repeat_on_conflict
    def _narrow_scopes(self, cleaned: list[str]) -> None:
        rows = self._rows()
        with transaction.atomic(using=rows.db):
            stored = locks.lock(rows)
            if not stored:
                raise ApiKeyNotFound
            _require_no_more(cleaned, in_force(stored[0].scopes))
            rows.update(scopes=cleaned)
            send_rows_changed(type(self), [self.pk], using=rows.db)
        self.scopes = cleaned
        self._remember_guarded(["scopes"])

    @alters_data
    async def anarrow_scopes(self, scopes: Collection[str]) -> None:
        """Leave only these scopes to the key, in asynchronous code."""
        await run_in_thread(lambda: self.narrow_scopes(scopes))

    def _rows(self) -> models.QuerySet[Any]:
        """Return a queryset of this row, in the database to write to."""
        raise NotImplementedError


def _require_no_more(scopes: Collection[str], granted: Sequence[str] | None) -> None:
    for scope in scopes:
        if granted is not None and not is_included(scope, granted):
            raise ScopesCannotBeAdded(scope=scope)
