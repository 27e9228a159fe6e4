"""List the settings in ``STACK_APIKEYS``."""

from reference.package import attribute_docs, markdown
from stack_apikeys.conf import SETTINGS, Conf


def list_settings() -> str:
    """Return a section for each setting: its name, its default and its meaning."""
    docs = {
        name: text
        for group in Conf.__mro__
        if group.__module__.startswith("stack_apikeys.")
        for name, text in attribute_docs(group).items()
    }
    return "\n\n".join(
        f"## `{name}`\n\nDefault: `{setting.default!r}`\n\n{markdown(docs[name])}"
        for name, setting in SETTINGS.items()
    )
