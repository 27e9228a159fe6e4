"""A key from its creation to its revocation."""

import re
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser import pages
from tests.scopes import SCOPES
from tests.settings_pages import make_key


def expect_news(page, description, news):
    """Expect the notice directly above the key's row, both in view."""
    row = pages.row(page, description)
    notice = page.get_by_role("status").filter(has_text=news)
    expect(notice).to_have_count(1)
    expect(row).to_be_in_viewport(ratio=1)
    expect(notice).to_be_in_viewport(ratio=1)
    above, below = notice.bounding_box(), row.bounding_box()
    assert 0 <= below["y"] - (above["y"] + above["height"]) < 10


def revoke(page, description):
    """Revoke a key from its row in the list."""
    pages.row(page, description).get_by_role("link", name="Revoke").click()
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Revoke key").click()


def rename(page, description, new):
    """Rename a key from its row in the list."""
    pages.row(page, description).get_by_role("link", name="Rename").click()
    page.get_by_label("Description").fill(new)
    page.get_by_role("button", name="Rename").click()


def test_the_life_of_a_key(visit, site, user, owner, javascript):
    page = visit(javascript=javascript, permissions=["clipboard-read", "clipboard-write"])
    pages.sign_in(page, user)
    settings = page.get_by_role("navigation", name="Settings")
    settings.get_by_role("link", name="API keys" if owner == user else "Göttingen").click()
    expect(pages.heading(page)).to_have_text(
        "API keys" if owner == user else "Göttingen · API keys"
    )

    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Description").fill("Nightly backup")
    page.get_by_text("90 days").click()
    expect(page.get_by_role("radio", name="90 days")).to_be_checked()
    page.get_by_role("button", name="Create API key").click()
    value = pages.shown_value(page)
    expect(pages.heading(page)).to_have_text("Key created: Nightly backup")
    if javascript:
        pages.copy(page)
        expect(page.get_by_role("button", name="Copied")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == value
    else:
        expect(page.get_by_role("button", name="Copy")).to_have_count(0)
    answer = pages.use(page, site, owner, value)
    assert answer.status_code == 200
    assert str(owner.pk) in answer.text
    page.get_by_text("Try it").click()
    expect(page.get_by_text(value)).to_have_count(3)  # with cURL and .env
    pages.finish(page)

    row = pages.row(page, "Nightly backup")
    expect(row).to_contain_text("Valid")
    expect(row).to_contain_text(value[-4:])
    expect_news(page, "Nightly backup", "Key created.")
    rename(page, "Nightly backup", "Weekly backup")
    expect_news(page, "Weekly backup", "Renamed.")
    assert pages.use(page, site, owner, value).status_code == 200

    pages.row(page, "Weekly backup").get_by_role("link", name="Revoke").click()
    expect(pages.heading(page)).to_have_text("Revoke “Weekly backup”?")
    expect(page.get_by_role("main")).to_contain_text("This cannot be undone.")
    page.get_by_label("Reason").fill("The machine is gone")
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Revoke key").click()
    expect_news(page, "Weekly backup", "Revoked. Anything that uses this key no longer works.")
    row = pages.row(page, "Weekly backup")
    expect(row).to_contain_text("Revoked")
    expect(row.get_by_role("link", name="Revoke")).to_have_count(0)
    assert pages.use(page, site, owner, value).status_code == 401

    row.get_by_role("rowheader").get_by_role("link").click()
    history = page.get_by_role("region", name="History").get_by_role("listitem")
    expect(history.last).to_contain_text("Revoked by Emmy Noether")
    expect(history.last).to_contain_text("The machine is gone")


def test_a_notice_is_shown_once(visit, user, owner, javascript):
    make_key(owner, description="Nightly backup")
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-keys", owner))
    rename(page, "Nightly backup", "Weekly backup")
    expect_news(page, "Weekly backup", "Renamed.")
    page.reload()
    expect(pages.row(page, "Weekly backup")).to_be_visible()
    expect(page.get_by_role("status")).to_have_count(0)


def test_a_key_renamed_from_its_own_page_says_so_there(visit, user, owner, javascript):
    api_key = make_key(owner, description="Nightly backup")
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-key", owner, api_key))
    page.get_by_role("link", name="Rename").click()
    page.get_by_label("Description").fill("Weekly backup")
    page.get_by_role("button", name="Rename").click()
    expect(pages.heading(page)).to_have_text("Weekly backup")
    expect(page.get_by_role("status").filter(has_text="Renamed.")).to_be_in_viewport()
    page.get_by_role("link", name="Revoke").click()
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Revoke key").click()
    expect(pages.heading(page)).to_have_text("Weekly backup")
    expect(page.get_by_role("status").filter(has_text="Revoked.")).to_be_in_viewport()


def test_done_leads_to_the_row_and_leaves_a_plain_address(visit, user, owner, javascript):
    page = visit(user, javascript=javascript)
    pages.create(page, owner)
    pages.finish(page)
    expect_news(page, "Nightly backup", "Key created.")
    [api_key] = owner.api_keys.all()
    assert page.url.endswith(f"{pages.path('api-keys', owner)}#api-key-{api_key.pk}")


@pytest.fixture
def many_keys(user, team):
    """Enough keys of both owners for three pages of the list, and the name of one on the second."""
    for owner in (user, team):
        for number in range(10, 35):
            make_key(owner, description=f"Sensor {number}")
    return "Sensor 18"


@pytest.mark.parametrize("embedded", [False, True], ids=["own page", "page of the host"])
def test_on_the_second_page_the_visitor_stays_with_the_row(
    visit, user, owner, many_keys, javascript, embedded
):
    width = 1280 if embedded == javascript else 390
    page = visit(user, javascript=javascript, viewport={"width": width, "height": 800})
    prefix = owner._meta.model_name if embedded else ""
    host = "/account/" if owner == user else f"/teams/{owner.pk}/"
    page.goto(host if embedded else pages.path("api-keys", owner))
    page.get_by_role("link", name="Next").click()
    number = f"{prefix}-page" if prefix else "page"
    page.wait_for_url(f"**?{number}=2*")

    rename(page, many_keys, "Seismometer")
    expect_news(page, "Seismometer", "Renamed.")
    there = urlsplit(page.url)
    assert there.path == (host if embedded else pages.path("api-keys", owner))
    assert there.query == f"{number}=2"

    revoke(page, "Seismometer")  # which comes last then, on the third page
    expect_news(page, "Seismometer", "The key is now in another part of the list.")
    assert urlsplit(page.url)[2:4] == there[2:4]
    expect(page.get_by_role("rowheader")).to_have_count(11)
    page.reload()
    expect(page.get_by_role("rowheader")).to_have_count(10)
    expect(page.get_by_text("Seismometer")).to_have_count(0)


def test_a_renamed_key_that_no_longer_matches_the_search_stays_in_view(visit, user, javascript):
    make_key(user, description="Nightly backup")
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-keys", user, q="nightly"))
    rename(page, "Nightly backup", "Weekly backup")
    expect(page.get_by_role("status")).to_contain_text("Renamed.")
    expect(pages.row(page, "Weekly backup")).to_be_in_viewport()


def test_the_life_of_a_key_in_a_page_of_the_host(visit, user, owner, javascript):
    page = visit(user, javascript=javascript)
    page.goto("/account/" if owner == user else f"/teams/{owner.pk}/")
    title = pages.heading(page).inner_text()
    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Description").fill("Nightly backup")
    page.get_by_role("button", name="Create API key").click()
    pages.finish(page)
    expect(pages.heading(page)).to_have_text(title)
    expect_news(page, "Nightly backup", "Key created.")
    assert "?" not in page.url
    pages.row(page, "Nightly backup").get_by_role("link", name="Revoke").click()
    page.get_by_role("link", name="Cancel").click()
    rename(page, "Nightly backup", "Weekly backup")
    expect_news(page, "Weekly backup", "Renamed.")
    revoke(page, "Weekly backup")
    expect(pages.heading(page)).to_have_text(title)
    expect_news(page, "Weekly backup", "Revoked.")
    expect(pages.row(page, "Weekly backup")).to_contain_text("Revoked")


def test_what_is_wrong_stands_beside_its_field(visit, user, javascript):
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-key-create", user))
    page.get_by_label("Description").fill(" ")
    page.get_by_text("Date", exact=True).click()
    page.get_by_label("Expiry date").fill("2001-02-03")
    page.get_by_role("button", name="Create API key").click()
    expect(page).to_have_title("Error: Create API key · Account settings")
    description, date = page.get_by_label("Description"), page.get_by_label("Expiry date")
    expect(description).to_have_accessible_description("Enter a description.")
    expect(description).to_have_attribute("aria-invalid", "true")
    expect(date).to_have_accessible_description(re.compile("Choose today or a later date.$"))
    expect(date).to_have_value("2001-02-03")
    page.get_by_role("alert").get_by_role("link", name="Choose today").click()
    expect(date).to_be_focused()
    assert not user.api_keys.exists()


def test_the_chosen_expiry_is_told_in_words(visit, user, javascript):
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-key-create", user))
    form = page.get_by_role("main")
    sentence = re.compile(r"Expires [A-Z][a-z]+ \d+ [A-Z][a-z]+ \d{4}, \d\d:\d\d UTC\.")
    shown = form.get_by_text(sentence).filter(visible=True)
    expect(shown).to_have_count(1)
    of_30_days = shown.inner_text()
    page.get_by_text("1 year").click()
    expect(shown).to_have_count(1)
    assert shown.inner_text() != of_30_days
    page.get_by_text("Never", exact=True).click()
    expect(shown).to_have_count(0)
    expect(form.get_by_text("The key works until you revoke it.")).to_be_visible()


def test_scopes_are_chosen_and_taken_away(visit, settings, user, javascript):
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "SCOPES": SCOPES}
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-key-create", user))
    page.get_by_label("Description").fill("Reporting")
    box = page.get_by_label("Read orders")
    page.get_by_text("Read only", exact=True).click()
    expect(box).to_be_hidden()
    page.get_by_text("Choose", exact=True).click()
    box.check()
    page.get_by_label("Everything with reports").check()
    page.get_by_role("button", name="Create API key").click()
    pages.shown_value(page)
    pages.finish(page)
    page.get_by_role("link", name="Reporting", exact=True).click()
    page.get_by_role("link", name="Take scopes away").click()
    page.get_by_label("Everything with reports").uncheck()
    page.get_by_label("Change reports").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Scopes changed.")).to_be_visible()
    assert user.api_keys.get().scopes == ["orders:read", "reports:write"]


def test_a_key_is_rotated_while_it_is_in_use(visit, site, user, owner, javascript):
    api_key, old_value = owner.api_keys.create_key(description="Nightly backup")
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-key", owner, api_key))
    page.get_by_role("link", name="Rotate").click()
    expect(page.get_by_text("Both keys work until")).to_have_count(3)
    page.get_by_text("In 1 hour").click()
    expect(page.get_by_role("radio", name="In 1 hour")).to_be_checked()
    page.get_by_role("button", name="Rotate key").click()
    value = pages.shown_value(page)
    for each in (old_value, value):
        assert pages.use(page, site, owner, each).status_code == 200
    pages.finish(page)
    expect(page.get_by_role("main")).to_contain_text("Replaces")
    page.get_by_role("link", name="Rotate").click()
    page.get_by_text("Now", exact=True).click()
    page.get_by_role("button", name="Rotate key").click()
    last_value = pages.shown_value(page)
    statuses = [pages.use(page, site, owner, each).status_code for each in (value, last_value)]
    assert statuses == [401, 200]
