"""List the settings in ``STACK_APIKEYS``."""

from reference.package import attribute_docs, markdown
from stack_apikeys.conf import SETTINGS, Conf


def list_settings() -> str:
    """Return a section for each setting: its name, its default and its meaning."""
    docs = attribute_docs(Conf)
    return "\n\n".join(
        f"## `{name}`\n\nDefault: `{setting.default!r}`\n\n{markdown(docs[name])}"
        for name, setting in SETTINGS.items()
    )
