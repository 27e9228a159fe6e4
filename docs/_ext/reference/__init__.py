"""A Sphinx extension that lists what the package defines, in the words of its docstrings.

A page asks for a list with an empty directive, such as `{settings}`. The extension replaces it by
Markdown before MyST parses the page, so that headings in it are headings of the page.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from reference.checks import list_checks
from reference.commands import list_commands
from reference.endpoints import list_endpoints
from reference.errors import list_error_codes
from reference.settings import list_settings
from reference.signals import list_signals
from reference.templates import list_tags, list_templates

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

LISTS: dict[str, Callable[..., str]] = {
    "checks": list_checks,
    "commands": list_commands,
    "endpoints": list_endpoints,
    "error-codes": list_error_codes,
    "settings": list_settings,
    "signals": list_signals,
    "template-tags": list_tags,
    "templates": list_templates,
}

_DIRECTIVE = re.compile(rf"^```{{({'|'.join(LISTS)})}}(?: (\S+))?\n```$", re.MULTILINE)


def expand(text: str) -> str:
    """Return a page's Markdown with its lists in place of the directives."""
    return _DIRECTIVE.sub(lambda match: LISTS[match[1]](*filter(None, [match[2]])), text)


def _expand_source(_app: "Sphinx", _name: str, source: list[str]) -> None:
    source[0] = expand(source[0])


def _read_again(_app: "Sphinx", env: "BuildEnvironment", *_names: set[str]) -> list[str]:
    """Return the pages with lists, which change with the code and not with their files."""
    return [name for name in env.found_docs if _DIRECTIVE.search(env.doc2path(name).read_text())]


def setup(app: "Sphinx") -> dict[str, Any]:
    """Connect the extension to Sphinx."""
    app.connect("source-read", _expand_source)
    app.connect("env-get-outdated", _read_again)
    return {"parallel_read_safe": True}
