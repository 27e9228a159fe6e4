"""The states by name."""

STATES = {}


def state(function):
    """Add a function that brings a visitor's page into the state that the function is named after."""
    STATES[function.__name__.replace("_", "-")] = function
    return function
