"""Keeps ``save()`` and bulk operations from undoing a revocation or storing a key without a digest.

Only ``revoke()`` writes a revocation, and the first one is final. ``save()`` does not write scopes
either, so that it never gives back those that ``narrow_scopes()`` has taken away, and writes the
expiry only if it was changed, so that it never undoes the end of a key that ``rotate()`` has set.
"""

from collections.abc import Collection, Iterable
from typing import Any, Self, cast

from django.db import models

from stack_apikeys.models.changes import send_rows_changed
from stack_apikeys.models.fields import CheckedListField, MomentField

REVOCATION_ATTRIBUTES = ("manually_revoked_at", "revoked_by_id", "revoked_reason")
"""The attributes that hold the revocation of a key."""

REVOCATION = frozenset({*REVOCATION_ATTRIBUTES, "revoked_by"})
"""The names of these fields, as querysets and ``update_fields`` take them."""

_GUARDED_ATTRIBUTES = (*REVOCATION_ATTRIBUTES, "scopes", "expires_at")
"""The attributes that ``save()`` does not write into a row that exists, unless it is a new expiry."""

_SCOPES_BY_SAVE = "Scopes cannot be written by save(). Call narrow_scopes() instead."

_NOT_READ = ...  # the value of a deferred field, which stays the same when it is pickled


def require_digest(api_key: models.Model) -> None:
    """Raise ValueError if the row has no digest. A deferred digest counts as one."""
    if not vars(api_key).get("digest", _NOT_READ):
        raise ValueError(
            "An API key without a digest cannot be used. Create keys with create_key() or "
            "bulk_create_keys(), such as user.api_keys.create_key(), which return their values."
        )


def refuse_revocation(fields: Iterable[str] | None) -> None:
    """Raise ValueError if one of the ``fields`` belongs to the revocation."""
    if not REVOCATION.isdisjoint(fields or ()):
        raise ValueError("A revocation cannot be changed. Call revoke() to revoke keys.")


class GuardedModel(models.Model):
    """A model of keys whose ``save()`` never writes a revocation or scopes into a row that exists.

    Saving a row that was read before it was revoked, narrowed or rotated therefore does not undo
    that: the expiry is written only if it was changed.
    """

    _guarded: tuple[Any, ...]

    class Meta:
        abstract = True

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._remember_guarded()

    def _remember_guarded(self, names: Collection[str] = _GUARDED_ATTRIBUTES) -> None:
        """Remember these attributes as stored, so that ``save()`` notices when they change."""
        current = self._current_guarded()
        if names is not _GUARDED_ATTRIBUTES:
            # The others may have been assigned, and still differ from the row.
            current = tuple(
                new if name in names else old
                for name, old, new in zip(_GUARDED_ATTRIBUTES, self._guarded, current, strict=True)
            )
        self._guarded = current

    def _current_guarded(self) -> tuple[Any, ...]:
        # Not a loop over _GUARDED_ATTRIBUTES, because each verification of a key runs this.
        read = self.__dict__.get
        return (
            read("manually_revoked_at", _NOT_READ),
            read("revoked_by_id", _NOT_READ),
            read("revoked_reason", _NOT_READ),
            read("scopes", _NOT_READ),
            read("expires_at", _NOT_READ),
        )

    def refresh_from_db(
        self,
        using: str | None = None,
        fields: Iterable[str] | None = None,
        from_queryset: models.QuerySet[Self] | None = None,
    ) -> None:
        """Read the row, or these fields of it, again. Django calls this for deferred fields too."""
        names = None if fields is None else list(fields)
        super().refresh_from_db(using, names, from_queryset)
        if names is None:
            self._remember_guarded()
        elif "_guarded" in vars(self):
            self._remember_guarded(
                [
                    name
                    for name in _GUARDED_ATTRIBUTES
                    if {name, name.removesuffix("_id")} & {*names}
                ]
            )

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the row, without the revocation and the scopes if the row exists.

        Raises ValueError if the row has no digest, which only ``create_key()`` makes, or if a
        revocation or scopes were assigned or are in ``update_fields``. Call ``revoke()`` or
        ``narrow_scopes()`` instead.
        """
        require_digest(self)
        # Before super().save() opens a transaction, which a ValidationError would break.
        expires_at = vars(self).get("expires_at")
        if expires_at is not None and not hasattr(expires_at, "as_sql"):
            cast(MomentField, self._meta.get_field("expires_at")).clean_moment(expires_at)
        for field in self._meta.concrete_fields:
            if isinstance(field, CheckedListField):
                value = vars(self).get(field.attname)
                if value is not None and not hasattr(value, "as_sql"):
                    field.clean_list(value)
        # With `force_update`, an object that was not read represents a row that exists.
        if self._state.adding and not kwargs.get("force_update"):
            super().save(*args, **kwargs)
            self._remember_guarded()
            return
        kwargs["update_fields"] = self._fields_to_update(kwargs.get("update_fields"))
        super().save(*args, **kwargs)
        self._remember_guarded(kwargs["update_fields"] & {"expires_at"})
        send_rows_changed(type(self), [self.pk], using=cast(str, self._state.db))

    def _fields_to_update(self, names: Iterable[str] | None) -> frozenset[str]:
        """Return the fields that a save of an existing row writes. Raises ValueError."""
        if names is not None:
            names = frozenset(names)
            if not REVOCATION.isdisjoint(names):
                raise ValueError(
                    "update_fields has a field of the revocation. Call revoke() or arevoke() instead."
                )
            if "scopes" in names:
                raise ValueError(_SCOPES_BY_SAVE)
            return names
        *revocation, scopes, expires_at = self._current_guarded()
        *revocation_before, scopes_before, expires_at_before = self._guarded
        if revocation != revocation_before:
            raise ValueError(
                "A revocation cannot be written by save(). Call revoke() or arevoke() instead."
            )
        if scopes != scopes_before:
            raise ValueError(_SCOPES_BY_SAVE)
        unwritten = {*self.get_deferred_fields(), "scopes"}
        if expires_at == expires_at_before and not self._state.adding:
            unwritten.add("expires_at")
        return (
            frozenset(
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.attname not in unwritten
            )
            - REVOCATION
        )
