"""List the signals that the package sends."""

from django.dispatch import Signal

from reference.package import attribute_docs, markdown, modules


def list_signals() -> str:
    """Return a section for each public signal that has a docstring."""
    sections = []
    for module in modules():
        docs = attribute_docs(module) if _has_signals(module) else {}
        sections += [
            f"## `{name}`\n\n`{module.__name__}.{name}`\n\n{markdown(text)}"
            for name, text in docs.items()
            if isinstance(getattr(module, name), Signal) and not name.startswith("_")
        ]
    return "\n\n".join(sections)


def _has_signals(module: object) -> bool:
    return any(isinstance(value, Signal) for value in vars(module).values())
