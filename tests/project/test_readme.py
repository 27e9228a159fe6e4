"""The documentation's list of tests that run Stack Auth's samples."""

import os
from pathlib import Path

import pytest

from tests.project.markdown import ROOT

PAGE = ROOT / "docs" / "contributing" / "samples.md"


def samples():
    """File and name of each test in the table."""
    for line in PAGE.read_text().splitlines():
        if line.startswith("| ") and line.count("`") >= 4:
            *_what, file, names = line.strip("| ").split(" | ")
            yield from ((file.strip("`"), name) for name in names.strip("`").split("`, `"))


def files(name):
    """The files in the folder of the tests whose path ends with this name."""
    for folder, subfolders, _files in os.walk(ROOT / "tests"):
        subfolders[:] = [each for each in subfolders if each != "node_modules"]
        if (path := Path(folder, name)).is_file():
            yield path


@pytest.mark.parametrize(("file", "name"), [*samples()])
def test_every_test_of_a_sample_is_there(file, name):
    definition = f"def {name}(" if file.endswith(".py") else f"test(`{name}`"
    assert any(definition in path.read_text() for path in files(file))
