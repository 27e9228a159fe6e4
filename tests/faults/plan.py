"""How long the attacks take."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """How often each attack is made, and by how many clients at a time."""

    clients: int = 6
    revoked_keys: int = 24
    kept_keys: int = 40
    """Revoked ones that every process keeps, for each kind of server."""
    tries_after_revocation: int = 4
    """By each client, for each key."""
    rotations: int = 24
    kills: int = 20
    outages: int = 2
    disconnections: int = 10
    withdrawals: int = 3
    """Of each kind."""
    capped_owners: int = 4
    guessed_accounts: int = 2
    counted_requests: int = 2_000
    killed_counters: int = 5
    """Processes that are killed while they write counts."""
    hammered_seconds: int = 6
    key_rate: int = 500
    """Requests with one key that are allowed. Twice as many are sent."""


QUICK = Plan()

BRIEF = Plan(
    clients=4,
    revoked_keys=4,
    kept_keys=4,
    tries_after_revocation=2,
    rotations=4,
    kills=4,
    outages=1,
    disconnections=2,
    withdrawals=1,
    capped_owners=1,
    guessed_accounts=1,
    counted_requests=200,
    killed_counters=2,
    hammered_seconds=2,
    key_rate=100,
)
"""A few seconds, for the test suite."""

LONG = replace(
    QUICK,
    clients=12,
    revoked_keys=300,
    kept_keys=1_000,
    rotations=300,
    kills=200,
    outages=10,
    disconnections=100,
    withdrawals=30,
    capped_owners=40,
    guessed_accounts=20,
    counted_requests=20_000,
    killed_counters=50,
    hammered_seconds=60,
    key_rate=5_000,
)
