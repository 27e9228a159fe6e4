"""The style sheets of a project and of the app do not affect each other's elements."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser import pages
from tests.browser.states import STATES
from tests.browser.visitor import Visitor

FRAMEWORK = (Path(__file__).parent / "framework.css").read_text()
"""Rules for elements and attributes, as CSS frameworks have them."""

# A constructed sheet comes last, and a Content Security Policy does not block it.
ADD_SHEET = """(text) => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  document.adoptedStyleSheets.push(sheet);
}"""

TURN_OFF_OUR_SHEET = """() => {
  for (const sheet of document.styleSheets) {
    if (sheet.href?.includes("/stack_apikeys/")) sheet.disabled = true;
  }
}"""

REMEMBER_STYLES = """(selector) => {
  const parts = ["", "::before", "::after", "::placeholder"];
  window.readStyles = () => [...document.querySelectorAll(selector)].map((element) =>
    parts.map((part) => {
      const style = getComputedStyle(element, part || undefined);
      return Object.fromEntries([...style].map((name) => [name, style.getPropertyValue(name)]));
    }));
  window.stylesBefore = window.readStyles();
  return window.stylesBefore.length;
}"""

CHANGED_STYLES = """(selector) => window.readStyles().flatMap((parts, index) =>
  parts.flatMap((style, part) =>
    Object.entries(style)
      .map(([name, value]) => [name, window.stylesBefore[index][part][name], value])
      .filter(([name, before, after]) => before !== after)
      .map((change) => [document.querySelectorAll(selector)[index].outerHTML.slice(0, 150), part, ...change])
  ))"""

INSIDE = ".apikeys *, .apikeys-sidebar *"

OUTSIDE = "body *:not(.apikeys, .apikeys *, .apikeys-sidebar, .apikeys-sidebar *)"

FIXED_BOXES = """
.apikeys { width: 900px !important; }
.apikeys-sidebar { box-sizing: border-box !important; width: 220px !important; }
"""

LAYOUT = {
    *("block-size", "height", "inline-size", "width", "perspective-origin", "transform-origin"),
    *("grid-template-columns", "grid-template-rows", "top", "right", "bottom", "left"),
    *("inset-block-start", "inset-block-end", "inset-inline-start", "inset-inline-end"),
}
"""Properties that depend on the size of other elements."""


@contextmanager
def nothing_changes(page, selector):
    """Assert that no computed style of the elements changes, except sizes and positions."""
    assert page.evaluate(REMEMBER_STYLES, selector) > 0
    yield
    changes = page.evaluate(CHANGED_STYLES, selector)
    assert [change for change in changes if change[2] not in LAYOUT] == []


@pytest.fixture
def visitor(visit, demo_data, settings, complaints):
    return Visitor(
        visit(demo_data.user1, reduced_motion="reduce"),
        settings,
        complaints,
        demo_data.user1,
        demo_data.team,
    )


@pytest.mark.parametrize("layer", [None, "framework"])
@pytest.mark.parametrize(
    "state",
    ["team_page", "create_with_errors", "created", "key_of_a_team", "revoke_with_errors"],
)
def test_a_frameworks_rules_do_not_reach_into_our_sections(visitor, state, layer):
    STATES[state.replace("_", "-")](visitor)
    page = visitor.page
    page.evaluate(ADD_SHEET, FIXED_BOXES)
    with nothing_changes(page, INSIDE):
        page.evaluate(
            ADD_SHEET, FRAMEWORK if layer is None else f"@layer {layer} {{ {FRAMEWORK} }}"
        )


def test_a_frameworks_rules_for_hovered_links_do_not_either(visitor):
    page = visitor.page
    page.goto(pages.path("api-keys", visitor.user))
    link = page.get_by_role("link", name="Revoke").first
    link.hover()
    with nothing_changes(page, ".apikeys a:hover"):
        page.evaluate(ADD_SHEET, FRAMEWORK)


@pytest.mark.parametrize("state", ["team_page", "created"])
def test_our_rules_do_not_reach_into_the_hosts_page(visitor, state):
    STATES[state.replace("_", "-")](visitor)
    page = visitor.page
    page.evaluate(ADD_SHEET, FRAMEWORK)
    with nothing_changes(page, OUTSIDE):
        page.evaluate(TURN_OFF_OUR_SHEET)


def test_a_host_places_a_section_and_sets_its_colours(visitor):
    page = visitor.page
    page.goto(f"/teams/{visitor.team.pk}/")
    page.evaluate(ADD_SHEET, "main > .apikeys { margin: 3px; --apikeys-muted: rgb(1, 2, 3); }")
    style = "(element, name) => getComputedStyle(element)[name]"
    assert page.locator(".apikeys").evaluate(style, "marginTop") == "3px"
    assert page.locator(".apikeys-lead").evaluate(style, "color") == "rgb(1, 2, 3)"
