"""What was typed is not lost when a session ends, or when another tab was faster."""

import time

import pytest
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.urls import reverse
from playwright.sync_api import expect

from stack_apikeys.policy import Policy
from stack_apikeys.reauthentication import SESSION_KEY
from tests.browser import pages
from tests.factories import PASSWORD, UserFactory
from tests.settings_pages import make_key


@pytest.fixture
def page(visit, user, javascript):
    return visit(user, javascript=javascript)


def fill_in_sign_in(page, user):
    expect(pages.heading(page)).to_have_text("Sign in")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()


def notice(page):
    return page.get_by_role("main").get_by_text("because you had to sign in again")


def test_a_new_key_survives_the_end_of_the_session(page, user, owner):
    page.goto(pages.path("api-key-create", owner))
    page.get_by_label("Description").fill("Nightly <backup>")
    page.get_by_text("Date", exact=True).click()
    page.get_by_label("Expiry date").fill("2091-02-03")
    Session.objects.all().delete()
    page.get_by_role("button", name="Create API key").click()
    fill_in_sign_in(page, user)
    expect(notice(page)).to_be_focused()
    expect(page.get_by_label("Description")).to_have_value("Nightly <backup>")
    expect(page.get_by_role("radio", name="Date", exact=True)).to_be_checked()
    expect(page.get_by_label("Expiry date")).to_have_value("2091-02-03")
    page.get_by_role("button", name="Create API key").click()
    pages.shown_value(page)
    assert owner.api_keys.get().description == "Nightly <backup>"


def test_a_reason_survives_the_end_of_the_session(page, user, owner):
    api_key = make_key(owner)
    page.goto(pages.path("api-key-revoke", owner, api_key))
    page.get_by_label("Reason").fill("It leaked")
    page.get_by_label("I understand").check()
    Session.objects.all().delete()
    page.get_by_role("button", name="Revoke key").click()
    fill_in_sign_in(page, user)
    expect(notice(page)).to_be_focused()
    expect(page.get_by_label("Reason")).to_have_value("It leaked")
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Revoke key").click()
    expect(pages.row(page, "CI")).to_contain_text("Revoked")


def test_a_name_survives_a_sign_in_in_another_tab(page, user, owner, complaints):
    complaints.expect("the server responded with a status of 403")
    api_key = make_key(owner)
    page.goto(pages.path("api-key-rename", owner, api_key))
    page.get_by_label("Description").fill("Renamed")
    Session.objects.all().delete()
    pages.sign_in(page.context.new_page(), user)
    page.get_by_role("button", name="Rename").click()
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_contain_text("Nothing was changed. Please submit it again.")
    expect(page.get_by_label("Description")).to_have_value("Renamed")
    page.get_by_role("button", name="Rename").click()
    expect(pages.row(page, "Renamed")).to_be_visible()


class ConfirmElsewhere(Policy):
    """Users confirm who they are on a page of the project."""

    def confirmation_url(self, request, next_url):
        return reverse("home")


def signed_in_at(moment):
    """Change when the only session began."""
    session = SessionStore(Session.objects.get().session_key)
    session[SESSION_KEY] = int(moment)
    session.save()


def test_a_new_key_survives_a_confirmation_on_another_page(page, user, settings, javascript):
    settings.STACK_APIKEYS = {
        **settings.STACK_APIKEYS,
        "REAUTHENTICATE_AFTER_SECONDS": 3600,
        "POLICY": f"{__name__}.ConfirmElsewhere",
    }
    signed_in_at(0)
    page.goto(pages.path("api-key-create", user))
    page.get_by_label("Description").fill("Nightly <backup>")
    page.get_by_text("7 days", exact=True).click()
    again = page.get_by_role("link", name="Sign in again")
    if not javascript:  # The link alone would not take along what was typed.
        page.get_by_role("button", name="Create API key").click()
        again = page.get_by_role("button", name="Sign in again")
    again.click()
    page.wait_for_url(f"**{reverse('home')}")
    signed_in_at(time.time())
    page.goto(pages.path("api-key-create", user))
    expect(notice(page)).to_be_focused()
    expect(page.get_by_label("Description")).to_have_value("Nightly <backup>")
    expect(page.get_by_role("radio", name="7 days")).to_be_checked()
    page.get_by_role("button", name="Create API key").click()
    pages.shown_value(page)
    assert user.api_keys.get().description == "Nightly <backup>"


def test_the_next_person_at_the_browser_sees_nothing_of_it(page, team, user):
    other = UserFactory()
    team.add_member(other, permission_ids=["team_admin"])
    page.goto(pages.path("api-key-create", team))
    page.get_by_label("Description").fill("Nightly backup")
    Session.objects.all().delete()
    page.get_by_role("button", name="Create API key").click()
    fill_in_sign_in(page, other)
    expect(page.get_by_label("Description")).to_have_value("")
    expect(notice(page)).to_have_count(0)


def test_two_tabs_revoke_a_key_and_the_second_keeps_its_reason(page, visit, team):
    other = UserFactory(display_name="Ada Lovelace")
    team.add_member(other, permission_ids=["team_admin"])
    api_key = make_key(team, description="Website")
    tabs = page, visit(other)
    for tab, reason in zip(tabs, ["It leaked", "Rotated"], strict=True):
        tab.goto(pages.path("api-key-revoke", team, api_key))
        tab.get_by_label("Reason").fill(reason)
        tab.get_by_label("I understand").check()
    for tab in reversed(tabs):
        tab.get_by_role("button", name="Revoke key").click()
        expect(tab.get_by_role("button", name="Revoke key")).to_have_count(0)
    said = page.get_by_role("alert")
    expect(said).to_be_focused()
    expect(pages.heading(page)).to_have_text("This key is already revoked")
    expect(said).to_contain_text("It was revoked by Ada Lovelace on")
    expect(said).to_contain_text("Your reason was not saved.")
    expect(page.get_by_label("Your reason")).to_have_value("It leaked")
    api_key.refresh_from_db()
    assert api_key.revoked_reason == "Rotated"
