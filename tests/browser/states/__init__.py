"""The states that the pages can be in, and how to reach them."""

from tests.browser.states import (  # noqa: F401  # importing a module adds its states
    creation,
    example_project,
    key_list,
    one_key,
    restrictions,
    rotation,
    several_keys,
)
from tests.browser.states.registry import STATES, state

__all__ = ["STATES", "state"]
