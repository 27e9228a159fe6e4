"""The amount of measurements."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """Numbers of keys, rounds and requests."""

    sizes: tuple[int, ...] = (1, 100_000, 1_000_000)
    """Numbers of keys in the table. Measurements with a single number use the second."""
    owner_sizes: tuple[int, int] = (10, 10_000)
    """Numbers of keys of a single owner."""
    samples: int = 100
    """The number of different keys in requests."""
    rounds: int = 40
    """The number of turns of each contender."""
    requests: int = 75
    """The number of requests to each of the two views in a turn."""
    http_rounds: int = 12
    http_seconds: float = 2
    created_rounds: int = 10
    created: int = 100
    """The number of keys that are created one by one in a turn."""
    created_at_once: int = 10_000
    kept_verifications: int = 5_000
    """The number of verifications in a turn beside the thread that listens for changes."""
    listening_rounds: int = 20
    counted: int = 1_000_000
    """The number of requests in `counted_minutes` that the app for usage counts."""
    counted_keys: int = 1_000
    counted_minutes: int = 10
    history_keys: int = 1_000
    """The number of keys of one owner that were used in each hour of `history_days`."""
    history_days: int = 400
    history_rounds: int = 20

    @property
    def size(self) -> int:
        return self.sizes[1]


FULL = Plan()

WITH_TEN_MILLION = replace(FULL, sizes=(1, 100_000, 1_000_000, 10_000_000))

QUICK = Plan(
    sizes=(1, 500, 1000),
    owner_sizes=(10, 200),
    samples=10,
    rounds=3,
    requests=20,
    http_rounds=1,
    http_seconds=0.1,
    created_rounds=1,
    created=20,
    created_at_once=500,
    kept_verifications=200,
    listening_rounds=2,
    counted=2_000,
    counted_keys=20,
    counted_minutes=2,
    history_keys=60,
    history_days=3,
    history_rounds=2,
)
"""Checks that the benchmarks run. The figures are meaningless."""
