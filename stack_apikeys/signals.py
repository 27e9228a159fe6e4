"""What a host can listen to. Each is sent after the transaction that it tells of has committed.

A receiver that raises is logged by Django and disturbs nobody else. The sender is the model.
"""

from django.dispatch import Signal

api_key_created = Signal()
"""Sent with ``api_key``; never with the value."""

api_key_revoked = Signal()
"""Sent with ``api_key``, once: revoking a revoked key again sends nothing."""
