"""The list on a phone: cards, and what stands above them."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser import pages
from tests.browser.visitor import Visitor, use_keys

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True}


@pytest.fixture
def visitor(visit, demo_data, settings, complaints):
    return Visitor(
        visit(demo_data.user1, **PHONE), settings, complaints, demo_data.user1, demo_data.team
    )


@pytest.fixture(params=["user", "team"])
def cards(visitor, request):
    """The cards of the keys, whose descriptions and dates need one line each."""
    page, owner = visitor.page, getattr(visitor, request.param)
    owner.api_keys.update(description="Nightly backup", is_public=False)
    use_keys(owner)
    owner.api_keys.valid().update(expires_at=timezone.now() + timedelta(days=30, hours=1))
    visitor.open("api-keys", owner)
    return page.locator("tbody").get_by_role("row")


def boxes(locator):
    return locator.evaluate_all("(all) => all.map((each) => each.getBoundingClientRect().toJSON())")


def test_a_card_is_not_high(cards):
    heights = [box["height"] for box in boxes(cards)]
    assert all(90 <= height <= 130 for height in heights), heights


def test_a_card_shows_the_name_and_the_status_above_the_key_and_its_expiry(cards):
    card = cards.first
    name, status = card.get_by_role("rowheader"), card.locator(".apikeys-status")
    key, expiry = card.locator(".apikeys-key"), card.locator(".apikeys-expiry")
    [[name], [status], [key], [expiry]] = map(boxes, (name, status, key, expiry))
    assert name["right"] <= status["left"]
    assert abs(name["top"] - status["top"]) < 10
    assert name["bottom"] <= key["top"]
    assert key["right"] <= expiry["right"]
    assert status["bottom"] <= expiry["top"]


def test_the_buttons_are_made_for_fingers(cards):
    for card in cards.all():
        buttons = boxes(card.get_by_role("cell").last.get_by_role("link"))
        assert 1 <= len(buttons) <= 2
        assert all(button["height"] >= 44 for button in buttons)
        assert len({button["top"] for button in buttons}) == 1
        if len(buttons) == 2:
            left, right = buttons
            assert right["left"] - left["right"] >= 8
            assert left["width"] == pytest.approx(right["width"], abs=1)


@pytest.mark.parametrize("kind", ["user", "team"])
def test_the_first_card_begins_high_on_the_page(visitor, kind):
    visitor.leave_the_example_project()
    visitor.open("api-keys", getattr(visitor, kind))
    [first, *_others] = boxes(visitor.page.locator("tbody").get_by_role("row"))
    assert first["top"] < 320


def test_one_select_sorts(visitor, javascript, visit):
    page = visit(visitor.user, javascript=javascript, **PHONE)
    page.goto(pages.path("api-keys", visitor.user, status="revoked"))
    page.get_by_label("Sort by").select_option("Description, A to Z")
    page.get_by_role("button", name="Sort", exact=True).click()
    page.wait_for_url("**sort=description**")
    assert "status=revoked" in page.url
    expect(page.get_by_role("rowheader")).to_have_text(["First steps", "Weather widget"])
    expect(page.get_by_label("Sort by")).to_have_value("description")


def test_nothing_of_the_text_above_the_cards_is_cut_off(visitor):
    visitor.page.set_viewport_size({"width": 320, "height": 800})
    visitor.open("api-keys")
    states = visitor.page.get_by_role("navigation", name="Status").get_by_role("link")
    expect(states).to_have_count(5)
    assert all(box["left"] >= 0 and box["right"] <= 320 for box in boxes(states))
    tops = [box["top"] for box in boxes(states)]
    assert len({*tops}) <= 3
