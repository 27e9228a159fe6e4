"""What visitors set in their browser or system: colours, motion, and the size of text."""

import pytest
from playwright.sync_api import expect

from tests.browser import pages

STYLE = """(all, [name, part]) => all.map((each) => getComputedStyle(each, part)[name])"""


def styles(locator, name, part=None):
    return locator.evaluate_all(STYLE, [name, part])


def system_colour(page, name):
    return page.evaluate(
        """(name) => {
          const element = document.body.appendChild(document.createElement("i"));
          element.style.color = name;
          return getComputedStyle(element).color;
        }""",
        name,
    )


class TestForcedColours:
    @pytest.fixture
    def page(self, visit, demo_data):
        page = visit(demo_data.user1, forced_colors="active")
        page.goto(pages.path("api-keys", demo_data.user1, rows=50))
        return page

    def test_the_status_is_a_word_with_a_dot_or_in_a_frame(self, page):
        background = system_colour(page, "Canvas")
        cells = page.locator(".apikeys-status")
        assert {*cells.all_inner_texts()} == {"Valid", "Expires soon", "Expired", "Revoked"}
        dots = page.locator(".apikeys-valid")
        assert background not in styles(dots, "borderTopColor", "::before")
        assert {*styles(dots, "borderTopWidth", "::before")} != {"0px"}
        frames = cells.locator(".apikeys-badge")
        assert background not in styles(frames, "borderTopColor")
        assert {*styles(frames, "borderTopWidth")} == {"1px"}

    def test_the_current_filter_and_page_have_a_frame(self, page):
        background = system_colour(page, "Canvas")
        for name, current in (("Status", "All 12"), ("Rows per page", "50")):
            links = page.get_by_role("navigation", name=name).get_by_role("link")
            framed = [
                link.inner_text()
                for link in links.all()
                if styles(link, "borderTopColor") != [background]
            ]
            assert framed == [current]

    def test_the_chosen_expiry_has_a_thick_frame(self, page, demo_data):
        page.goto(pages.path("api-key-create", demo_data.user1))
        labels = page.locator(".apikeys-choice > label")
        thick = [
            label.inner_text()
            for label in labels.all()
            if styles(label, "borderTopWidth") == ["3px"]
        ]
        assert thick == ["30 days"]


@pytest.mark.parametrize("name", ["api-keys", "api-key-create"])
def test_nothing_moves_for_those_who_ask_for_less_motion(visit, demo_data, name):
    page = visit(demo_data.user1, reduced_motion="reduce")
    page.goto(pages.path(name, demo_data.user1))
    everything = page.locator(".apikeys, .apikeys *, .apikeys-sidebar *")
    for part in (None, "::before", "::after"):
        assert {*styles(everything, "transitionDuration", part)} == {"0s"}
        assert {*styles(everything, "animationName", part)} == {"none"}
    assert {*styles(page.locator("html, body"), "scrollBehavior")} == {"auto"}


BIGGER = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("body { font-size: 20px !important; }  main { max-width: none !important; }");
  document.adoptedStyleSheets.push(sheet);
}"""


@pytest.mark.parametrize("place", ["page of the app", "page of the host"])
def test_a_section_follows_the_size_of_the_hosts_text(visit, demo_data, place):
    page = visit(demo_data.user1, viewport={"width": 1800, "height": 900})
    owner = demo_data.user1
    page.goto("/account/" if place == "page of the host" else pages.path("api-keys", owner))
    everything = page.locator(".apikeys *:not(svg *, option)")
    lengths = ["fontSize", "paddingInlineStart", "marginTop", "minHeight"]
    before = [styles(everything, name) for name in lengths]
    assert styles(page.locator("body"), "fontSize") == ["16px"]
    page.evaluate(BIGGER)
    for old, new in zip(before, [styles(everything, name) for name in lengths], strict=True):
        for small, large in zip(old, new, strict=True):
            if small.endswith("px") and small not in ("0px", "1px", "2px"):
                grown = float(large[:-2]) / float(small[:-2])
                assert grown == pytest.approx(1.25, abs=0.02), (small, large)
    expect(page.get_by_role("columnheader", name="Status")).to_be_visible()
