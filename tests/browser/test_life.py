"""A key's whole life, as the person who makes it lives it."""

import re

from playwright.sync_api import expect

from tests.browser import pages


def test_the_life_of_a_key(visit, site, user, owner, javascript):
    page = visit(javascript=javascript, permissions=["clipboard-read", "clipboard-write"])
    pages.sign_in(page, user)
    settings = page.get_by_role("navigation", name="Settings")
    settings.get_by_role("link", name="API keys" if owner == user else "Göttingen").click()

    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Description").fill("Nightly backup")
    page.get_by_label("Expires in").select_option("90")
    page.get_by_role("button", name="Create API key").click()
    value = pages.shown_value(page)
    if javascript:
        page.get_by_role("button", name="Copy API key").click()
        expect(page.get_by_text("Copied", exact=True)).to_be_visible()
        value = page.evaluate("navigator.clipboard.readText()")
    else:
        expect(page.get_by_role("button", name="Copy API key")).to_be_hidden()
    answer = pages.use(page, site, owner, value)
    assert answer.status_code == 200
    assert str(owner.pk) in answer.text
    pages.finish(page)

    row = pages.row(page, "Nightly backup")
    expect(row).to_contain_text("Valid")
    expect(row).to_contain_text(value[-4:])
    row.get_by_role("link", name="Rename").click()
    page.get_by_label("Description").fill("Weekly backup")
    page.get_by_role("button", name="Rename").click()
    expect(page.get_by_role("status")).to_have_text("The key is now called “Weekly backup”.")
    assert pages.use(page, site, owner, value).status_code == 200

    pages.row(page, "Weekly backup").get_by_role("link", name="Revoke").click()
    expect(page.get_by_role("main")).to_contain_text("This cannot be undone.")
    page.get_by_label("Reason").fill("The machine is gone")
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Revoke key").click()
    row = pages.row(page, "Weekly backup")
    expect(row).to_contain_text("Revoked")
    expect(row.get_by_role("link", name="Revoke")).to_have_count(0)
    assert pages.use(page, site, owner, value).status_code == 401

    row.get_by_role("rowheader").get_by_role("link").click()
    expect(page.get_by_role("main")).to_contain_text("The machine is gone")


def test_the_life_of_a_key_in_a_page_of_the_host(visit, user, javascript):
    page = visit(user, javascript=javascript)
    page.goto("/account/")
    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Description").fill("Nightly backup")
    page.get_by_role("button", name="Create API key").click()
    pages.finish(page)
    expect(pages.heading(page)).to_have_text("Account")
    pages.row(page, "Nightly backup").get_by_role("link", name="Revoke").click()
    page.get_by_role("link", name="Cancel").click()
    pages.row(page, "Nightly backup").get_by_role("link", name="Revoke").click()
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Revoke key").click()
    expect(pages.heading(page)).to_have_text("Account")
    expect(pages.row(page, "Nightly backup")).to_contain_text("Revoked")


def test_what_is_wrong_stands_beside_its_field(visit, user, javascript):
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-key-create", user))
    page.get_by_label("Description").fill(" ")
    page.get_by_label("Expires in").select_option("custom")
    page.get_by_label("Expiry date").fill("2001-02-03")
    page.get_by_role("button", name="Create API key").click()
    expect(page).to_have_title("Error: Create API key · Account settings")
    description, date = page.get_by_label("Description"), page.get_by_label("Expiry date")
    expect(description).to_have_accessible_description("Say what the key is for.")
    expect(description).to_have_attribute("aria-invalid", "true")
    expect(date).to_have_accessible_description(re.compile("Choose today or a later date.$"))
    expect(date).to_have_value("2001-02-03")
    page.get_by_role("alert").get_by_role("link", name="Choose today").click()
    expect(date).to_be_focused()
    assert not user.api_keys.exists()
