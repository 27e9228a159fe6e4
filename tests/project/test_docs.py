"""Every block of Python and of shell commands in the documentation runs, or says why not."""

import shutil

import pytest

from tests.project.markdown import ALIASES, PAGES, ROOT, blocks
from tests.project.walkthrough import WalkthroughError, follow
from tests.requirements import require_program

TUTORIAL = ROOT / "docs" / "tutorial" / "first-key.md"

README = ROOT / "README.md"


def name(page):
    return str(page.relative_to(ROOT))


def pages_with_code():
    return [page for page in PAGES if any(block.is_run for block in blocks(page))]


@pytest.fixture(scope="session")
def tutorial_project(tmp_path_factory):
    """The project that somebody has who followed the tutorial."""
    folder = tmp_path_factory.mktemp("tutorial")
    follow(blocks(TUTORIAL), folder)
    return folder


def copy(source, target):
    """Copy a project, without what does not work elsewhere."""
    ignored = shutil.ignore_patterns(".venv", "__pycache__")
    shutil.copytree(source, target, ignore=ignored, dirs_exist_ok=True)


def copy_what_can_be_installed(target):
    copy(ROOT / "stack_apikeys", target / "stack_apikeys")
    for file in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / file, target)


@pytest.mark.docs
@pytest.mark.parametrize("page", pages_with_code(), ids=name)
def test_the_code_of_a_page_runs(page, tmp_path, request):
    require_program("curl")
    if page == README:
        copy_what_can_be_installed(tmp_path)
    elif page != TUTORIAL:
        copy(request.getfixturevalue("tutorial_project"), tmp_path)
    follow(blocks(page), tmp_path)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_block_names_its_language(page):
    assert not [str(block) for block in blocks(page) if block.language in ALIASES | {""}]


def test_the_readme_is_short():
    assert len(README.read_text().splitlines()) <= 200


# The tests' own tools ---------------------------------------------------------------------------


@pytest.fixture
def write_page(tmp_path, monkeypatch):
    monkeypatch.setattr("tests.project.markdown.ROOT", tmp_path)

    def write(text):
        page = tmp_path / "page.md"
        page.write_text(text)
        return page

    return write


def test_a_block_that_fails_is_named(write_page, tmp_path):
    page = write_page("Text\n\n```sh\ntrue\n```\n\n```sh\necho before\nfalse\necho after\n```\n")
    with pytest.raises(WalkthroughError, match=r"page\.md:8 fails:\nbefore\n$"):
        follow(blocks(page), tmp_path)


def test_another_output_than_the_page_shows_is_an_error(write_page, tmp_path):
    page = write_page(
        "```sh\necho one two three\n```\n<!-- output -->\n```text\none … three\n```\n"
    )
    follow(blocks(page), tmp_path)
    page.write_text(page.read_text().replace("one …", "two …"))
    follow(blocks(page), tmp_path)
    page.write_text(page.read_text().replace("two …", "four …"))
    with pytest.raises(WalkthroughError, match=r"page\.md:6 shows another output"):
        follow(blocks(page), tmp_path)


def test_a_block_that_says_why_does_not_run(write_page, tmp_path):
    page = write_page("<!-- not run: it fails -->\n```sh\nfalse\n```\n")
    follow(blocks(page), tmp_path)
    page.write_text("<!-- not run: -->\n```sh\nfalse\n```\n")
    with pytest.raises(WalkthroughError):
        follow(blocks(page), tmp_path)


def test_a_block_with_a_caption_is_added_to_the_file(write_page, tmp_path):
    block = "```{code-block} text\n:caption: folder/file.txt\n\nline\n```\n"
    follow(blocks(write_page(f"{block}\n<!-- text folder/file.txt\nhidden\n-->\n")), tmp_path)
    assert (tmp_path / "folder" / "file.txt").read_text() == "\nline\nhidden\n"


def test_blocks_inside_of_lists_and_admonitions_are_found(write_page):
    page = write_page(
        "1. Item:\n\n   ```sh\n   one\n   ```\n\n"
        "````{tip}\nText\n```sh\ntwo\n```\n````\n\n:::{tip}\n```sh\nthree\n```\n:::\n```sh\nfour\n```\n"
    )
    assert [block.code for block in blocks(page)] == ["one\n", "two\n", "three\n", "four\n"]
