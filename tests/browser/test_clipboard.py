"""Copying, and what is announced of it."""

import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser import pages
from tests.requirements import require_program

REFUSE_TO_COPY = """
navigator.clipboard.writeText = () => Promise.reject(new DOMException("", "NotAllowedError"));
document.execCommand = () => false;
"""


@pytest.fixture
def page(visit, user):
    return visit(user, permissions=["clipboard-read", "clipboard-write"])


def clipboard(page):
    return page.evaluate("navigator.clipboard.readText()")


def test_the_clipboard_holds_the_key_and_that_is_announced(page, owner):
    value = pages.create(page, owner)
    page.get_by_role("button", name="Copy API key").click()
    expect(page.get_by_role("status").first).to_have_text("Copied")
    assert clipboard(page) == value


def test_the_copied_request_works_in_a_shell(page, owner):
    require_program("curl")
    pages.create(page, owner)
    page.get_by_role("button", name="Copy request").click()
    expect(page.get_by_role("status").last).to_have_text("Copied")
    command = ["sh", "-c", f"{clipboard(page)} --noproxy '*' --silent --show-error --fail"]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert str(owner.pk) in answer.stdout, answer.stderr


def test_a_failure_is_announced_and_the_key_is_selected(page, user):
    page.add_init_script(REFUSE_TO_COPY)
    value = pages.create(page, user)
    page.get_by_role("button", name="Copy API key").click()
    expect(page.get_by_role("status").first).to_have_text(
        "Copying did not work. Select the text and copy it yourself."
    )
    selection = "(field) => field.value.slice(field.selectionStart, field.selectionEnd)"
    assert pages.value_field(page).evaluate(selection) == value


def test_copying_works_without_https_too(visit, site, user, complaints):
    complaints.expect("The Cross-Origin-Opener-Policy header has been ignored")
    page = visit(permissions=["clipboard-read", "clipboard-write"])
    plain = site.replace("127.0.0.1", "plain.example")
    page.goto(f"{plain}/accounts/login/")
    page.get_by_label("E-mail address").fill(user.email)
    page.get_by_label("Password").fill(pages.PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Description").fill("Nightly backup")
    page.get_by_role("button", name="Create API key").click()
    value = pages.shown_value(page)
    assert not page.evaluate("isSecureContext")
    page.get_by_role("button", name="Copy API key").click()
    expect(page.get_by_role("status").first).to_have_text("Copied")
    other = page.context.new_page()
    other.goto("/")
    other.bring_to_front()
    assert clipboard(other) == value
