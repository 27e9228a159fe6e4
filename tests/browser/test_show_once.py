"""A new key is shown once: not lost by accident, not created twice, and not kept anywhere."""

import json
import re

import pytest
from playwright.sync_api import Error, expect

from tests.browser import pages


@pytest.fixture
def page(visit, user):
    return visit(user)


def test_escape_and_clicks_elsewhere_do_not_close_it(page, owner):
    value = pages.create(page, owner)
    page.keyboard.press("Escape")
    page.mouse.click(5, 5)
    page.mouse.click(1200, 600)
    page.keyboard.press("Escape")
    expect(pages.value_field(page)).to_have_text(value)


def reload(page):
    # `page.reload` waits for a new document, which does not come if the user stays.
    page.context.new_cdp_session(page).send("Page.reload")


def go_back(page):
    browser = page.context.new_cdp_session(page)
    history = browser.send("Page.getNavigationHistory")
    entry = history["entries"][history["currentIndex"] - 1]
    browser.send("Page.navigateToHistoryEntry", {"entryId": entry["id"]})


def go_to_another_address(page):
    with pytest.raises(Error, match="ERR_ABORTED"):
        page.goto("/account/")


def follow_a_link(page):
    page.get_by_role("link", name="Account", exact=True).click()


def close(page):
    page.close(run_before_unload=True)


@pytest.mark.parametrize("leave", [reload, go_back, go_to_another_address, follow_a_link, close])
def test_leaving_warns_and_staying_keeps_the_key(page, user, leave):
    value = pages.create(page, user)
    asked = []

    def stay(dialog):
        asked.append(dialog.type)
        dialog.dismiss()

    page.on("dialog", stay)
    with page.expect_event("dialog"):
        leave(page)
    assert asked == ["beforeunload"]
    expect(pages.value_field(page)).to_have_text(value)


def test_done_leaves_without_a_warning_and_needs_the_box(page, owner, javascript, visit, user):
    page = visit(user, javascript=javascript)
    page.on("dialog", lambda dialog: pytest.fail(f"asks: {dialog.type}"))
    pages.create(page, owner)
    page.get_by_role("button", name="Done").click()
    expect(pages.heading(page)).to_have_text("Key created: Nightly backup")
    expect(page.get_by_label("I understand")).to_be_focused()
    pages.finish(page)
    expect(pages.row(page, "Nightly backup")).to_be_visible()
    assert "?" not in page.url


def test_a_reload_makes_no_second_key_and_says_so(visit, user, owner, javascript):
    page = visit(user, javascript=javascript)
    value = pages.create(page, owner)
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(pages.heading(page)).to_have_text("This key already exists")
    expect(page.get_by_role("main")).to_contain_text("cannot be shown again")
    assert value not in page.content()
    assert owner.api_keys.count() == 1
    page.get_by_role("link", name="Revoke this key").click()
    expect(pages.heading(page)).to_have_text("Revoke “Nightly backup”?")


def test_a_double_click_makes_one_key_and_shows_it(page, owner):
    page.goto(pages.path("api-key-create", owner))
    page.get_by_label("Description").fill("Nightly backup")
    page.get_by_role("button", name="Create API key").dblclick()
    assert pages.shown_value(page).startswith("sk_")
    assert owner.api_keys.count() == 1


def test_a_double_click_without_javascript_makes_one_key(visit, user, owner, requests_to_django):
    page = visit(user, javascript=False)
    page.goto(pages.path("api-key-create", owner))
    page.get_by_label("Description").fill("Nightly backup")
    page.get_by_role("button", name="Create API key").dblclick()
    # The second click cancels the first request, unless its response has arrived.
    expect(pages.heading(page)).to_have_text(re.compile("already exists|Key created"))
    requests_to_django.wait_until_idle()
    assert owner.api_keys.count() == 1


def test_the_value_is_nowhere_afterwards(page, owner):
    addresses = []
    page.context.on("request", lambda request: addresses.append(request.url))
    value = pages.create(page, owner)
    assert value not in page.evaluate(
        "[...document.querySelectorAll('*')].flatMap("
        "(element) => [...element.attributes].map((attribute) => attribute.value)).join(' ')"
    )
    pages.finish(page)
    pages.row(page, "Nightly backup").wait_for()
    places = [page.content(), page.url, *addresses]
    places.append(json.dumps(page.context.cookies()))
    places.append(json.dumps(page.context.storage_state(indexed_db=True)))
    places.append(
        page.evaluate("JSON.stringify([history.state, {...sessionStorage}, window.name])")
    )
    assert not [place for place in places if value in place]


def test_going_back_shows_no_key(page, user):
    value = pages.create(page, user)
    pages.finish(page)
    pages.row(page, "Nightly backup").wait_for()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # Chromium asks whether to resubmit
        page.go_back()
    expect(page.get_by_text(value)).to_have_count(0)
    assert user.api_keys.count() == 1
