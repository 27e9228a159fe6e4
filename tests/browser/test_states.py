"""Every state of the pages, light and dark, wide and narrow, checked by axe.

With the option ``--screenshots``, the pictures are in the folder ``screenshots`` afterwards.
"""

import pytest

from tests.browser import camera
from tests.browser.axe import CHECKED, violations
from tests.browser.layout import too_small, too_wide
from tests.browser.states import STATES
from tests.browser.visitor import Visitor

PICTURED_WIDTHS = [1280, 390]

WIDTHS = [320, 390, 768, 1024, 1280]


@pytest.fixture
def visitor(visit, demo_data, settings, complaints):
    page = visit(demo_data.user1, permissions=["clipboard-read", "clipboard-write"])
    return Visitor(page, settings, complaints, demo_data.user1, demo_data.team)


@pytest.mark.parametrize("state", STATES)
def test_everybody_can_use_the_page(visitor, state):
    STATES[state](visitor)
    page = visitor.page
    faults = []
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        faults += [f"{width}, too wide: {element}" for element in too_wide(page)]
        faults += [f"{width}, too small: {element}" for element in too_small(page)]
        if width in PICTURED_WIDTHS:
            for scheme in ("light", "dark"):
                page.emulate_media(color_scheme=scheme)
                camera.take(page, f"{state}-{width}-{scheme}")
                if (width, scheme) in CHECKED:
                    faults += [f"{width}, {scheme}: {violation}" for violation in violations(page)]
    assert not faults
