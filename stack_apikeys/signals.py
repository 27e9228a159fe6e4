"""Signals about API keys. The sender is the model of the key.

Signals about changes are sent after the transaction has been committed. Exceptions that receivers
raise are logged by Django, and do not affect the caller or other receivers.
"""

from django.dispatch import Signal

api_key_created = Signal()
"""Sent when a key was created, with its row as ``api_key``, and never with its value.

Also sent for the successor of a rotated key, whose ``rotated_from_id`` is not None.
"""

api_key_revoked = Signal()
"""Sent when a key was revoked, with its row as ``api_key``. Revoking it again sends nothing.

``cause`` is ``"idle"`` or ``"creator_left"`` if the setting ``IDLE_DAYS`` or ``ON_CREATOR_LEAVING``
has revoked the key, and otherwise an empty string.
"""

api_key_renamed = Signal()
"""Sent when a key was renamed, with its row as ``api_key``, which has the new description."""

api_key_rotated = Signal()
"""Sent when a key was rotated, after ``api_key_created``: with the row of the key that ends as
``api_key``, and with that of its ``successor``. ``by`` is the user who rotated it, or None.
"""

api_key_used = Signal(use_caching=True)
"""Sent immediately when the key of a request was accepted, with its row as ``api_key`` and with
``request``. Receivers run before the view, so they should do little.
"""

api_key_rejected = Signal()
"""Sent immediately when a value is refused, and never with the value.

Arguments: ``reason``, the code of the error, or ``"outside_networks"``; ``api_key_id`` and
``kind``, as the value claims them without proof, or None if it is malformed; and ``request``, or
None if the value was verified outside of a request. The sender is the model, or None if the value
is malformed. The reason ``"insufficient_scope"`` is of a key that was accepted, and lacks a scope
that a view requires.
"""

unusual_use = Signal()
"""Sent by ``stack_apikeys.usage`` when a key is used in an unusual way, once an episode.

``unusual_use`` is the record, a ``stack_apikeys.usage.models.UnusualUse`` with ``key_id``,
``rule``, ``moment`` and ``about``. Sent after a response, or by the thread that writes the counts.
"""
