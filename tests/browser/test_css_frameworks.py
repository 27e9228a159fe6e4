"""The sections look the same beside the style sheets of CSS frameworks and of Django admin."""

import pytest

from tests.browser import host_sheets
from tests.browser.axe import low_contrast
from tests.browser.states import STATES
from tests.browser.visitor import Visitor
from tests.npm import install_packages

# What a section takes over from its host: the place, the font and the colour scheme.
SAME_SURROUNDINGS = """
:has(> .apikeys, > .apikeys-sidebar) { font-family: sans-serif !important; font-size: 16px !important; }
.apikeys, .apikeys-sidebar {
  position: absolute !important;
  z-index: 1000 !important;
  inset: 0 auto auto 0 !important;
  box-sizing: content-box !important;
  width: 1000px !important;
  max-width: none !important;
  margin: 0 !important;
  padding: 0 !important;
  border: 0 !important;
  background: Canvas !important;
}
.apikeys-sidebar { left: 1020px !important; width: 220px !important; }
"""

NARROW = ".apikeys { width: 400px !important; }"

LIGHT, DARK = (f":root {{ color-scheme: {scheme} !important; }}" for scheme in ("light", "dark"))

INSIDE = ".apikeys, .apikeys *, .apikeys-sidebar, .apikeys-sidebar *"

CONTROLS = f":is({INSIDE}):is(a, button, input, label, select, textarea, tr)"

POINTED_AT = [("hover", "active"), ("focus", "focus-visible")]

# An embedded section does not take part in the layout of the host's elements here.
ONLY_THE_HOST = """
.apikeys, .apikeys-sidebar { display: none !important; }
* { transition: none !important; }
"""

OUTSIDE = f":root, body, body *:not({INSIDE})"

HOSTS_OWN_ELEMENTS = """
<article>
  <h2>Invoices</h2><p>Send the <strong>number</strong> as <code>id</code> in <kbd>JSON</kbd>.</p>
  <nav><ul><li><a href="/" aria-current="page">All</a></li></ul></nav>
  <table><caption>Invoices</caption><thead><tr><th>Number</th></tr></thead>
    <tbody><tr id="invoice"><th scope="row">1</th><td><time>Today</time></td></tr></tbody></table>
  <form role="search"><label>Number <input type="search" placeholder="Number"></label>
    <ul class="errorlist"><li>Required</li></ul>
    <select aria-invalid="true"><option>1</option></select><input type="checkbox" checked>
    <textarea placeholder="Note"></textarea><button type="submit">Search</button></form>
  <dl><dt>Sum</dt><dd>1</dd></dl><svg viewBox="0 0 1 1"><path d="m0 0h1"/></svg><p hidden>Paid</p>
</article>
"""

FONT_SIZES = """() => [...document.querySelectorAll(".apikeys *")].map(
  (element) => parseFloat(getComputedStyle(element).fontSize))"""


@pytest.fixture(scope="session")
def frameworks():
    install_packages(host_sheets.FOLDER)


@pytest.fixture
def visitor(frameworks, visit, demo_data, settings, complaints):
    settings.STATICFILES_DIRS = [("frameworks", host_sheets.FOLDER)]
    # The frameworks have icons in data URLs, which the example project's policy forbids.
    page = visit(demo_data.user1, bypass_csp=True)
    return Visitor(page, settings, complaints, demo_data.user1, demo_data.team)


@pytest.fixture
def show(visitor):
    """A function that opens a page in a state, in a host without any style sheet so far."""

    def show(state):
        STATES[state](visitor)
        page = visitor.page
        host_sheets.turn_off_sheets(page, "/example_project/")
        return page, host_sheets.HostSheets(page)

    return show


@pytest.mark.parametrize(
    "state",
    [
        "account",
        "account-without-keys",
        "team-page",
        "team-page-without-permission",
        "list-where-nothing-matches",
        "create-with-errors",
        "created",
        "key",
        "revoke-with-errors",
    ],
)
def test_a_section_has_the_same_styles_in_every_host(show, state):
    page, hosts = show(state)
    host_sheets.add_rules(page, SAME_SURROUNDINGS + LIGHT)
    host_sheets.choose_scheme(page, "light")
    changes = hosts.changes(INSIDE)
    for states in POINTED_AT:
        with host_sheets.forced(page, CONTROLS, *states):
            changes += [f"{states[0]}: {change}" for change in hosts.changes(CONTROLS)]
    page.set_viewport_size({"width": 640, "height": 900})
    host_sheets.add_rules(page, NARROW + DARK)
    host_sheets.choose_scheme(page, "dark")
    changes += [f"narrow and dark: {change}" for change in hosts.changes(INSIDE)]
    assert not changes


# Parts of controls that the browser draws, such as the button of a date, have no computed styles.
@pytest.mark.parametrize(
    "state",
    [
        "list-where-nothing-matches",
        "list-where-the-search-is-too-long",
        "create-with-errors",
        "created",
    ],
)
def test_a_section_has_the_same_picture_in_every_host(show, state):
    page, hosts = show(state)
    host_sheets.add_rules(page, SAME_SURROUNDINGS + LIGHT)
    with host_sheets.forced(page, ".apikeys input, .apikeys textarea", "hover"):
        assert not hosts.changes_of_picture(page.locator(".apikeys"))


def test_our_rules_do_not_change_the_hosts_elements(show):
    page, hosts = show("account")
    host_sheets.add_rules(page, ONLY_THE_HOST)
    add = "(html) => document.querySelector('main').insertAdjacentHTML('beforeend', html)"
    page.evaluate(add, HOSTS_OWN_ELEMENTS)
    assert not hosts.changes_by_ours(OUTSIDE)


def test_the_text_is_as_large_as_that_of_the_host(show):
    page, _ = show("team-page")

    def sizes(*, root, body):
        host_sheets.add_rules(
            page, f"html {{ font-size: {root}; }} body {{ font-size: {body} !important; }}"
        )
        return page.evaluate(FONT_SIZES)

    normal = sizes(root="100%", body="16px")
    assert sizes(root="62.5%", body="16px") == pytest.approx(normal)
    assert sizes(root="100%", body="18px") == pytest.approx([size * 18 / 16 for size in normal])
    assert sizes(root="62.5%", body="20px") == pytest.approx([size * 20 / 16 for size in normal])


def test_the_text_is_readable_in_every_dark_host(show):
    page, hosts = show("team-page")
    host_sheets.choose_scheme(page, "dark")
    assert not [
        f"{name}: {text}" for name in hosts.each() for text in low_contrast(page, ".apikeys")
    ]
