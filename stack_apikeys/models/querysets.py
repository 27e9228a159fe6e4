"""The queryset of API keys."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, Self, TypeVar, cast
from uuid import UUID

from django.apps import apps
from django.contrib.auth.models import AbstractBaseUser
from django.db import models, router, transaction
from django.db.models import Case, Count, Exists, OuterRef, Q, Value, When

from stack_apikeys import signals
from stack_apikeys._asynchronous import run_in_thread
from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.models import references, states
from stack_apikeys.models.changes import alters_data, send_rows_changed
from stack_apikeys.models.guards import REVOCATION, refuse_revocation, require_digest
from stack_apikeys.newest import within

ModelT = TypeVar("ModelT", bound=models.Model)

REVOKED_AT_ONCE = 10_000
"""The number of keys that one statement revokes. Databases limit the parameters of a statement."""

_MASKED = re.compile(r"(?:([sp])k_)?(?:…|\.{3})([0-9a-z]{4})")


def condition_for_name(text: str) -> Q | None:
    """Return the condition for a key's id or its masked value, or None for any other text.

    A masked value is ``sk_…ab12`` or ``sk_...ab12``, with or without its prefix.
    """
    text = text.strip()
    try:
        return Q(pk=UUID(text))
    except ValueError:
        pass
    if masked := _MASKED.fullmatch(text.lower()):
        prefix, last_four = masked.groups()
        return Q(last_four=last_four, **({"is_public": prefix == "p"} if prefix else {}))
    return None


def _send_revoked(
    model: type[models.Model], api_keys: Iterable[models.Model], *, cause: str
) -> None:
    for api_key in api_keys:
        signals.api_key_revoked.send_robust(sender=model, api_key=api_key, cause=cause)


class ApiKeyQuerySet(models.QuerySet[ModelT]):
    """A queryset of API keys, which can be filtered by their state at the current time."""

    def for_owner(self, owner: models.Model) -> Self:
        """Filter by this user or team, as ``user.api_keys`` does."""
        model: Any = self.model
        keys = self.filter(**{model.KIND: owner})
        # For database routers, as Django's related managers do.
        keys._add_hints(instance=owner)  # type: ignore[attr-defined]  # noqa: SLF001
        return keys

    def valid(self) -> Self:
        """Filter by keys that are neither revoked nor expired."""
        return self.in_state("valid")

    def expired(self) -> Self:
        """Filter by keys that have expired without being revoked."""
        return self.in_state("expired")

    def revoked(self) -> Self:
        """Filter by keys that are revoked, whether they have expired or not."""
        return self.in_state("revoked")

    def in_state(self, state: str) -> Self:
        """Filter by the state ``valid``, ``expiring``, ``expired`` or ``revoked``."""
        return self.filter(states.conditions()[state])

    def count_states(self) -> dict[str, int]:
        """Return the number of keys by state, and the total as ``all``, from one query."""
        counts = {
            state: Count("pk", filter=condition) for state, condition in states.conditions().items()
        }
        return self.order_by().aggregate(all=Count("pk"), **counts)

    def unused_since(self, moment: datetime) -> Self:
        """Filter by keys that were not used at this time or later, or never.

        What a process has counted in the last minute is not known to it. Raises LookupError if
        ``stack_apikeys.usage`` is not in ``INSTALLED_APPS``.
        """
        usage = apps.get_model("stack_apikeys_usage", "KeyUsage")
        used = usage._default_manager.filter(last_used_at__gte=moment).values("key_id")
        if router.db_for_read(usage) != self.db:
            return self.exclude(pk__in=[row["key_id"] for row in used])
        return self.exclude(Exists(used.filter(key_id=OuterRef("pk"))))

    def with_state_rank(self) -> Self:
        """Annotate with ``state_rank``, which sorts valid before expired before revoked keys."""
        conditions = states.conditions()
        return self.annotate(
            state_rank=Case(
                When(conditions["valid"], then=Value(0)),
                When(conditions["expired"], then=Value(1)),
                default=Value(2),
            )
        )

    def search(self, text: str, *, newest: Q | None = None) -> Self:
        """Filter by description, last four characters, id or masked value.

        The description must contain ``text``, ignoring case; the others must be equal to it. Only
        descriptions of keys that meet the condition ``newest`` are compared.
        """
        found = within(newest, Q(description__icontains=text)) | Q(last_four=text)
        named = condition_for_name(text)
        return self.filter(found if named is None else found | named)

    def bulk_create(self, objs: Iterable[ModelT], *args: Any, **kwargs: Any) -> list[ModelT]:
        """Insert the rows, as Django's `bulk_create` does.

        Raises ValueError if a row has no digest, or if ``update_fields`` names a revocation.
        """
        objs = list(objs)
        for each in objs:
            require_digest(each)
        refuse_revocation(kwargs.get("update_fields"))
        return super().bulk_create(objs, *args, **kwargs)

    def bulk_update(
        self, objs: Iterable[ModelT], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        """Update the rows, as Django's `bulk_update` does.

        Raises ValueError if ``fields`` names a revocation.
        """
        fields = list(fields)
        refuse_revocation(fields)
        return super().bulk_update(objs, fields, batch_size)

    @alters_data
    def update(self, **fields: Any) -> int:
        """Update the rows, as Django's `update` does.

        Setting ``manually_revoked_at`` affects only rows that are not revoked yet, because the
        first revocation is final. It sends no signal; `revoke` does. Raises ValueError if the
        update would undo or change a revocation.
        """
        rows = self
        if not REVOCATION.isdisjoint(fields):
            if fields.get("manually_revoked_at") is None:
                refuse_revocation(fields)
            rows = self.filter(manually_revoked_at=None)
        number = super(ApiKeyQuerySet, rows).update(**fields)
        send_rows_changed(self.model, None, using=self._written_to)
        return number

    @alters_data
    def revoke(self, *, by: AbstractBaseUser | None = None, reason: str = "") -> int:
        """Revoke all of these keys permanently; return how many of them were not revoked yet.

        Runs two statements for each `REVOKED_AT_ONCE` keys, in one transaction, and sends
        ``api_key_revoked`` for each key after the commit. Raises ValidationError if the reason is
        too long, and `UserNotFound` if the user ``by`` was deleted in the meantime.
        """
        return len(self.revoke_each(by=by, reason=reason))

    revoke.queryset_only = True  # type: ignore[attr-defined]  # not on managers, as Django's delete

    @alters_data
    async def arevoke(self, *, by: AbstractBaseUser | None = None, reason: str = "") -> int:
        """Revoke all of these keys, in asynchronous code."""
        return await run_in_thread(lambda: self.revoke(by=by, reason=reason))

    arevoke.queryset_only = True  # type: ignore[attr-defined]  # the same

    @alters_data
    @repeat_on_conflict
    def revoke_each(
        self,
        *,
        by: AbstractBaseUser | None = None,
        reason: str = "",
        cause: str = "",
        still: Q | None = None,
    ) -> list[ModelT]:
        """Do the same as `revoke`, but return the keys that were not revoked yet.

        ``cause`` is what the signal tells of a setting that revokes keys. ``still`` is a condition
        that a key must also meet in the moment in which it is revoked.
        """
        model: Any = self.model
        revocation = model.clean_revocation(by=by, reason=reason)
        using = self._written_to
        revoked: list[ModelT] = []
        with (
            transaction.atomic(using=using),
            references.kept_user(revocation["revoked_by"], using=using),
        ):
            api_keys = list(self.using(using).filter(manually_revoked_at=None))
            for start in range(0, len(api_keys), REVOKED_AT_ONCE):
                revoked += self._revoke_some(
                    api_keys[start : start + REVOKED_AT_ONCE], revocation, using, still or Q()
                )
            send_rows_changed(model, [each.pk for each in revoked], using=using)
            for api_key in revoked:
                cast(Any, api_key).set_revocation(revocation)
            transaction.on_commit(partial(_send_revoked, model, revoked, cause=cause), using=using)
        return revoked

    revoke_each.queryset_only = True  # type: ignore[attr-defined]  # the same

    def _revoke_some(
        self, api_keys: list[ModelT], revocation: Mapping[str, Any], using: str, still: Q
    ) -> list[ModelT]:
        """Write the revocation into these rows; return those that were not revoked meanwhile."""
        rows = self.model._base_manager.using(using).filter(pk__in=[each.pk for each in api_keys])
        # A conditional UPDATE, so that of two concurrent revocations the first one is stored.
        number = rows.filter(still, manually_revoked_at=None).update(**revocation)
        if number == len(api_keys):
            return api_keys
        revoked = set(rows.filter(**revocation).values_list("pk", flat=True))
        return [each for each in api_keys if each.pk in revoked]

    @alters_data
    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the rows, as Django's `delete` does. To keep a record of keys, revoke them."""
        using = self._written_to
        with transaction.atomic(using=using):
            self._forget_predecessors(using)
            numbers = super().delete()
        send_rows_changed(self.model, None, using=using)
        return numbers

    def _forget_predecessors(self, using: str) -> None:
        """Clear the links to these rows, which no constraint of the database keeps right."""
        rows = self.model._base_manager.using(using)
        successors = rows.filter(rotated_from__in=self.using(using).order_by())
        primary_keys = iter([*successors.values_list("pk", flat=True)])
        while batch := [*islice(primary_keys, 1000)]:
            rows.filter(pk__in=batch).update(rotated_from=None)

    delete.queryset_only = True  # type: ignore[attr-defined]  # the same

    @property
    def _written_to(self) -> str:
        # Django's own attributes, which the stubs do not have.
        chosen: str | None = self._db  # type: ignore[attr-defined]
        return chosen or router.db_for_write(self.model, **self._hints)  # type: ignore[attr-defined]
