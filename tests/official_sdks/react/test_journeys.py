"""Every button of the pages that the package has ready, pressed.

No alert may appear and no error in the console. A button that is not in these lists has not been
looked at yet: what it does wrong belongs into the README's list of what the server does not offer.
"""

import hmac
import re
import time

import pytest
from playwright.sync_api import expect

from tests.official_sdks.backend import ask
from tests.official_sdks.react.buttons import WATCH, Explorer, settle
from tests.official_sdks.react.people import enter, sign_in_again
from tests.official_sdks.react.test_account_settings import PAGES, press, seen
from tests.server import wait_until

TABLE = [
    "Status",
    "View",
    "Export CSV",
    "Description",
    "Expires At",
    "Created At",
    "10",
]
"""What filters, sorts and pages a table of keys, and asks the server for nothing."""

KEYS = [
    "Create API Key",
    "Create API Key > Cancel",
    "Create API Key > Create",
    "Create API Key > Close",
    *TABLE,
    "Open menu in Existing key",
    "Open menu in Existing key > Revoke",
    "Open menu in Existing key > Revoke > Cancel",
    "Open menu in Existing key > Revoke > Close",
    "Open menu in Existing key > Revoke > Revoke Key",
]

SIGNED_IN = {
    "profile": ["icon", "icon > Save", "icon > Cancel"],
    "auth": [
        "Add an email",
        "Add an email > Add",
        "Add an email > Cancel",
        "Open menu in {email}",
        "Open menu in {email} > Send verification email",
        "Update password",
        "Update password > Show password",
        "Update password > Show password > Hide password",
        "Update password > Update Password",
        "Update password > Cancel",
        "Enable MFA",
        "Enable MFA > Cancel",
    ],
    "notifications": [],
    "sessions": [
        "Revoke All Other Sessions",
        "Revoke All Other Sessions > Confirm",
        "Revoke All Other Sessions > Cancel",
        "Open menu in Current Session",
        "Open menu in Other Session",
        "Open menu in Other Session > Revoke",
    ],
    "api-keys": [*KEYS, "Create API Key > Create > icon"],  # it copies the key
    "settings": ["Sign out"],
    "team-{team}": [
        "icon",
        "icon > Save",
        "icon > Cancel",
        "icon 2",
        "icon 2 > Save",
        "icon 2 > Cancel",
        *KEYS,
        "Leave team",
        "Leave team > Leave",
        "Leave team > Cancel",
    ],
    "team-creation": ["Create"],
}
"""The buttons of each page of the account settings, by the page's place in the address."""

SIGNED_OUT = {
    "sign-in": [
        "Sign up",
        "Show password",
        "Show password > Hide password",
        "Forgot password?",
        "Sign In",
    ],
    "sign-up": ["Sign in", "Show password", "Show password > Hide password", "Sign Up"],
    "forgot-password": ["Sign in", "Send Email", "Send Email > Go home"],
    "password-reset?code=wrong": [],
    "email-verification?code=wrong": ["Cancel", "Verify"],
    "sign-out": ["Sign in"],
}
"""The buttons of the pages for visitors who have not signed in."""

NOT_ADDED = "E-mail addresses cannot be added or changed through this API."
NO_SECOND_FACTOR = "Multi-factor authentication is not enabled for this project"


@pytest.fixture(scope="module", autouse=True)
def _watched(page):
    page.add_init_script(WATCH)


@pytest.fixture
def team(demo, newcomer):
    """A team that the newcomer manages."""
    fields = {"display_name": "Team", "creator_user_id": newcomer.id}
    return ask(demo, "POST", "/teams", json=fields)["id"]


# Each takes a minute, and what they have of keys is in api-keys too.
LONG = {"auth", "sessions", "team-{team}"}


@pytest.mark.parametrize(
    "place",
    [pytest.param(place, marks=[pytest.mark.long] * (place in LONG)) for place in SIGNED_IN],
)
def test_every_button_of_the_account_settings_does_what_it_says(
    visit, newcomer, team, place, complaints
):
    complaints.expect(NOT_ADDED)  # "Add an email"; its form shows nothing

    def open_page():
        put_back(newcomer, team)
        page = visit("about:blank")
        page.context.clear_cookies()
        visit(f"/account#{place.format(team=team)}", sign_in_again(newcomer))
        expect(page.get_by_role("button", name="My Profile")).to_be_visible()
        settle(page)
        return page

    menu = [*PAGES, "T Team", "A Analysts"]
    pressed = Explorer(open_page, ignored=menu, leaves=TABLE).press_all()
    expected = [name.format(email=newcomer.email) for name in SIGNED_IN[place]]
    assert sorted(pressed) == sorted(expected)


def put_back(person, team):
    """Put back what buttons have taken away: the membership in the team, and a key to revoke."""
    demo = person.demo
    for path in (
        f"/team-memberships/{team}/{person.id}",
        f"/team-permissions/{team}/{person.id}/team_admin",
    ):
        demo.request("POST", f"/api/v1{path}", headers=demo.server_access, json={})
    for kind, owner in (("user", person.id), ("team", team)):
        keys = ask(demo, "GET", f"/{kind}-api-keys?{kind}_id={owner}")["items"]
        if not any(
            key["description"] == "Existing key" and "manually_revoked_at_millis" not in key
            for key in keys
        ):
            fields = {"description": "Existing key", "expires_at_millis": None}
            ask(demo, "POST", f"/{kind}-api-keys", json=fields | {f"{kind}_id": owner})


@pytest.mark.parametrize("place", SIGNED_OUT)
def test_every_button_of_the_pages_for_visitors_does_what_it_says(visit, place):
    def open_page():
        page = visit("about:blank")
        page.context.clear_cookies()
        visit(f"/handler/{place}")
        settle(page)
        return page

    assert sorted(Explorer(open_page).press_all()) == sorted(SIGNED_OUT[place])


# Through a mailbox ----------------------------------------------------------------------------


def link_for(demo, person, subject):
    """The link in the last e-mail that the person got."""
    wait_until(lambda: demo.emails_to(person.email))  # the page does not wait for the server
    email = demo.emails_to(person.email)[-1]
    assert subject in email["Subject"]
    text = email.get_body(("plain",)).get_content()
    [link] = re.findall(r"^http\S+", text, re.MULTILINE)
    return link


def test_who_forgot_the_password_sets_a_new_one_by_a_link_in_an_email(visit, newcomer, demo):
    page = visit("/sign-in")
    page.get_by_role("link", name="Forgot password?").click()
    page.get_by_label("Your Email").fill(newcomer.email)
    press(page, "Send Email")
    expect(page.get_by_text("Email sent!")).to_be_visible()

    link = link_for(demo, newcomer, "Reset your password")
    page.goto(link)
    page.get_by_label("New Password", exact=True).fill("furious green ideas")
    page.get_by_label("Repeat New Password").fill("furious green ideas")
    press(page, "Reset Password")
    expect(page.get_by_text("Password reset successfully!")).to_be_visible()
    for password, status in ((newcomer.password, 400), ("furious green ideas", 200)):
        assert enter(demo, "sign-in", newcomer.email, password).status_code == status

    page.goto(link)
    expect(page.get_by_text("Used Password Reset Link")).to_be_visible()
    page.goto(link[:-1])
    expect(page.get_by_text("Invalid Password Reset Link")).to_be_visible()


def test_a_new_password_that_is_refused_is_told_in_an_alert(visit, newcomer, demo, complaints):
    complaints.expect("This password is too common.")
    page = visit("/handler/forgot-password")
    page.get_by_label("Your Email").fill(newcomer.email)
    press(page, "Send Email")
    expect(page.get_by_text("Email sent!")).to_be_visible()
    page.goto(link_for(demo, newcomer, "Reset your password"))
    for label in ("New Password", "Repeat New Password"):
        page.get_by_label(label, exact=True).fill("password")
    with page.expect_event("dialog") as alert:
        press(page, "Reset Password")
    assert "This password is too common." in alert.value.message
    expect(page.get_by_role("button", name="Reset Password")).to_be_visible()


def test_an_address_is_verified_by_a_link_in_an_email(visit, newcomer, demo):
    page = visit("/account#auth", newcomer)
    expect(seen(page, "Unverified")).to_be_visible()
    press(page, "Open menu")
    page.get_by_role("menuitem", name="Send verification email").click()
    expect(page.get_by_role("menu")).to_have_count(0)
    page.goto(link_for(demo, newcomer, "Verify your e-mail address"))
    press(page, "Verify")
    expect(page.get_by_text("You email has been verified!")).to_be_visible()
    assert newcomer.read()["primary_email_verified"] is True
    visit("/account#auth")
    expect(seen(page, newcomer.email)).to_be_visible()
    expect(page.get_by_text("Unverified")).to_have_count(0)


# What the component offers and the server does not have ---------------------------------------


def test_a_second_factor_is_refused_after_its_first_code(visit, newcomer, complaints):
    complaints.expect(NO_SECOND_FACTOR)
    page = visit("/account#auth", newcomer)
    secret = page.evaluate_handle(
        """() => {
          const { getRandomValues } = Crypto.prototype;
          const made = [];
          Crypto.prototype.getRandomValues = function (array) {
            const filled = getRandomValues.call(this, array);
            if (array.length === 20) made.push([...array]);
            return filled;
          };
          return made;
        }"""
    )
    press(page, "Enable MFA")
    expect(page.get_by_alt_text("TOTP multi-factor authentication QR code")).to_be_visible()
    with page.expect_event("dialog") as alert:
        page.get_by_placeholder("123456").fill(one_time_password(bytes(secret.json_value()[-1])))
    assert NO_SECOND_FACTOR in alert.value.message
    assert enter(newcomer.demo, "sign-in", newcomer.email, newcomer.password).status_code == 200


def one_time_password(secret):
    """The six digits of this half minute (RFC 6238)."""
    counter = int(time.time()) // 30
    digest = hmac.digest(secret, counter.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
