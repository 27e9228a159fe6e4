"""What of a search may stand in the list's address.

Addresses end up in logs and in the browser's history, and people do paste whole keys.
"""

import re

from stack_apikeys import keys
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import MalformedApiKey

LONGEST_NAME = 20
"""What begins as a key does, and is longer, is no name that a person gave to something."""


def find_key(text: str) -> keys.ParsedKey | None:
    """The first whole key in the text, which may stand among other words, or None."""
    for word in _words(text):
        try:
            return keys.parse(word)
        except MalformedApiKey:
            continue
    return None


def holds_a_secret(text: str) -> bool:
    """Whether the text holds a key, or what may be one that was mistyped or cut short."""
    return any(
        conf.MARKER in word or (word.startswith(("sk_", "pk_")) and len(word) > LONGEST_NAME)
        for word in map(str.lower, _words(text))
    )


def _words(text: str) -> list[str]:
    return re.findall(r"[0-9A-Za-z_]+", text)
