"""Receivers of the signals of verification."""

import logging
from time import time
from typing import Any
from uuid import UUID

from django.db import connections
from django.http import HttpRequest
from django.utils import timezone

from stack_apikeys.client_address import client_address, source_of
from stack_apikeys.conf import conf
from stack_apikeys.models import ApiKey
from stack_apikeys.scanning import redact
from stack_apikeys.usage.recorder import recorder

logger = logging.getLogger("stack_apikeys.usage")

_REASONS = {
    "API_KEY_NOT_FOUND": "secret",
    "API_KEY_REVOKED": "revoked",
    "API_KEY_EXPIRED": "expired",
    "rate_limited": "rate",
    "outside_networks": "network",
    "insufficient_scope": "scope",
}
"""The reasons of `models.REASONS`, by the code of the error. All others are ``other``."""


def count_use(api_key: ApiKey, request: HttpRequest, **_: Any) -> None:
    """Count a request whose key was accepted, once, however often it was verified.

    Every request with a key runs this, so whatever can wait is left to the recorder.
    """
    stored = request.__dict__
    counted: tuple[UUID, ...] = stored.get("_stack_apikeys_counted", ())
    key_id = api_key.id  # not `pk`, a property
    if key_id in counted:
        return
    stored["_stack_apikeys_counted"] = (*counted, key_id)
    if recorder.accept(key_id, api_key.KIND, time(), source_of(request)):
        recorder.keep_path(key_id, redact(request.path))


def count_refusal(
    reason: str, api_key_id: UUID | None, kind: str | None, request: HttpRequest | None, **_: Any
) -> None:
    """Count a request whose key was refused, once, if the value has the form of a key."""
    if request is None or api_key_id is None or kind is None:
        return
    counted: set[UUID] = request.__dict__.setdefault("_stack_apikeys_refused", set())
    if api_key_id in counted:
        return
    counted.add(api_key_id)
    recorder.refuse(api_key_id, kind, timezone.now(), _REASONS.get(reason, "other"))
    if not logger.isEnabledFor(logging.INFO):
        return  # to look for keys in the path takes longer than to count
    extra = {
        "api_key_id": str(api_key_id),
        "kind": kind,
        "reason": reason,
        "address": _address(request),
        "path": redact(request.path),
    }
    logger.info("API key %s was refused: %s", api_key_id, reason, extra=extra)


def _address(request: HttpRequest) -> str:
    return client_address(request, whole=True) if conf.USAGE_ADDRESSES else ""


def write_counts(**_: Any) -> None:
    """Write what was counted, after a response, if it is time to.

    Django has closed the connections already that may not stay open between two requests. Those in
    a transaction are of a test.
    """
    if not recorder.write_if_due():
        return
    for connection in connections.all(initialized_only=True):
        if not connection.in_atomic_block:
            connection.close_if_unusable_or_obsolete()
