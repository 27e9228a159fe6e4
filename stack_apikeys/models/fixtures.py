"""Keeps ``loaddata`` from making revoked keys valid again.

Django saves the rows of a fixture by ``Model.save_base(raw=True)``, which does not call ``save()``.
"""

from typing import Any

from django.db import transaction
from django.db.models.signals import pre_save
from django.dispatch import receiver

from stack_apikeys.models.abstract import AbstractApiKey
from stack_apikeys.models.changes import send_rows_changed
from stack_apikeys.models.guards import REVOCATION_ATTRIBUTES
from stack_apikeys.models.kinds import TeamApiKey, UserApiKey


@receiver(pre_save, sender=UserApiKey)
@receiver(pre_save, sender=TeamApiKey)
def _keep_revocation(
    sender: type[AbstractApiKey],
    *,
    instance: AbstractApiKey,
    raw: bool,
    using: str,
    **_kwargs: Any,
) -> None:
    """Copy the stored revocation of a key, if any, into the row that is about to replace it."""
    if not raw:
        return
    send_rows_changed(sender, [instance.pk], using=using)
    rows = sender._base_manager.using(using).filter(pk=instance.pk)
    if transaction.get_connection(using).in_atomic_block:  # as in loaddata
        rows = rows.select_for_update()
    stored = rows.exclude(manually_revoked_at=None).values(*REVOCATION_ATTRIBUTES).first()
    for name, value in (stored or {}).items():
        setattr(instance, name, value)
