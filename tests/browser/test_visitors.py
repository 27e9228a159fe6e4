"""Who can open the pages."""

from uuid import uuid4

import pytest
from playwright.sync_api import expect

from tests.browser import pages
from tests.factories import TeamFactory, UserFactory
from tests.settings_pages import make_key

PAGES = ["api-keys", "api-key-create", "api-key", "api-key-rename", "api-key-revoke"]


@pytest.fixture
def member(team):
    member = UserFactory(display_name="Max Noether")
    team.add_member(member, permission_ids=["team_member"])
    return member


@pytest.fixture
def not_found(complaints):
    complaints.expect("the server responded with a status of 404")


def test_a_member_without_the_permission_reads_why_they_see_no_keys(visit, team, member):
    make_key(team, description="Nightly backup")
    page = visit(member)
    page.goto(f"/teams/{team.pk}/")
    expect(page.get_by_role("main")).to_contain_text("permission to manage this team")
    expect(page.get_by_text("Nightly backup")).to_have_count(0)
    settings = page.get_by_role("navigation", name="Settings")
    expect(settings.get_by_role("link")).to_have_text(["Account", "API keys"])
    expect(settings.get_by_role("list").first).to_have_css("list-style-type", "none")


@pytest.mark.usefixtures("not_found")
@pytest.mark.parametrize("name", PAGES)
def test_a_member_without_the_permission_finds_no_page(visit, team, member, name):
    api_key = make_key(team) if "-key-" in name or name == "api-key" else None
    page = visit(member)
    api_key = None if name == "api-key-create" else api_key
    answer = page.goto(pages.path(name, team, api_key))
    assert answer.status == 404
    expect(page.get_by_text(team.display_name)).to_have_count(0)


@pytest.mark.usefixtures("not_found")
def test_an_unknown_team_looks_like_one_of_strangers(visit, user):
    page = visit(user)
    seen = []
    for team_id in (uuid4(), TeamFactory().pk, "no-id"):
        answer = page.goto(f"/settings/teams/{team_id}/api-keys/")
        seen.append((answer.status, page.content()))
    assert seen == [(404, seen[0][1])] * 3


def test_a_stranger_signs_in_and_comes_to_the_page_they_asked_for(visit, user, team, javascript):
    api_key = make_key(team, description="Nightly backup")
    page = visit(javascript=javascript)
    page.goto(pages.path("api-key-rename", team, api_key))
    expect(pages.heading(page)).to_have_text("Sign in")
    expect(page.get_by_text("Nightly backup")).to_have_count(0)
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(pages.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    expect(page.get_by_label("Description")).to_have_value("Nightly backup")


def test_after_signing_out_the_page_is_not_in_the_browser(visit, user):
    make_key(user, description="Nightly backup")
    page = visit(user)
    page.goto(pages.path("api-keys", user))
    page.get_by_role("button", name="Sign out").click()
    expect(pages.heading(page)).to_have_text("API keys for users and teams")
    page.go_back()
    expect(pages.heading(page)).to_have_text("Sign in")
    expect(page.get_by_text("Nightly backup")).to_have_count(0)


def test_after_a_long_time_the_password_is_asked_for_and_nothing_is_lost(
    visit, user, settings, javascript
):
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "REAUTHENTICATE_AFTER_SECONDS": 0}
    page = visit(user, javascript=javascript)
    page.goto(pages.path("api-key-create", user))
    page.get_by_label("Description").fill("Nightly backup")
    page.get_by_text("7 days").click()
    page.get_by_label("Your password").fill("wrong")
    page.get_by_role("button", name="Create API key").click()
    expect(page.get_by_label("Your password")).to_have_accessible_description(
        "You signed in a while ago. Please confirm that it is you. That password is incorrect."
    )
    expect(page.get_by_label("Description")).to_have_value("Nightly backup")
    expect(page.get_by_role("radio", name="7 days")).to_be_checked()
    page.get_by_label("Your password").fill(pages.PASSWORD)
    page.get_by_role("button", name="Create API key").click()
    assert pages.shown_value(page).startswith("sk_")
