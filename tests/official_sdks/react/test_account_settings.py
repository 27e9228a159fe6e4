"""`<AccountSettings/>`, each of its pages."""

import re
from base64 import b64decode

import pytest
from playwright.sync_api import expect

from tests.official_sdks.backend import check
from tests.official_sdks.react.people import enter, sign_in

# Each page by its name in the menu, and something that stands there.
PAGES = {
    "My Profile": "Upload your own image as your avatar",
    "Emails & Auth": "Update your password",
    "Notifications": "Choose which emails you want to receive",
    "Active Sessions": "Current Session",
    "API Keys": "Client Key",
    "Settings": "End your current session",
    "Demo team": "Leave this team and remove your team profile",
    "Create a team": "Enter a display name for your new team",
}

# Nothing that a codec could make small.
PICTURE = """() => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 400, height: 400 });
  const context = canvas.getContext("2d");
  const image = context.createImageData(400, 400);
  image.data.forEach((_, index) => {
    image.data[index] = index % 4 === 3 ? 255 : Math.random() * 256;
  });
  context.putImageData(image, 0, 0);
  return canvas.toDataURL();
}"""


def seen(page, text):
    """The text as a visitor sees it: the component draws all twice, once for small screens."""
    return page.get_by_text(text).filter(visible=True)


def press(page, name):
    page.get_by_role("button", name=name, exact=True).click()


def edit(page, position, text):
    """Change the text beside a pencil, which has no name."""
    page.get_by_role("button").filter(has_not_text=re.compile(r"\S")).nth(position).click()
    page.get_by_role("textbox").first.fill(text)
    press(page, "Save")
    expect(seen(page, text).first).to_be_visible()


def upload_picture(page):
    with page.expect_file_chooser() as chooser:
        page.locator("div.cursor-pointer").filter(visible=True).click()
    picture = b64decode(page.evaluate(PICTURE).split(",")[1])
    chooser.value.set_files({"name": "noise.png", "mimeType": "image/png", "buffer": picture})
    expect(page.get_by_test_id("cropper").filter(visible=True)).to_be_visible()
    press(page, "Save")
    expect(page.get_by_test_id("cropper")).to_have_count(0)


@pytest.fixture
def open_keys(visit, demo):
    """Opens the part of the component that is about keys of a user or a team."""

    def open_keys(kind, person):
        page = {"user": "api-keys", "team": f"team-{demo['TEAM_ID']}"}[kind]
        return visit(f"/account#{page}", person)

    return open_keys


def test_every_page_opens(visit, manager):
    page = visit("/account", manager)
    for name, text in PAGES.items():
        page.get_by_role("button", name=name).click()
        expect(page.get_by_role("heading", name=name, level=4)).to_be_visible()
        expect(seen(page, text)).to_be_visible()


# Keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["user", "team"])
def test_a_key_is_created_shown_once_listed_and_revoked(open_keys, manager, demo, kind):
    page = open_keys(kind, manager)
    press(page, "Create API Key")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Description").fill("Created in the account settings")
    dialog.get_by_label("Expires In").select_option("Never")
    press(dialog, "Create")

    expect(dialog).to_contain_text("You will not be able to view it again.")
    value = dialog.get_by_role("textbox").input_value()
    assert check(demo, kind, value).json()[f"{kind}_id"] == demo.owner(kind)
    dialog.get_by_label("I understand").check()
    press(dialog, "Close")
    expect(dialog).to_have_count(0)
    assert value not in page.content()

    page.get_by_placeholder("Search table").filter(visible=True).fill("account settings")
    row = page.get_by_role("row", name="Created in the account settings")
    expect(row).to_contain_text(f"valid*******{value[-4:]}Never")
    row.get_by_role("button", name="Open menu").click()
    page.get_by_role("menuitem", name="Revoke").click()
    dialog.get_by_label("I understand").check()
    press(dialog, "Revoke Key")
    expect(row).to_contain_text(f"revoked*******{value[-4:]}")
    assert check(demo, kind, value).json()["code"] == "API_KEY_REVOKED"


def test_a_member_who_does_not_manage_keys_sees_none_of_the_teams(open_keys, member):
    page = open_keys("team", member)
    expect(seen(page, "Leave this team")).to_be_visible()
    expect(page.get_by_text("API keys grant programmatic access")).to_have_count(0)
    expect(page.get_by_role("button", name="Create API Key")).to_have_count(0)


# The rest -------------------------------------------------------------------------------------


def test_a_changed_name_and_an_uploaded_picture_arrive(visit, newcomer):
    page = visit("/account#profile", newcomer)
    edit(page, 0, "Ada Byron")
    upload_picture(page)
    user = newcomer.read()
    assert user["display_name"] == "Ada Byron"
    assert user["profile_image_url"].startswith("data:image/jpeg;base64,")


def test_a_password_is_changed(visit, newcomer, demo):
    page = visit("/account#auth", newcomer)
    press(page, "Update password")
    for old, told in (("wrong", "Incorrect password"), (newcomer.password, "Update your password")):
        page.get_by_label("Old password").filter(visible=True).fill(old)
        page.get_by_label("New password", exact=True).filter(visible=True).fill("green ideas sleep")
        page.get_by_label("Repeat new password").filter(visible=True).fill("green ideas sleep")
        press(page, "Update Password")
        expect(seen(page, told)).to_be_visible()
    expect(page.get_by_role("button", name="Update password", exact=True)).to_be_visible()
    for password, status in ((newcomer.password, 400), ("green ideas sleep", 200)):
        assert enter(demo, "sign-in", newcomer.email, password).status_code == status
    page.reload()
    expect(page.get_by_role("button", name="Update password")).to_be_visible()


def test_a_session_on_another_device_is_ended(visit, newcomer, demo):
    [here] = newcomer.sessions()
    enter(demo, "sign-in", newcomer.email, newcomer.password)
    page = visit("/account#sessions", newcomer)
    row = page.get_by_role("row", name="Other Session")
    row.get_by_role("button", name="Open menu").click()
    page.get_by_role("menuitem", name="Revoke").click()
    expect(row).to_have_count(0)
    expect(page.get_by_role("row", name="Current Session")).to_be_visible()
    assert newcomer.sessions() == {here}


def test_signing_out_ends_the_session(visit, manager, demo):
    before = manager.sessions()
    page = visit("/account#settings", sign_in(demo, "USER1"))
    press(page, "Sign out")
    # The package goes to either page: whichever of its two redirections comes last.
    expect(
        page.get_by_text(re.compile("Sign in to your account|Nobody is signed in"))
    ).to_be_visible()
    assert manager.sessions() == before


def test_a_team_is_made_and_renamed_and_left(visit, newcomer):
    page = visit("/account#team-creation", newcomer)
    page.get_by_role("textbox").fill("Analysts")
    press(page, "Create")
    expect(page.get_by_role("heading", name="Analysts")).to_be_visible()
    expect(page.get_by_role("button", name="Create API Key")).to_be_visible()
    edit(page, 1, "Engineers")
    upload_picture(page)
    [team] = newcomer.teams()
    assert team["display_name"] == "Engineers"
    assert team["profile_image_url"].startswith("data:image/jpeg;base64,")
    press(page, "Leave team")
    press(page, "Leave")
    expect(page.get_by_role("heading", name="My Profile")).to_be_visible()
    assert newcomer.teams() == []


# What the component offers and the server does not have ---------------------------------------


def test_nobody_is_offered_an_invitation(open_keys, manager):
    page = open_keys("team", manager)
    expect(page.get_by_role("button", name="Create API Key")).to_be_visible()
    expect(page.get_by_text("Invite member")).to_have_count(0)


def test_a_further_address_is_refused_and_the_page_stays(visit, manager, complaints):
    complaints.expect("cannot be added or changed through this API")
    page = visit("/account#auth", manager)
    press(page, "Add an email")
    page.get_by_placeholder("Enter email").filter(visible=True).fill("another@example.com")
    with page.expect_console_message(lambda message: "cannot be added" in message.text):
        press(page, "Add")
    expect(page.get_by_role("button", name="Update password")).to_be_visible()


def test_a_session_shows_its_address(visit, newcomer):
    page = visit("/account#sessions", newcomer)
    expect(page.get_by_role("row", name="Current Session")).to_contain_text("127.0.0.1")
