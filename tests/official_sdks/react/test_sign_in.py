"""`<SignIn/>`, and signing out."""

from playwright.sync_api import expect

from tests.official_sdks.backend import ask
from tests.official_sdks.react import people


def sign_in(page, email, password):
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign In").click()


def test_a_visitor_signs_in_and_out_and_the_session_ends_on_the_server(visit, manager):
    before = manager.sessions()
    page = visit("/sign-in")
    sign_in(page, manager.email, manager.password)
    expect(page.get_by_text(f"Signed in as {manager.email}")).to_be_visible()
    assert len(manager.sessions() - before) == 1
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Nobody is signed in")).to_be_visible()
    assert manager.sessions() == before
    assert page.context.cookies() == []


def test_a_wrong_password_is_told_and_signs_nobody_in(visit, manager):
    page = visit("/sign-in")
    sign_in(page, manager.email, "wrong")
    expect(page.get_by_text("Wrong e-mail or password.")).to_be_visible()
    sign_in(page, manager.email, manager.password)
    expect(page.get_by_text(f"Signed in as {manager.email}")).to_be_visible()


def test_who_has_to_sign_in_first_comes_back_to_the_page(visit, manager):
    page = visit("/samples/CreateApiKey")
    sign_in(page, manager.email, manager.password)
    expect(page.get_by_role("button", name="Create API key")).to_be_visible()
    assert page.url.endswith("/samples/CreateApiKey")


def test_who_was_signed_out_by_the_server_is_nobody(visit, demo, manager, complaints):
    before = manager.sessions()
    person = people.sign_in(demo, "USER1")
    [session_id] = manager.sessions() - before
    page = visit("/", person)
    expect(page.get_by_text(f"Signed in as {person.email}")).to_be_visible()
    ask(demo, "DELETE", f"/auth/sessions/{session_id}")
    complaints.expect("status of 401 (Unauthorized)")  # to a refresh token that is no more
    page.reload()
    expect(page.get_by_text("Nobody is signed in")).to_be_visible()
