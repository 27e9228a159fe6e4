"""Times in the visitor's own time zone, or in the site's without JavaScript."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import pages
from tests.settings_pages import make_key

EVENING = datetime.now(UTC).replace(hour=20, minute=30, second=0, microsecond=0)
"""It is already tomorrow in Tokyo then, which is nine hours ahead of UTC."""


def short(moment):
    return f"{moment.day} {moment:%b %Y}".replace("Sep ", "Sept ")


@pytest.fixture
def api_key(owner):
    api_key = make_key(owner, description="Nightly backup", created_by=None)
    row = owner.api_keys.filter(pk=api_key.pk)
    row.update(created_at=EVENING - timedelta(days=40), expires_at=EVENING + timedelta(days=40))
    return row.get()


def test_a_visitor_in_tokyo_sees_the_days_there(visit, user, owner, api_key):
    page = visit(user, timezone_id="Asia/Tokyo")
    page.goto(pages.path("api-keys", owner))
    there = timedelta(hours=9)
    row = pages.row(page, "Nightly backup")
    expect(row).to_contain_text(f"Created {short(api_key.created_at + there)}")
    expiry = row.get_by_text(short(api_key.expires_at + there)).first
    expect(expiry).to_have_attribute("title", f"{short(api_key.expires_at + there)}, 05:30 GMT+9")
    page.goto(pages.path("api-key", owner, api_key))
    history = page.get_by_role("region", name="History")
    created = f"{api_key.created_at + there:%A, %-d %B %Y} at 05:30 GMT+9"
    expect(history.get_by_role("listitem").first).to_contain_text(created)
    page.goto(pages.path("api-key-create", owner))
    expect(page.get_by_text("GMT+9.").filter(visible=True)).to_have_count(1)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "UTC"])
def test_without_javascript_or_in_the_sites_zone_the_times_are_the_sites(
    visit, user, owner, api_key, zone
):
    page = visit(user, javascript=zone == "UTC", timezone_id=zone)
    page.goto(pages.path("api-keys", owner))
    row = pages.row(page, "Nightly backup")
    created, expires = (
        f"{moment.day} {moment:%b %Y}" for moment in (api_key.created_at, api_key.expires_at)
    )
    expect(row).to_contain_text(f"Created {created}")
    expect(row.get_by_text(expires).first).to_have_attribute("title", f"{expires}, 20:30 UTC")
    page.goto(pages.path("api-key", owner, api_key))
    history = page.get_by_role("region", name="History")
    expect(history.get_by_role("listitem").first).to_contain_text(
        f"{api_key.created_at:%A %-d %B %Y}, 20:30 UTC"
    )


def test_all_dates_of_a_list_have_one_form(visit, user):
    """In London, the dates of winter are those of the site, and the dates of summer are not."""
    for month in range(1, 13):
        api_key = make_key(user, description=f"Key {month}")
        user.api_keys.filter(pk=api_key.pk).update(
            created_at=datetime(2020, month, 5, 12, tzinfo=UTC)
        )
    page = visit(user, timezone_id="Europe/London")
    page.goto(pages.path("api-keys", user, rows=50))
    created = page.locator(".apikeys-created time")
    dates = [date.partition(",")[0] for date in created.all_inner_texts()]
    months = [date.split()[1] for date in dates]
    assert [date.split()[::2] for date in dates] == [["5", "2020"]] * 12
    assert months == ["Dec", "Nov", "Oct", "Sept", "Aug", "Jul", "Jun", "May", "Apr", "Mar", "Feb", "Jan"]  # fmt: skip
