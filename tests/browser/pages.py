"""What a visitor does on the pages."""

import requests
from playwright.sync_api import expect

from tests.factories import PASSWORD
from tests.server import PATIENCE
from tests.settings_pages import address


def path(name, owner, /, api_key=None, **query):
    """The URL of a page about the keys of a user or a team."""
    team = owner if owner._meta.model_name == "team" else None
    return address(name, api_key=api_key, team=team, **query)


def sign_in(page, user):
    page.goto("/accounts/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/account/")


def create(page, owner, description="Nightly backup", **query):
    """Create a key from its form, and return the value that the page shows."""
    page.goto(path("api-key-create", owner, **query))
    page.get_by_label("Description").fill(description)
    page.get_by_role("button", name="Create API key").click()
    return shown_value(page)


def shown_value(page):
    expect(heading(page)).to_contain_text("Key created")
    page.wait_for_load_state()  # the script has run: it shows the buttons and guards the page
    return value_field(page).inner_text()


def heading(page):
    return page.get_by_role("heading", level=1)


def value_field(page):
    return page.get_by_role("group", name="API key", exact=True).get_by_role("code")


def copy(page):
    """Copy the key from the page that shows it."""
    page.get_by_role("group", name="API key", exact=True).get_by_role("button").click()


def finish(page):
    """Leave the page that shows a new key."""
    page.get_by_label("I understand").check()
    page.get_by_role("button", name="Done").click()


def search(page, text):
    page.get_by_label("Search API keys").fill(text)
    page.get_by_role("button", name="Search").click()


def row(page, description):
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=description))


def use(page, site, owner, value):
    """Send a request with the key to the example API, and return the response."""
    method, path = {
        "user": ("GET", "/api/protected"),
        "team": ("POST", "/api/team-protected"),
    }[owner._meta.model_name]
    with requests.Session() as session:
        session.trust_env = False
        return session.request(
            method, site + path, headers={"X-Stack-Api-Key": value}, timeout=PATIENCE
        )
