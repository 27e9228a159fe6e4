"""What the setting ``REVOKE_FAMILY_ON_REUSE`` does when a key is used after its rotation and its end."""

import logging
from collections import deque

from django.conf import settings
from django.core.signals import request_finished
from django.db import close_old_connections, connections, router
from django.http import HttpRequest
from django.utils import translation
from django.utils.translation import gettext, gettext_noop

from stack_apikeys.conf import conf
from stack_apikeys.models import ApiKey

REUSED = gettext_noop("A key that this one replaced was used after its end.")
"""The reason of the revocations."""

_logger = logging.getLogger("stack_apikeys")

_waiting: deque[ApiKey] = deque()
"""Keys that were used in a transaction, which the refusal of the request may roll back."""


def note(api_key: ApiKey, request: HttpRequest | None) -> None:
    """Revoke the valid successors of a key that has ended, if the setting says so.

    Inside a transaction of the request, this happens after the response.
    """
    if not conf.REVOKE_FAMILY_ON_REUSE:
        return
    using = router.db_for_write(type(api_key), instance=api_key)
    if request is not None and connections[using].in_atomic_block:
        _waiting.append(api_key)
        # Only now, so that other requests do not pass through here.
        request_finished.connect(_revoke_waiting, dispatch_uid=__name__)
    else:
        _revoke_successors(api_key)


def _revoke_waiting(**_kwargs: object) -> None:
    request_finished.disconnect(dispatch_uid=__name__)  # before the last key is taken
    try:
        while _waiting:
            _revoke_successors(_waiting.popleft())
    except Exception:
        _logger.exception("The successors of a key that was used after its end were not revoked.")
    close_old_connections()  # which Django has done already


def _revoke_successors(api_key: ApiKey) -> None:
    with translation.override(settings.LANGUAGE_CODE):  # the text is stored
        reason = gettext(REUSED)
    revoked = []
    # A successor is revoked before the next one is looked for, so that no rotation escapes.
    for successor in api_key.successors():
        if successor.is_valid():
            successor.revoke(reason=reason)
            revoked.append(str(successor.pk))
    if revoked:
        _logger.warning(
            "Key %s was used after it had been rotated and had ended. Revoked its successors: %s",
            api_key.pk,
            ", ".join(revoked),
        )
