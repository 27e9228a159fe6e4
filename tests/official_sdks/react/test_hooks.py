"""Hooks that are not about keys, in an application of one's own."""

from playwright.sync_api import expect


def test_a_page_that_asks_for_permissions_and_accounts_is_drawn(visit, manager):
    page = visit("/hooks", manager)
    expect(page.get_by_text("May read reports: no")).to_have_text(
        "May read reports: no; permissions: 0; connected accounts: 0; OAuth providers: 0"
    )
