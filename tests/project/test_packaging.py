"""What is built to be installed is the whole app, and nothing but the app."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import stack_apikeys

pytestmark = pytest.mark.long

PACKAGE = Path(stack_apikeys.__file__).resolve().parent
ROOT = PACKAGE.parent


def build(target, *, source, into):
    """Build with the project's own backend, without a network; return the file."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", into],
        cwd=source,
        check=True,
        capture_output=True,
    )
    [built] = into.iterdir()
    return built


def names_in(wheel):
    with zipfile.ZipFile(wheel) as archive:
        return set(archive.namelist())


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build("wheel", source=ROOT, into=tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def sdist(tmp_path_factory):
    """The unpacked source distribution."""
    archive = build("sdist", source=ROOT, into=tmp_path_factory.mktemp("sdist"))
    unpacked = tmp_path_factory.mktemp("unpacked")
    extract = [sys.executable, "-m", "tarfile", "--extract", archive, unpacked]
    subprocess.run(extract, check=True)
    [root] = unpacked.iterdir()
    return root


def test_the_wheel_has_every_file_of_the_app_and_no_other(wheel):
    files = {
        str(path.relative_to(ROOT))
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert {name for name in names_in(wheel) if ".dist-info/" not in name} == files
    kinds = {Path(name).name for name in files} | {Path(name).suffix for name in files}
    assert {"py.typed", "0001_initial.py", ".html", ".css"} <= kinds


def test_the_wheel_says_what_it_is(wheel):
    with zipfile.ZipFile(wheel) as archive:
        [metadata] = [name for name in archive.namelist() if name.endswith(".dist-info/METADATA")]
        lines = archive.read(metadata).decode().splitlines()
        licenses = [name for name in archive.namelist() if name.endswith("/LICENSE")]
    assert "Name: django-stack-apikeys" in lines
    assert f"Version: {stack_apikeys.__version__}" in lines
    assert "# django-stack-apikeys" in lines, "the README is its description"
    assert licenses


def test_the_source_has_what_it_takes_to_build_and_test_it(wheel, sdist, tmp_path):
    expected = [
        "README.md",
        "CHANGELOG.md",
        "LICENSE",
        "manage.py",
        "docs",
        "tests",
        "example_project",
    ]
    assert all((sdist / name).exists() for name in expected)
    assert names_in(build("wheel", source=sdist, into=tmp_path)) == names_in(wheel)
