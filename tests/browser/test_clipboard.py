"""The buttons that copy, what screen readers announce, and the requests to try."""

import os
import subprocess
import sys

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


def copy_sample(page, name):
    """Unfold "Try it", and return what its button copies."""
    page.get_by_text("Try it").click()
    page.get_by_role("button", name=f"Copy {name}").click()
    expect(page.get_by_role("button", name=f"Copied {name}")).to_be_visible()
    return clipboard(page)


def test_the_clipboard_holds_the_key_and_that_is_announced(page, owner):
    value = pages.create(page, owner)
    pages.copy(page)
    expect(page.get_by_role("status").first).to_have_text("Copied")
    assert clipboard(page) == value


def test_the_button_says_copied_and_nothing_moves(page, user):
    pages.create(page, user)
    group = page.get_by_role("group", name="API key", exact=True)
    box = "(element) => JSON.stringify(element.getBoundingClientRect())"
    places = [group.get_by_role("button"), pages.value_field(page)]
    before = [place.evaluate(box) for place in places]
    pages.copy(page)
    expect(group.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    assert [place.evaluate(box) for place in places] == before


def test_the_id_of_a_key_is_copied_on_its_page(page, user):
    api_key, _value = user.api_keys.create_key(description="Nightly backup")
    page.goto(pages.path("api-key", user, api_key))
    page.get_by_role("button", name="Copy ID").click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    assert clipboard(page) == str(api_key.pk)


def run(command, **variables):
    """Run a program that sends a request to the example API, and return what it prints."""
    environment = {**os.environ, "NO_PROXY": "*", **variables}
    answer = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def test_the_copied_request_works_in_a_shell(page, owner):
    require_program("curl")
    pages.create(page, owner)
    request = copy_sample(page, "cURL")
    answer = run(["sh", "-c", f"{request} --silent --show-error --fail"])
    assert str(owner.pk) in answer


def test_the_copied_request_works_in_python(page, owner):
    value = pages.create(page, owner)
    program = copy_sample(page, "Python")
    answer = run([sys.executable, "-c", f"{program}\nprint(response.text)"], STACK_API_KEY=value)
    assert str(owner.pk) in answer


def test_the_copied_request_works_in_javascript(page, owner):
    node = require_program("node")
    value = pages.create(page, owner)
    program = f"{copy_sample(page, 'JavaScript')}\nconsole.log(await response.text());"
    answer = run([node, "--input-type=module", "--eval", program], STACK_API_KEY=value)
    assert str(owner.pk) in answer


def test_the_copied_line_of_an_env_file_holds_the_key(page, owner):
    value = pages.create(page, owner)
    assert copy_sample(page, ".env") == f"STACK_API_KEY={value}"


def test_a_failure_is_announced_and_the_key_is_selected(page, user):
    page.add_init_script(REFUSE_TO_COPY)
    value = pages.create(page, user)
    pages.copy(page)
    expect(page.get_by_role("status").first).to_have_text(
        "Copying failed. Select the text and copy it manually."
    )
    assert page.evaluate("getSelection().toString()") == value


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
    pages.copy(page)
    expect(page.get_by_role("status").first).to_have_text("Copied")
    other = page.context.new_page()
    other.goto("/")
    other.bring_to_front()
    assert clipboard(other) == value
