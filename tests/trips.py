"""Count the modules of the package that a call passes through."""

import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

PACKAGE = "stack_apikeys"

NOT_COUNTED = {"conf.setting"}
"""Reading a setting is an attribute access, and happens everywhere."""


@dataclass
class Trip:
    """The way of one call through the package's modules."""

    entries: Counter[str] = field(default_factory=Counter)
    """How often each module is entered: a function in it is called from outside of it."""

    round_trips: Counter[str] = field(default_factory=Counter)
    """How often a module is entered while a call of it waits for another module: A → B → A."""

    @property
    def modules(self) -> list[str]:
        """The modules that are entered, in order."""
        return list(self.entries)

    @property
    def transitions(self) -> int:
        """How often control passes into a module of the package."""
        return self.entries.total()

    def __str__(self) -> str:
        lines = [f"{len(self.entries)} modules, {self.transitions} transitions"]
        lines += [
            f"{number:4} {module}" + (" (round trip)" if module in self.round_trips else "")
            for module, number in self.entries.items()
        ]
        return "\n".join(lines)


def trace(call: Callable[[], object]) -> Trip:
    """Return the trip of the second of two calls, because the first one may set things up."""
    call()
    trip = Trip()
    stack: list[str] = []
    """The module of each frame of the package, and that of the caller for other frames."""

    def follow(frame, event, _argument):
        if event == "call":
            current = stack[-1] if stack else ""
            module = _module_of(frame)
            if module and module != current:
                trip.entries[module] += 1
                if module in stack:
                    trip.round_trips[module] += 1
            stack.append(module or current)
        elif event == "return" and stack:
            stack.pop()

    sys.setprofile(follow)
    try:
        call()
    finally:
        sys.setprofile(None)
    return trip


def _module_of(frame) -> str:
    package, _dot, module = frame.f_globals.get("__name__", "").partition(".")
    return module if package == PACKAGE and module not in NOT_COUNTED else ""
