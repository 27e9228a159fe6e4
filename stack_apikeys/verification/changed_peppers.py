"""Log an error when keys cannot be verified because their pepper was changed in the settings."""

import logging
from time import monotonic

from stack_apikeys import keys

_logger = logging.getLogger("stack_apikeys.verification")

SECONDS_BETWEEN_REPORTS = 60
"""The minimum time between two reports of a process, however many requests fail."""

_reported_at: dict[int, float] = {}


def report(pepper_id: int | None, fingerprint: int | None) -> None:
    """Log an error if a key's pepper is not the one that is now configured under its number.

    ``fingerprint`` is the one stored with the key, or None for keys without one.
    """
    if pepper_id is None or fingerprint in {None, keys.pepper_fingerprint(pepper_id)}:
        return
    now = monotonic()
    if now - _reported_at.get(pepper_id, -SECONDS_BETWEEN_REPORTS) < SECONDS_BETWEEN_REPORTS:
        return
    _reported_at[pepper_id] = now
    _logger.error(
        "STACK_APIKEYS['PEPPERS'][%d] was changed, so keys created with the previous pepper cannot "
        "be verified. Restore that pepper, and add a new one under a new number.",
        pepper_id,
    )
