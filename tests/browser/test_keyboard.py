"""The pages used with the keyboard only."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import pages
from tests.settings_pages import make_key

FOCUSED = """() => {
  const element = document.activeElement;
  // Radio buttons are drawn by their labels.
  const drawn = element.type === "radio" ? element.labels[0] : element;
  const { outlineStyle, outlineWidth } = getComputedStyle(drawn);
  const { top, bottom } = drawn.getBoundingClientRect();
  return {
    name: (element.labels?.[0] ?? element).textContent.trim().replace(/\\s+/g, " "),
    outlined: outlineStyle !== "none" && parseFloat(outlineWidth) >= 2,
    inView: bottom > 0 && top < innerHeight,
  };
}"""


MASKED = re.compile(r" \(.k_….{4}\)$")


class Keyboard:
    """Moves through a page with the Tab key, and checks where the focus is."""

    def __init__(self, page):
        self.page = page

    def tab(self):
        """Go to the next element, and return its name."""
        self.page.keyboard.press("Tab")
        focused = self.page.evaluate(FOCUSED)
        assert focused["outlined"], focused
        assert focused["inView"], focused
        return MASKED.sub("", focused["name"])

    def tab_to(self, name):
        """Go to the element with this name, and return the names on the way."""
        names = [self.tab()]
        while not names[-1].startswith(name):
            assert len(names) < 80, names
            names.append(self.tab())
        return names

    def type(self, text):
        self.page.keyboard.type(text)

    def press(self, key):
        self.page.keyboard.press(key)


@pytest.fixture
def page(visit, user):
    return visit(user, permissions=["clipboard-read", "clipboard-write"])


@pytest.fixture
def keyboard(page):
    return Keyboard(page)


@pytest.fixture(params=["light", "dark"])
def scheme(request, page):
    page.emulate_media(color_scheme=request.param)


def test_a_key_is_made_with_the_keyboard(page, keyboard, owner, scheme):
    page.goto(pages.path("api-keys", owner))
    keyboard.tab_to("Create API key")
    keyboard.press("Enter")
    expect(page.get_by_label("Description")).to_be_focused()
    keyboard.type("Nightly backup")
    assert keyboard.tab() == "30 days"
    keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="90 days")).to_be_checked()
    assert keyboard.tab() == "Limit where the key can be used"
    assert keyboard.tab() == "Create API key"
    keyboard.press("Enter")
    pages.shown_value(page)
    assert keyboard.tab_to("Copy")[-1] == "Copy"
    keyboard.press("Enter")
    expect(page.get_by_role("status").first).to_have_text("Copied")
    assert keyboard.tab() == "Try it"
    keyboard.press("Enter")
    names = keyboard.tab_to("I understand")
    assert names[:-1] == ["Copy cURL", "Copy Python", "Copy JavaScript", "Copy .env"]
    keyboard.press("Space")
    assert keyboard.tab() == "Done"
    keyboard.press("Enter")
    expect(pages.row(page, "Nightly backup")).to_be_visible()
    assert keyboard.tab_to("Rename")[-1] == "Rename Nightly backup"


def test_the_expiry_is_chosen_with_the_arrow_keys(page, keyboard, user):
    page.goto(pages.path("api-key-create", user))
    keyboard.type("Nightly backup")
    keyboard.tab()
    chosen = []
    for _choice in range(4):
        keyboard.press("ArrowRight")
        chosen.append(page.evaluate(FOCUSED)["name"])
    assert chosen == ["90 days", "1 year", "Never", "Date"]
    assert keyboard.tab() == "Expiry date"
    keyboard.press("Shift+Tab")
    keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="1 day", exact=True)).to_be_checked()
    expect(page.get_by_label("Expiry date")).to_be_hidden()
    keyboard.press("Enter")
    pages.shown_value(page)
    [api_key] = user.api_keys.all()
    assert round((api_key.expires_at - api_key.created_at) / timedelta(days=1)) == 1


def test_a_key_is_revoked_with_the_keyboard(page, keyboard, owner, scheme):
    make_key(owner, description="Nightly backup")
    page.goto(pages.path("api-keys", owner))
    on_the_way = keyboard.tab_to("Revoke Nightly backup")
    assert on_the_way[-3:] == ["Nightly backup", "Rename Nightly backup", "Revoke Nightly backup"]
    keyboard.press("Enter")
    page.wait_for_url("**/revoke/")
    keyboard.tab_to("Reason")
    keyboard.type("No longer needed")
    assert keyboard.tab().startswith("I understand")
    keyboard.press("Space")
    assert [keyboard.tab(), keyboard.tab()] == ["Revoke key", "Cancel"]
    keyboard.press("Shift+Tab")
    keyboard.press("Enter")
    expect(pages.row(page, "Nightly backup")).to_contain_text("Revoked")


def test_errors_have_the_focus_and_lead_to_their_fields(page, keyboard, user):
    page.goto(pages.path("api-key-create", user))
    expect(page.get_by_label("Description")).to_be_focused()
    keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_focused()
    assert keyboard.tab() == "Enter a description."
    keyboard.press("Enter")
    expect(page.get_by_label("Description")).to_be_focused()


def test_the_first_stop_leads_past_the_navigation(page, keyboard, owner):
    page.goto(pages.path("api-keys", owner))
    assert keyboard.tab() == "Skip to main content"
    keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    assert keyboard.tab() == "Create API key"


def test_the_focus_goes_through_the_list_as_one_reads_it(page, keyboard, user):
    for number in range(10, 21):
        make_key(user, description=f"Key {number}")
    page.goto(pages.path("api-keys", user, sort="description"))
    names = keyboard.tab_to("Next")
    stops = [
        "Skip to main content",
        "Example project",
        "Emmy Noether",
        "Sign out",
        "Account",
        "API keys",
        "Create API key",
        "Search API keys",
        "Search",
        "Active 11",
        "All 11",
        "Export CSV",
        "Description",
        "Created",
        "Status",
        "Expires",
        "Key 10",
        "Rename Key 10",
        "Revoke Key 10",
        "Key 11",
        "10",
        "Next",
    ]
    assert [name for name in names if name in stops] == stops
