"""Text that people have typed, inside sentences of either writing direction.

A description or a name may be written from right to left, or contain invisible characters that
reverse the order of what follows them. `isolate_html` prevents this in HTML, and `isolate` in plain
text, such as messages, page titles and log entries.
"""

import re

from django.utils.html import format_html
from django.utils.safestring import SafeString

_LEFT_TO_RIGHT_ISOLATE = "\u2066"
_FIRST_STRONG_ISOLATE, _POP_DIRECTIONAL_ISOLATE = "\u2068", "\u2069"

_CONTROLS = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Embeddings, overrides, isolates, and their ends. The marks U+200E, U+200F and U+061C are not among
them: they act like an invisible letter, and only on their neighbours."""

_PARAGRAPH_ENDS = re.compile("[\n\r\x1c-\x1e\x85\u2029]+")
"""Characters that end a paragraph, and with it every isolate."""


def isolate(text: str) -> str:
    """Return the text for use inside a sentence, whose order it cannot change.

    Its direction is that of its first letter. Its own controls are removed, because one that ends
    an isolate would let the others out, and line breaks are replaced by spaces.
    """
    return f"{_FIRST_STRONG_ISOLATE}{_without_controls(text)}{_POP_DIRECTIONAL_ISOLATE}"


def isolate_left_to_right(text: str) -> str:
    """Do the same with a text that is read from left to right, such as a network or a time."""
    return f"{_LEFT_TO_RIGHT_ISOLATE}{_without_controls(text)}{_POP_DIRECTIONAL_ISOLATE}"


def isolate_html(text: str) -> SafeString:
    """Do the same as `isolate` in HTML, where a control that ends an isolate also ends ``<bdi>``."""
    return format_html('<bdi dir="auto">{}</bdi>', _without_controls(text))


def _without_controls(text: str) -> str:
    return _PARAGRAPH_ENDS.sub(" ", _CONTROLS.sub("", text))
