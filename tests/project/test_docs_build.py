"""The documentation is built without a warning, and needs no other host."""

import re
import subprocess
import sys
from importlib.util import find_spec

import pytest

from tests.project.markdown import ROOT

pytestmark = [
    pytest.mark.docs,
    pytest.mark.skipif(find_spec("sphinx") is None, reason="needs the packages of the group docs"),
]

LOADS = re.compile(
    r"<(?:script|link|img|iframe|source)\b[^>]*?(?:src|href)=\"((?:https?:)?//[^\"]+)"
)
STYLES = re.compile(r"(?:@import|url\()\s*[\"']?((?:https?:)?//[^\"')]+)")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("docs")
    command = ["-m", "sphinx", "--fail-on-warning", "--keep-going", "--quiet", "docs", folder]
    run = subprocess.run(
        [sys.executable, *command, "-d", tmp_path_factory.mktemp("doctrees")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return folder


def test_the_pages_load_nothing_from_other_hosts(built):
    pages = [*built.rglob("*.html")]
    assert built / "reference" / "settings.html" in pages
    loaded = [url for page in pages for url in LOADS.findall(page.read_text())]
    loaded += [url for sheet in built.rglob("*.css") for url in STYLES.findall(sheet.read_text())]
    assert not loaded


def test_the_lists_are_in_the_pages(built):
    page = (built / "reference" / "settings.html").read_text()
    assert 'id="max_valid_keys_per_owner"' in page.lower().replace("-", "_")
