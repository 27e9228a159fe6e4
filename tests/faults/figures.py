"""What an attack has counted, and what it must be."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number, the rule for it, and whether it holds."""

    what: str
    value: int
    must: str
    holds: bool

    def __str__(self) -> str:
        mark = "ok  " if self.holds else "FAIL"
        return f"  {mark} {self.value:>7,}  {self.what} (must be {self.must})"


def exactly(expected: int, what: str, value: int) -> Figure:
    return Figure(what, value, f"{expected:,}", value == expected)


def about(expected: int, what: str, value: int) -> Figure:
    """Within one per cent."""
    holds = abs(value - expected) * 100 <= expected
    return Figure(what, value, f"{expected:,} within 1 %", holds)


def at_most(limit: int, what: str, value: int) -> Figure:
    """Also shows that the attack took place."""
    return Figure(what, value, f"1 to {limit:,}", 0 < value <= limit)


def none(what: str, value: int) -> Figure:
    return exactly(0, what, value)


def some(what: str, value: int) -> Figure:
    """Shows that the attack took place: a rule cannot be broken where nothing was tried."""
    return Figure(what, value, "1 or more", value > 0)
