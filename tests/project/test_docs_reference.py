"""The reference lists everything that the source of the package defines."""

import re
from pathlib import Path

import pytest
from django.utils.translation import to_language

import stack_apikeys
from tests.project.markdown import PAGES, ROOT, blocks, expanded

PACKAGE = Path(stack_apikeys.__file__).parent
REFERENCE = ROOT / "docs" / "reference"

DEFINITIONS = {
    "checks": r'"(stack_apikeys(?:_\w+)?\.[EW]\d{3})"',
    "error-codes": r'^    code = "(\w+)"',
    "settings": r"^    ([A-Z][A-Z_]+) = Setting\b",
    "signals": r"^([a-z]\w+) = Signal\(",
}
"""How each of the things on a page of the reference looks in the source."""


@pytest.mark.parametrize("page", DEFINITIONS)
def test_the_reference_lists_everything_in_the_source(page):
    source = "\n".join(path.read_text() for path in sorted(PACKAGE.rglob("*.py")))
    defined = re.findall(DEFINITIONS[page], source, re.MULTILINE)
    text = expanded(REFERENCE / f"{page}.md")
    assert defined
    assert not [name for name in defined if f"`{name}`" not in text]


def test_the_guide_lists_every_language():
    languages = {"en", *(to_language(path.name) for path in (PACKAGE / "locale").iterdir())}
    text = (ROOT / "docs" / "how-to" / "pages-in-your-frame.md").read_text()
    section = text.split("## Languages")[1].split("\n\n")[1]
    assert f"in {len(languages)} languages" in section
    assert {*re.findall(r"\(`([a-z-]+)`\)", section)} == languages


def test_the_reference_lists_every_template():
    names = {
        str(path.relative_to(folder))
        for folder in PACKAGE.rglob("templates")
        for path in folder.rglob("*")
        if path.is_file()
    }
    text = expanded(REFERENCE / "templates.md")
    assert not [name for name in names if f"| `{name}` |" not in text]


def test_the_reference_lists_every_endpoint_with_its_methods():
    text = expanded(REFERENCE / "http.md")
    assert "| `PATCH user-api-keys/{api_key_id}` | " in text
    assert "| `DELETE team-permissions/{team_id}/{user_id}/{permission_id}` | " in text


def test_the_reference_lists_every_argument_of_a_command():
    text = expanded(REFERENCE / "commands.md")
    assert "### `api_keys revoke`" in text
    assert "| `--reason REASON` | " in text


def public_names():
    """The names on the page of the Python API, by module, as the page tells autodoc."""
    names = set()
    module = ""
    for line in (REFERENCE / "python.md").read_text().splitlines():
        if directive := re.match(r"\.\. (automodule|currentmodule):: (\S+)", line):
            module = directive[2]
            names.add(module)
        elif members := re.match(r" +:members: (.+)", line):
            names |= {f"{module}.{name}" for name in members[1].split(", ")}
        elif directive := re.match(r"\.\. auto(?:class|function|data):: (\w+(?:\.\w+)*)", line):
            name = directive[1]
            names.add(name if name.startswith("stack_apikeys") else f"{module}.{name}")
    return names


def imported_names(page):
    shown = [block for block in blocks(page) if block.language == "python" and not block.hidden]
    code = "".join(block.code for block in shown)
    pattern = r"^ *from (stack_apikeys[\w.]*) import (?:\(([^)]*)\)|(.*))$"
    for module, in_parentheses, in_a_line in re.findall(pattern, code, re.MULTILINE):
        for name in re.findall(r"[^,\s]+(?: as \w+)?", in_parentheses or in_a_line):
            yield f"{module}.{name.split()[0]}"


def has_a_list(name):
    """Whether it is an exception or a signal, which have pages of their own."""
    return name.startswith(("stack_apikeys.exceptions.", "stack_apikeys.signals."))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_documentation_uses_public_names_only(page):
    used = {name for name in imported_names(page) if not has_a_list(name)}
    assert not used.difference(public_names())
