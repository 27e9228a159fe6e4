"""Which cores of the machine the server has, and which the load generator and the database."""

import os
from collections.abc import Iterator
from contextlib import contextmanager


def split() -> tuple[set[int], set[int]] | None:
    """Return a core for the server and one for the rest, or None if there are not two."""
    if not hasattr(os, "sched_getaffinity") or len(cores := sorted(os.sched_getaffinity(0))) < 2:
        return None
    return {cores[0]}, {cores[1]}


def pin(process_id: int, cores: set[int]) -> None:
    """Let a process, and those that it will start, run on these cores only."""
    os.sched_setaffinity(process_id, cores)


@contextmanager
def pinned(*process_ids: int) -> Iterator[set[int] | None]:
    """Let this and other processes leave a core to the server. Yields it, or None without pinning."""
    both = split()
    if both is None:
        yield None
        return
    server, rest = both
    for process_id in (0, *process_ids):
        pin(process_id, rest)
    try:
        yield server
    finally:
        for process_id in (0, *process_ids):
            pin(process_id, server | rest)
