"""Keys by number: the same ones in every run, so that no list of values has to be stored."""

from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from stack_apikeys import keys

KEYS_PER_OWNER = 10

SHARE = 100
"""The first owner has each of so many keys. The other owners have the rest in turn."""

_CHARACTERS = (keys.ALPHABET * 8).encode()


class Numbering:
    """The keys of one kind, from number 0 to below ``total``.

    The attributes are SQL expressions of ``n``, the number of a key.
    """

    CHANCE = f"mod((n + n / {SHARE}) * 7919, 1000)"
    """A number from 0 to 999, by which keys differ."""

    def __init__(self, kind: keys.Kind, total: int) -> None:
        self.kind = kind
        self.total = total
        self.owners = max(2, total // KEYS_PER_OWNER)
        others = self.owners - 1
        self.OWNER = f"(CASE WHEN mod(n, {SHARE}) = 0 THEN 0 ELSE 1 + mod(n, {others}) END)"
        self.SUCCESSOR = f"(n + CASE WHEN mod(n, {SHARE}) = 0 THEN {SHARE} ELSE {others} END)"

    def value(self, number: int) -> str:
        """Return the value of a key."""
        return self._parts(number)[1]

    def id(self, number: int) -> UUID:
        """Return the id of a key."""
        return UUID(self._parts(number)[0])

    def owner(self, number: int) -> int:
        """Return the number of a key's owner, as ``OWNER`` does."""
        return 0 if number % SHARE == 0 else 1 + number % (self.owners - 1)

    def chance(self, number: int) -> int:
        """Return what ``CHANCE`` does."""
        return (number + number // SHARE) * 7919 % 1000

    def predecessor(self, number: int) -> int | None:
        """Return the number of the key that this one succeeds."""
        is_of_first = number % SHARE == 0
        before = number - (SHARE if is_of_first else self.owners - 1)
        is_same_owner = (before % SHARE == 0) == is_of_first
        is_successor = before >= 0 and is_same_owner and number // SHARE % 25 == 1
        return before if is_successor else None

    def is_good(self, number: int) -> bool:
        """Return whether the key is valid and never expires."""
        chance = self.chance(number)
        successor = number + (SHARE if number % SHARE == 0 else self.owners - 1)
        is_rotated = successor < self.total and self.predecessor(successor) is not None
        return chance >= 400 and chance % 10 != 7 and not is_rotated

    def lines(self, numbers: range) -> str:
        """Return lines for ``COPY``: the columns that Python makes of each key."""
        pepper_id = keys.newest_pepper_id()
        lines = []
        for number in numbers:
            key_id, value = self._parts(number)
            digest = keys.digest(value, pepper_id=pepper_id)
            before = self.predecessor(number)
            predecessor = r"\N" if before is None else self._parts(before)[0]
            lines.append(f"{number}\t{key_id}\t{digest}\t{value[-4:]}\t{predecessor}\n")
        return "".join(lines)

    def _parts(self, number: int) -> tuple[str, str]:
        """Return the id, in hexadecimal, and the value of a key."""
        random = blake2b(f"{self.kind} {number}".encode(), digest_size=61).digest()
        key_id = random[45:].hex()
        key_id = f"{key_id[:12]}4{key_id[13:16]}8{key_id[17:]}"  # a UUID of version 4
        value = keys.assemble(
            secret=random[:45].translate(_CHARACTERS).decode(),
            id=_Id(key_id),  # type: ignore[arg-type]  # ten million UUIDs would take long
            kind=self.kind,
            is_public=number % 20 == 1,
        )
        return key_id, value


class _Id(NamedTuple):
    hex: str
