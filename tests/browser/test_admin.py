"""The pages of Django admin in a browser."""

import re

import pytest
from playwright.sync_api import expect

from example_project.demo import ADMIN_EMAIL, ADMIN_PASSWORD
from tests.admin.pages import address
from tests.browser import camera
from tests.browser.admin_faults import faults_of
from tests.browser.admin_states import ARABIC, HOSTILE, STATES, Staff
from tests.browser.layout import too_wide
from tests.factories import UserFactory

OF_DJANGO = [
    # The columns of an inline's row heading, and of a box to delete the row.
    ("empty-table-header", ".inline-group th.original, .inline-group th:last-child"),
    # The pages of users and teams are not the app's, and do not get its style.
    ("link-in-text-block", "body:not(.app-stack_apikeys) .breadcrumbs a"),
    ("aria-prohibited-attr", ".selector .help-tooltip"),
]
"""Violations in Django's own markup: rules, and the elements that violate them."""

# Of the app's own pages; Django's icons beside fields are not among them.
BUTTONS = """() => [...document.querySelectorAll(
  "main :is(button, input[type=submit], a.button, .object-tools a, .submit-row a)",
)].filter((each) => each.checkVisibility()).map((each) => {
  const { top, right, bottom, left } = each.getBoundingClientRect();
  const isPrimary = each.matches(".submit-row .default, [name=revoke], .delete-confirmation [type=submit]");
  return { top, right, bottom, left, isPrimary, html: each.outerHTML.slice(0, 200) };
})"""

# Whether the characters of a text stand in the order in which they are read.
READS_ON = """(element, text) => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const start = node.data.indexOf(text);
    if (start < 0) continue;
    const lefts = [...text].map((_, index) => {
      const range = document.createRange();
      range.setStart(node, start + index);
      range.setEnd(node, start + index + 1);
      return range.getBoundingClientRect().left;
    });
    return lefts.every((left, index) => !index || left > lefts[index - 1]);
  }
}"""

REFUSE_TO_COPY = """
navigator.clipboard.writeText = () => Promise.reject(new DOMException("", "NotAllowedError"));
document.execCommand = () => false;
"""


@pytest.fixture
def sign_in(visit, demo_data, settings, complaints, monkeypatch, site):
    """A function that opens Django admin for a superuser."""
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "ADMIN_CAN_DELETE": True}
    complaints.expect("/favicon.ico")  # the admin of the example project has none
    for description in (HOSTILE, ARABIC, "W" * 200):
        demo_data.user1.api_keys.create_key(description=description, created_by=demo_data.user2)

    def open_admin(*, language="en", **options):
        options = {"permissions": ["clipboard-read", "clipboard-write"], **options}
        page = visit(demo_data.admin, **options)
        page.context.add_cookies([{"name": "django_language", "value": language, "url": site}])
        return Staff(page, demo_data.user1, demo_data.team, monkeypatch)

    return open_admin


@pytest.fixture
def staff(sign_in):
    return sign_in()


@pytest.mark.parametrize("state", STATES)
def test_everybody_can_use_the_page(staff, state):
    STATES[state](staff)
    page = staff.page
    faults = faults_of(page, state, exceptions=OF_DJANGO)
    if not state.startswith("page-of"):
        faults += hard_to_hit(page.evaluate(BUTTONS))
    assert not faults


def hard_to_hit(buttons):
    """Return the buttons that a finger may miss, and those that it may press by mistake."""
    faults = []
    for number, button in enumerate(buttons):
        if button["bottom"] - button["top"] < (44 if button["isPrimary"] else 24):
            faults.append(f"too low: {button['html']}")
        faults += [
            f"too close: {button['html']} {other['html']}"
            for other in buttons[:number]
            if are_close(button, other)
        ]
    return faults


def are_close(one, other, *, room=4):
    return (
        one["left"] < other["right"] + room
        and other["left"] < one["right"] + room
        and one["top"] < other["bottom"] + room
        and other["top"] < one["bottom"] + room
    )


def test_a_status_is_a_word_in_a_frame_where_the_browser_sets_the_colours(sign_in):
    staff = sign_in(forced_colors="active")
    staff.open("changelist", query="?status=revoked")
    status = staff.page.locator(".api-key-status").first
    expect(status).to_have_text("revoked")
    expect(status).to_have_css("border-top-style", "solid")
    camera.take(staff.page, "admin-list-forced-colours", full_page=False)


@pytest.mark.parametrize("language", ["de", "ar"])
@pytest.mark.parametrize(
    "state", ["list-of-keys", "created", "change", "revoke-what-is-revoked", "delete"]
)
def test_the_page_fits_in_other_languages(sign_in, language, state):
    staff = sign_in(language=language)
    STATES[state](staff)
    page = staff.page
    expect(page.locator("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        camera.take(page, f"admin-{state}-{width}-{language}")
        assert not too_wide(page)


# A new key ------------------------------------------------------------------------------------


def test_a_new_key_is_whole_on_a_narrow_screen_and_in_no_attribute(sign_in, javascript):
    staff = sign_in(javascript=javascript, viewport={"width": 390, "height": 900})
    value = staff.create()
    assert re.fullmatch(r"sk_[0-9a-z]{99}", value)
    assert staff.value_field.evaluate(
        "({scrollHeight, clientHeight, scrollWidth, clientWidth}) =>"
        " scrollHeight <= clientHeight && scrollWidth <= clientWidth"
    )
    attributes = staff.page.evaluate(
        "[...document.querySelectorAll('*')].flatMap("
        "(element) => [...element.attributes].map((attribute) => attribute.value)).join(' ')"
    )
    assert value not in attributes
    copy = staff.page.get_by_role("button", name="Copy API key")
    expect(copy).to_be_visible(visible=javascript)


def test_the_copy_button_says_that_it_copied(staff):
    value = staff.create()
    staff.button("Copy API key").click()
    expect(staff.page.get_by_role("status")).to_have_text("Copied")
    assert staff.page.evaluate("navigator.clipboard.readText()") == value


def test_the_copy_button_says_that_it_failed_and_selects_the_key(staff):
    staff.page.add_init_script(REFUSE_TO_COPY)
    value = staff.create()
    staff.button("Copy API key").click()
    expect(staff.page.get_by_role("status")).to_have_text(
        "Copying failed. Select the text and copy it manually."
    )
    selection = "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"
    assert staff.value_field.evaluate(selection) == value


def test_copying_works_without_https_too(sign_in, site, complaints):
    complaints.expect("The Cross-Origin-Opener-Policy header has been ignored")
    staff = sign_in()
    staff.origin = site.replace("127.0.0.1", "plain.example")
    staff.page.goto(f"{staff.origin}/admin/login/")
    staff.page.get_by_label("E-mail address").fill(ADMIN_EMAIL)
    staff.page.get_by_label("Password").fill(ADMIN_PASSWORD)
    staff.submit("Log in")
    value = staff.create()
    assert not staff.page.evaluate("isSecureContext")
    staff.button("Copy API key").click()
    expect(staff.page.get_by_role("status")).to_have_text("Copied")
    other = staff.page.context.new_page()
    other.goto(site)
    other.bring_to_front()
    assert other.evaluate("navigator.clipboard.readText()") == value


def test_leaving_a_new_key_warns_unless_by_the_last_button(staff):
    value = staff.create()
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    staff.page.on("dialog", stay)
    with staff.page.expect_event("dialog"):
        staff.page.get_by_role("link", name="Home").click()
    assert asked == ["beforeunload"]
    expect(staff.value_field).to_have_value(value)
    staff.button("Done").click()
    understood = staff.page.get_by_label("I understand")
    expect(understood).to_be_focused()
    understood.check()
    staff.submit("Done")
    expect(staff.page.get_by_role("link", name=f"sk_…{value[-4:]}")).to_be_visible()
    assert asked == ["beforeunload"]
    assert value not in staff.page.content()


def test_a_popup_hands_the_key_to_its_opener_after_it_was_shown(sign_in):
    opener = sign_in()
    opener.open("changelist")
    opener.page.evaluate(
        """() => {
          window.dismissAddRelatedObjectPopup = (popup, id, name) => {
            window.chosen = [id, name];
            popup.close();
          };
        }"""
    )
    with opener.page.expect_popup() as opened:
        opener.page.evaluate("(url) => { window.open(url) }", address("add") + "?_popup=1")
    popup = Staff(opened.value, opener.user, opener.team, opener.monkeypatch)
    popup.create(HOSTILE, query="?_popup=1")
    with popup.page.expect_event("close"):
        popup.button("I have copied it. Use this key").click()
    api_key = opener.user.api_keys.first()
    assert opener.page.evaluate("window.chosen") == [str(api_key.pk), str(api_key)]


# Search, revoke, and text in either direction ----------------------------------------------------


def test_keys_are_found_by_their_owner_and_no_address_has_a_part_of_a_key(sign_in, javascript):
    staff = sign_in(javascript=javascript)
    grace = UserFactory(display_name="Grace Murray Hopper", email="grace@example.com")
    api_key, value = grace.api_keys.create_key(description="Compiler")
    addresses = []
    staff.page.context.on("request", lambda request: addresses.append(request.url))
    for text in ("hopper", value, value[3:40], value[20:60], f"{value[:50]} {value[50:]}"):
        staff.open("changelist")
        staff.page.get_by_label("Owner, description").fill(text)
        staff.submit("Search")
        if text in ("hopper", value):
            expect(staff.page.get_by_role("link", name=api_key.masked)).to_be_visible()
        else:
            expect(staff.page.get_by_text("mistyped or incomplete")).to_be_visible()
    assert any("q=hopper" in each for each in addresses)
    assert not [each for each in addresses if value[3:40] in each or value[20:48] in each]


def test_the_second_of_two_who_revoke_a_key_hears_of_the_first(sign_in, javascript, demo_data):
    staff = sign_in(javascript=javascript)
    api_key = staff.key(ARABIC)
    staff.open("revoke", api_key.pk)
    api_key.revoke(by=demo_data.user2, reason="Leaked")
    staff.page.get_by_label("Reason").fill("No longer used")
    staff.submit("Yes, revoke")
    main = staff.page.get_by_role("main")
    expect(main.get_by_role("alert")).to_have_text(
        "This key is already revoked. Nothing was changed."
    )
    expect(main).to_contain_text(re.compile(r"Revoked on .* by Grace Hopper\."))
    expect(main).to_contain_text("Reason: Leaked")
    expect(main).to_contain_text("was not saved: No longer used")
    main.get_by_role("link", name="Back").click()
    expect(main).to_contain_text("Leaked")


@pytest.mark.parametrize("description", [HOSTILE, ARABIC, "كلمات " * 30])
def test_what_follows_a_description_keeps_its_order(staff, description):
    api_key, _value = staff.user.api_keys.create_key(description=description)
    main = staff.page.get_by_role("main")
    staff.open("change", api_key.pk)
    staff.submit("Save")
    message = main.get_by_text("was changed successfully")
    assert message.evaluate(READS_ON, "was changed successfully")
    staff.open("delete", api_key.pk)
    assert main.get_by_text("Are you sure").evaluate(READS_ON, "following related items")
    breadcrumbs = staff.page.locator(".breadcrumbs")
    assert breadcrumbs.evaluate(READS_ON, "Delete")
    staff.open("revoke", api_key.pk)
    assert main.get_by_role("listitem").evaluate(READS_ON, api_key.masked)
    staff.open("history", api_key.pk)
    assert breadcrumbs.evaluate(READS_ON, "History")
    assert main.get_by_role("heading", level=1).evaluate(READS_ON, f"({api_key.masked})")


def test_a_name_of_another_person_keeps_to_itself(staff):
    name = "Bob \u2069\u202e"
    api_key, _value = staff.user.api_keys.create_key()
    api_key.revoke(
        by=UserFactory(display_name=name, email="bob@example.com"), reason=f"{name} left"
    )
    staff.open("revoke", api_key.pk)
    item = staff.page.get_by_role("main").get_by_role("listitem")
    assert item.evaluate(READS_ON, "Reason:")
