"""Every state of the pages, in light and dark, wide and narrow: looked at by axe and by people.

The pictures for people are in the folder ``screenshots`` afterwards.
"""

from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.layout import too_small, too_wide
from tests.browser.states import STATES, Visitor

SCREENSHOTS = Path(__file__).parent / "screenshots"

WIDTHS = [1280, 390]


@pytest.fixture
def visitor(visit, demo_data, settings):
    page = visit(demo_data.user1, permissions=["clipboard-read", "clipboard-write"])
    return Visitor(page, settings, demo_data.user1, demo_data.team)


@pytest.fixture(params=STATES)
def page(request, visitor):
    STATES[request.param](visitor)
    return visitor.page


def test_axe_finds_nothing(page, request):
    state = request.node.callspec.params["page"]
    found = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            page.screenshot(path=SCREENSHOTS / f"{state}-{width}-{scheme}.png", full_page=True)
            found += [f"{width}, {scheme}: {violation}" for violation in violations(page)]
    assert not found


def test_nothing_is_too_wide_or_too_small(page):
    for width in (320, 390, 768, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        assert (width, too_wide(page)) == (width, [])
        assert (width, too_small(page)) == (width, [])
