"""List the errors that have a code."""

from collections.abc import Iterator

from reference.package import first_paragraph, modules, table
from stack_apikeys.exceptions import PlainError, StackApiKeysError

GROUPS = {
    "stack_apikeys.sdk": "Sessions, users and teams",
    "stack_apikeys.wire": "Requests to the HTTP API",
    "stack_apikeys": "Keys",
}
"""The heading of each group of errors, by the package that defines them; the first one counts."""


def list_error_codes() -> str:
    """Return a table of the errors for each group."""
    groups: dict[str, list[type[StackApiKeysError]]] = {title: [] for title in GROUPS.values()}
    for error in errors():
        package = next(name for name in GROUPS if f"{error.__module__}.".startswith(f"{name}."))
        groups[GROUPS[package]].append(error)
    return "\n\n".join(
        f"## {title}\n\n{_table(group)}" for title, group in reversed(groups.items()) if group
    )


def errors() -> list[type[StackApiKeysError]]:
    """Return the classes that have a code of their own, in the order of their codes."""
    for _module in modules():
        pass  # a class is known once its module is imported
    return sorted(
        {error for error in _subclasses(StackApiKeysError) if "code" in vars(error)},
        key=lambda error: error.code,
    )


def _subclasses(base: type[StackApiKeysError]) -> Iterator[type[StackApiKeysError]]:
    for subclass in base.__subclasses__():
        yield subclass
        yield from _subclasses(subclass)


def _table(group: list[type[StackApiKeysError]]) -> str:
    return table(
        ["code", "status", "body", "exception", "meaning"],
        (
            (
                f"`{error.code}`",
                str(error.status),
                "text" if issubclass(error, PlainError) else "JSON",
                f"`{error.__name__}`",
                first_paragraph(error.__doc__),
            )
            for error in group
        ),
    )
