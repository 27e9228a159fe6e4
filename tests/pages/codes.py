"""The code blocks of the page that shows a new key."""

import re
from html import unescape


def code(page, name):
    """Return the text of a code block that can be copied."""
    block = re.search(rf'<code id="apikeys-{name}"[^>]*>(.*?)</code>', page, re.DOTALL)
    return unescape(block[1])


def shown(answer):
    """Return the value of the new key."""
    return code(answer.text, "value")


def tags(page):
    """Return the tags of a page, without the text between them."""
    return " ".join(re.findall("<[^>]*>", page))
