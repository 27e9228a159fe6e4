"""Several keys are ticked in the list, and revoked together."""

import pytest
from playwright.sync_api import expect

from tests.browser import pages
from tests.browser.test_phone import PHONE
from tests.settings_pages import make_key


@pytest.fixture
def api_keys(user):
    return [make_key(user, description=f"Key {number}") for number in range(3)]


def test_ticked_keys_are_revoked_with_one_confirmation(visit, user, api_keys, javascript):
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-keys", user))
    button = page.get_by_role("button", name="Revoke selected…")
    expect(button).to_be_hidden()
    for number in (0, 2):
        page.get_by_label(f"Select Key {number}").check()
    button.click()
    expect(pages.heading(page)).to_have_text("Revoke 2 API keys?")
    page.reload()
    page.get_by_label("Reason").fill("Spring cleaning")
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Revoke keys").click()
    expect(page.get_by_role("status")).to_contain_text("2 keys were revoked.")
    for api_key in api_keys:
        api_key.refresh_from_db()
    assert [each.revoked_reason for each in api_keys] == ["Spring cleaning", "", "Spring cleaning"]
    assert api_keys[1].is_valid()


def test_one_box_ticks_all(visit, user, api_keys):
    page = visit(user)
    page.goto(pages.path("api-keys", user))
    everything = page.get_by_label("Select all on this page")
    boxes = page.get_by_role("table").get_by_role("checkbox")
    everything.focus()
    page.keyboard.press("Space")
    assert [each.is_checked() for each in boxes.all()] == [True] * 3
    boxes.first.uncheck()
    expect(everything).not_to_be_checked()
    boxes.first.check()
    expect(everything).to_be_checked()
    everything.uncheck()
    assert [each.is_checked() for each in boxes.all()] == [False] * 3


def test_the_boxes_and_the_button_are_made_for_fingers(visit, user, api_keys):
    page = visit(user, **PHONE)
    page.goto(pages.path("api-keys", user))
    first = page.locator(".apikeys-tick label").first
    box = first.bounding_box()
    assert min(box["width"], box["height"]) >= 44
    first.tap()
    button = page.get_by_role("button", name="Revoke selected…")
    assert button.bounding_box()["height"] >= 44
    assert page.get_by_text("Select all on this page").bounding_box()["height"] >= 44
