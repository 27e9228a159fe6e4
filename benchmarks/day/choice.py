"""Which key the next request carries, and what the site should answer."""

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from uuid import uuid4

from benchmarks.day.plan import ENDED_BEFORE
from benchmarks.millions.numbered import Numbering
from stack_apikeys import keys

VALID, CHANGING, ENDED = range(3)
"""The states of a good key: before, while and after a program revokes or rotates it."""

KINDS = ("mistyped", "unknown", "secret", "revoked", "expired")

COUNTED = ("secret", "revoked", "expired")
"""The kinds of refusals that ``stack_apikeys.usage`` counts."""

SPREAD = 7_368_787
"""A prime, so that the keys in use are not neighbours in the table."""


class States:
    """The states of all keys, a byte each, which all programs share."""

    def __init__(self, content: mmap.mmap) -> None:
        self._content = content

    @classmethod
    @contextmanager
    def open(cls, path: Path) -> Iterator["States"]:
        with path.open("r+b") as file, mmap.mmap(file.fileno(), 0) as content:
            yield cls(content)

    def __getitem__(self, number: int) -> int:
        return self._content[number]

    def __setitem__(self, number: int, state: int) -> None:
        self._content[number] = state


class Choice:
    """Chooses keys. ``total`` is the number of keys of users."""

    def __init__(self, total: int, seed: object) -> None:
        self.total = total
        self.random = Random(str(seed))
        self._numbering = Numbering("user", total)
        self.owners = self._numbering.owners
        self.ended = self._choose_ended()

    def popular(self) -> int:
        """Return the number of a good key, each rank in proportion to the logarithm of 1 + 1/rank.

        That is Zipf's law: the key of rank n is used 1/n times as often as the first.
        """
        rank = int((self.total + 1) ** self.random.random())
        return self._next_good(rank * SPREAD % self.total)

    def any(self) -> int:
        """Return the number of a good key, each with the same probability."""
        return self._next_good(self.random.randrange(self.total))

    def value(self, number: int) -> str:
        return self._numbering.value(number)

    def id(self, number: int) -> str:
        return str(self._numbering.id(number))

    def refused(self) -> tuple[str, str]:
        """Return a value that is to be refused, and its kind."""
        kind = self.random.choice(KINDS)
        match kind:
            case "mistyped":
                value = self.value(self.any())
                return value[:9] + ("0" if value[9] != "0" else "1") + value[10:], kind
            case "unknown":
                return keys.generate(id=uuid4(), kind="user"), kind
            case "secret":
                return keys.generate(id=self._numbering.id(self.any()), kind="user"), kind
        return self.value(self.random.choice(self.ended[kind])), kind

    def _choose_ended(self) -> dict[str, list[int]]:
        """Return the good keys that are revoked, and that expire, before the day begins.

        They are the same for every seed.
        """
        random = Random(self.total)
        numbers: dict[int, None] = {}
        each = min(ENDED_BEFORE, self.total // 50)
        while len(numbers) < 2 * each:
            numbers[self._next_good(random.randrange(self.total))] = None
        chosen = list(numbers)
        return {"revoked": chosen[:each], "expired": chosen[each:]}

    def _next_good(self, number: int) -> int:
        while not self._numbering.is_good(number):
            number = (number + 1) % self.total
        return number


def address_of(number: int) -> str:
    """Return the address of the client that uses the key."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
