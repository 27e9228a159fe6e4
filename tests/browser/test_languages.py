"""The pages in other languages: dates, columns, and writing from right to left."""

from itertools import combinations

import pytest
from django.conf import settings as django_settings
from playwright.sync_api import expect

from stack_apikeys.pages import panels
from tests.browser import pages
from tests.browser.layout import too_wide
from tests.browser.visitor import use_keys

LANGUAGES = [
    "ar", "de", "en", "es", "fa", "fr", "he", "it", "ja", "ko", "nl", "pl", "pt-br", "ru", "tr",
    "zh-hans", "zh-hant",
]  # fmt: skip

# What a reader sees of each cell, without what only screen readers say, and without the padding.
CONTENTS = """(rows) => rows.map((row) => [...row.children].map((cell) => {
  for (const hidden of cell.querySelectorAll(".apikeys-hidden, i")) hidden.remove();
  const range = document.createRange();
  range.selectNodeContents(cell);
  const { left, right, top, bottom } = range.getBoundingClientRect();
  const frame = row.getBoundingClientRect();
  const isInside = left === right || (left > frame.left && right < frame.right);
  return { left, right, top, bottom, isInside, start: cell.getBoundingClientRect().left };
}))"""

LINES = """(times) => times.map((time) => {
  const range = document.createRange();
  range.selectNodeContents(time.firstChild);
  return [time.textContent, range.getClientRects().length];
})"""

CUT_OFF = """() => [...document.querySelectorAll(".apikeys *")]
  .filter((element) => element.checkVisibility() && !element.closest(".apikeys-hidden, i, svg"))
  .filter((element) => getComputedStyle(element).overflowX !== "visible")
  .filter((element) => getComputedStyle(element).clipPath === "none")
  .filter((element) => element.scrollWidth > element.clientWidth + 1)
  .map((element) => element.outerHTML.slice(0, 200))"""


@pytest.fixture
def speak(visit, site, demo_data):
    """A function that opens a page for the demo's first user, in a language."""

    def open_page(language, **options):
        page = visit(demo_data.user1, **options)
        cookie = {"name": django_settings.LANGUAGE_COOKIE_NAME, "value": language, "url": site}
        page.context.add_cookies([cookie])
        return page

    return open_page


@pytest.mark.parametrize("language", ["en", "de", "ja", "pl"])
def test_no_date_of_the_list_breaks(speak, demo_data, language):
    page = speak(language)
    for owner in (demo_data.user1, demo_data.team):
        page.goto(pages.path("api-keys", owner, rows=50))
        lines = page.locator("tbody time").evaluate_all(LINES)
        assert len(lines) > 8
        assert [date for date, count in lines if count != 1] == []


NARROWEST_TABLE = {"width": 1260, "height": 900}
"""A smaller window shows cards, because the example project has a sidebar."""


def touching(row):
    """Return the pairs of cells in a row whose contents overlap."""
    cells = [cell for cell in row if cell["right"] > cell["left"]]
    return [
        (one, other)
        for one, other in combinations(cells, 2)
        if one["left"] < other["right"] and other["left"] < one["right"]
        if one["top"] < other["bottom"] and other["top"] < one["bottom"]
    ]


@pytest.mark.parametrize("with_usage", [True, False], ids=["with usage", "without usage"])
def test_the_cells_of_a_row_do_not_touch_in_any_language(speak, demo_data, monkeypatch, with_usage):
    owner = demo_data.user1 if with_usage else demo_data.team
    if with_usage:
        use_keys(owner)
    else:
        monkeypatch.setattr(panels, "registered", tuple)
    for language in LANGUAGES:
        page = speak(language, viewport=NARROWEST_TABLE)
        page.goto(pages.path("api-keys", owner, rows=50))
        expect(page.locator("html")).to_have_attribute("lang", language)
        rows = page.get_by_role("row").evaluate_all(CONTENTS)
        assert len({cell["top"] for cell in rows[0]}) < len(rows[0])  # it is a table
        assert [touching(row) for row in rows if touching(row)] == [], language
        assert [cell for row in rows for cell in row if not cell["isInside"]] == [], language
        page.context.close()


@pytest.mark.parametrize("language", ["en", "de", "ja", "pl"])
def test_the_columns_have_the_same_place_on_every_page_of_the_list(speak, demo_data, language):
    for number, api_key in enumerate(demo_data.user1.api_keys.all()):
        demo_data.user1.api_keys.create_key(description=api_key.description * (1 + number % 4))
    page = speak(language)
    page.goto(pages.path("api-keys", demo_data.user1))
    places = set()
    for _page in range(3):
        places |= {
            tuple(round(cell["start"], 2) for cell in row[-5:])
            for row in page.locator("tr").evaluate_all(CONTENTS)
        }
        if (following := page.locator("[rel=next]")).count():
            following.click()
    assert "page=3" in page.url
    assert len(places) == 1


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("language", ["ar", "he"])
def test_pages_are_written_from_right_to_left(speak, demo_data, language, width):
    user, team = demo_data.user1, demo_data.team
    use_keys(user)
    page = speak(language, viewport={"width": width, "height": 900})
    active = user.api_keys.get(description="Status page")
    revoked = user.api_keys.get(description="Weather widget")
    for url in (
        *(pages.path("api-keys", owner) for owner in (user, team)),
        *(pages.path("api-key", user, api_key) for api_key in (active, revoked)),
        *(pages.path(name, user, active) for name in ("api-key-rename", "api-key-revoke")),
        pages.path("api-key-create", user),
    ):
        page.goto(url)
        check_direction(page)
    page.locator("[name=description]").fill("Nightly backup")
    page.locator("[name=description]").press("Enter")
    value = page.locator("#apikeys-value")
    assert value.inner_text().startswith("sk_")
    page.locator("summary").click()
    check_direction(page)


def check_direction(page):
    """Check that nothing is cut off, and that text which is not words has its own direction."""
    expect(page.locator("html")).to_have_attribute("dir", "rtl")
    assert too_wide(page) == []
    assert page.evaluate(CUT_OFF) == []
    direction = "(all) => [...new Set(all.map((each) => getComputedStyle(each).direction))]"
    assert page.locator(".apikeys").evaluate_all(direction) == ["rtl"]
    codes = page.locator(".apikeys :is(.apikeys-masked, #apikeys-value, #apikeys-id, code, pre)")
    assert codes.evaluate_all(direction) in (["ltr"], [])


def test_a_page_from_right_to_left_is_a_mirror_image(speak, demo_data):
    edges = """(all) => all.map((each) => {
      const { left, right } = each.getBoundingClientRect();
      return [left, right];
    })"""
    places = {}
    for language in ("ja", "he"):
        page = speak(language)
        page.goto(pages.path("api-keys", demo_data.user1))
        width = page.evaluate("document.documentElement.clientWidth")
        places[language] = page.locator("tbody tr > *").evaluate_all(edges)
    mirrored = [(width - right, width - left) for left, right in places["ja"]]
    assert len(mirrored) >= 60
    for place, expected in zip(places["he"], mirrored, strict=True):
        assert place == pytest.approx(expected, abs=0.1)
