"""Every link in the Markdown files leads somewhere. Links to other hosts are not followed."""

import re

import pytest

from tests.project.markdown import PAGES, ROOT, expanded

_CODE = re.compile(r"^(?P<fence> *(?:```+|~~~+)).*?^(?P=fence)|`[^`\n]*`", re.DOTALL | re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(<?([^)\s>]+)>?[^)]*\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
_TARGET = re.compile(r"^\(([^)\s]+)\)=$", re.MULTILINE)


def links(text):
    for target in _LINK.findall(_CODE.sub("", text)):
        if not re.match(r"[a-z]+:", target):
            path, _hash, anchor = target.partition("#")
            yield path, anchor


def anchors(text):
    """The anchors of a page, as GitHub and MyST name them after headings."""
    text = re.sub(r"^ *```.*?^ *```", "", text, flags=re.DOTALL | re.MULTILINE)
    seen = {*_TARGET.findall(text)}
    for heading in _HEADING.findall(text):
        name = re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
        repeated = sum(1 for each in seen if re.fullmatch(rf"{re.escape(name)}(-\d+)?", each))
        seen.add(f"{name}-{repeated}" if repeated else name)
    return seen


def broken_links(page):
    for path, anchor in links(expanded(page)):
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            yield f"{path} does not exist"
        elif not target.is_relative_to(ROOT):
            yield f"{path} is outside of the repository"
        elif anchor and anchor not in anchors(expanded(target)):
            yield f"{path} has no heading #{anchor}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    assert not [*broken_links(page)]


def test_links_in_code_are_not_links():
    assert [*links("`[a](b)` [c](d.md#e)\n```sh\n[f](g)\n```\n[h](https://i)")] == [("d.md", "e")]


def test_repeated_headings_are_numbered():
    assert anchors("# `A_B` c!\n## A_B c\n```sh\n# no\n```\n(d)=\n") == {"a_b-c", "a_b-c-1", "d"}
