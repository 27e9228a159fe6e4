"""The README's lists, held against the code."""

import re
import textwrap
from pathlib import Path

import pytest

import stack_apikeys
from stack_apikeys import exceptions
from stack_apikeys.conf import SETTINGS

PACKAGE = Path(stack_apikeys.__file__).parent
README = (PACKAGE.parent / "README.md").read_text()


def section(title: str) -> str:
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def rows(title: str) -> list[list[str]]:
    """The cells of a section's table, without head."""
    lines = [line for line in section(title).splitlines() if line.startswith("| `")]
    return [[cell.strip(" `") for cell in line.strip("|").split(" | ")] for line in lines]


def known_errors(base=exceptions.StackApiKeysError):
    for subclass in base.__subclasses__():
        if hasattr(subclass, "code"):
            yield subclass
        yield from known_errors(subclass)


def test_every_setting_is_listed_in_the_order_of_the_code():
    assert [name for name, _default, _meaning in rows("Settings")] == list(SETTINGS)


@pytest.mark.parametrize("name", SETTINGS)
def test_every_default_is_told(name):
    told = next(default for listed, default, _meaning in rows("Settings") if listed == name)
    if name != "TEAM_ADAPTER":
        assert told.replace('"', "'") == repr(SETTINGS[name].default)


def test_every_error_code_is_listed_with_its_status():
    listed = {code: int(status) for code, status, _when in rows("Error codes")}
    assert listed == {error.code: error.status for error in known_errors()}


def test_the_errors_without_a_code_on_the_wire_are_marked():
    marked = {code for code, _status, when in rows("Error codes") if when.endswith("*plain*")}
    assert marked == {error.code for error in known_errors(exceptions.PlainError)}


def test_every_system_check_is_listed():
    sources = "".join(path.read_text() for path in PACKAGE.rglob("checks.py"))
    emitted = set(re.findall(r'"(stack_apikeys(?:_\w+)?\.[EW]\d{3})"', sources))
    assert [check for check, _says in rows("System checks")] == sorted(emitted)


def samples():
    """File and name of each test in the table of the documentation's samples."""
    for line in section("Run the tests").splitlines():
        if line.startswith("| ") and line.count("`") >= 4:
            *_what, file, names = line.strip("| ").split(" | ")
            yield from ((file.strip("`"), name) for name in names.strip("`").split("`, `"))


@pytest.mark.parametrize(("file", "name"), [*samples()])
def test_every_test_of_a_sample_is_there(file, name):
    tests = (Path(__file__).parent / file).read_text()
    assert (f"def {name}(" if file.endswith(".py") else f"test(`{name}`") in tests


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)\n *```", README, re.DOTALL))
def test_every_python_sample_is_python(block):
    compile(textwrap.dedent(block), "README.md", "exec")
