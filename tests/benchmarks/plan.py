"""How much is measured."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Plan:
    """Numbers of keys, and how long to measure them."""

    sizes: tuple[int, ...] = (1, 100_000, 1_000_000)
    """Keys in the table. The second is for what is measured with one number only."""
    owner_sizes: tuple[int, int] = (10, 10_000)
    """Keys of a single owner."""
    samples: int = 100
    """Keys that requests take turns with."""
    rounds: int = 40
    """How often each contender has its turn."""
    requests: int = 75
    """Requests that it answers in a turn, to either view."""
    http_rounds: int = 5
    http_seconds: float = 2
    created_rounds: int = 10
    created: int = 100
    """Keys that are made one at a time in a turn."""
    created_at_once: int = 10_000

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
)
"""Only to see that everything works: the figures say nothing."""
