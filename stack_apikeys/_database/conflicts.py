"""Runs a transaction again that the database has rolled back in favor of another one.

On one server, the order in which all code takes locks keeps that from happening. In a cluster in
which several servers are written to, such as MariaDB Galera, a server knows only its own locks. Of
two transactions that change the same rows at the same moment, one is rolled back with the error for
a deadlock, at the latest when it commits.
"""

import time
from collections.abc import Callable
from functools import wraps
from random import SystemRandom
from typing import ParamSpec, TypeVar

from django.db import OperationalError, connections

P = ParamSpec("P")
T = TypeVar("T")

TRIES = 8
"""How many times a transaction is run before its error is raised."""

_FIRST_PAUSE = 0.01
"""The maximum number of seconds before the second try. It doubles with each further one."""

_DEADLOCK = 1213
"""MySQL's and MariaDB's error: "Deadlock found when trying to get lock; try restarting transaction"."""


def repeat_on_conflict(function: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function that runs one transaction, so that a conflict runs it again.

    Inside another transaction, which would be lost as well, the error is raised at once.
    """

    @wraps(function)
    def repeat(*args: P.args, **kwargs: P.kwargs) -> T:
        for number in range(TRIES - 1):
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if error.args[:1] != (_DEADLOCK,) or _is_in_transaction():
                    raise
            # Not the same time for all of them, or they meet again.
            time.sleep(SystemRandom().uniform(0, _FIRST_PAUSE * 2**number))
        return function(*args, **kwargs)

    return repeat


def _is_in_transaction() -> bool:
    return any(each.in_atomic_block for each in connections.all(initialized_only=True))
