"""The documentation's samples for Next.js: an application made of them, built, started and visited.

The application is in ``next``. Its pages below ``/client`` are client components, those below
``/server`` are server components; the routes that a key opens are called without a browser.
"""

import fcntl
import os
import re
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.chromium import PATIENCE_MILLISECONDS
from tests.official_sdks.backend import check, revoke
from tests.requirements import require_program
from tests.server import serve_sample

APPLICATION = Path(__file__).with_name("next")
BUILD = APPLICATION / ".next"

PROTECTED = {"user": ("GET", "/api/protected"), "team": ("POST", "/api/team-protected")}

DAY = 24 * 60 * 60 * 1000  # milliseconds


# The application, and its visitors ------------------------------------------------------------


@pytest.fixture(scope="module")
def next_program(npm_packages, demo):
    """Next.js itself, a script for Node, once the application is built.

    A build serves any demo: the application reads its environment when it starts.
    """
    program = npm_packages / "next" / "dist" / "bin" / "next"
    stamp = BUILD / "is-complete"  # a new build removes it
    with (npm_packages / ".next-lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # of several runs at a time, one builds
        if not stamp.exists() or stamp.stat().st_mtime < _newest_change(npm_packages):
            done = subprocess.run(
                [require_program("node"), program, "build"],
                cwd=APPLICATION,
                env=os.environ | demo.environment | {"NEXT_TELEMETRY_DISABLED": "1"},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
            stamp.touch()
    return program


def _newest_change(npm_packages):
    sources = [path for path in APPLICATION.rglob("*") if not path.is_relative_to(BUILD)]
    return max(path.stat().st_mtime for path in [npm_packages / ".package-lock.json", *sources])


@pytest.fixture(scope="module")
def application(next_program, demo, tmp_path_factory):
    """The application as Next.js serves it, with the demo for its API."""
    command = [str(next_program), "start", "--hostname", "127.0.0.1", "--port", "{port}"]
    log = tmp_path_factory.mktemp("next") / "next.log"
    node = require_program("node")
    with serve_sample(command, demo, folder=APPLICATION, log=log, program=node) as server:
        yield server


@pytest.fixture(scope="module")
def new_visitor(browser, application):
    @contextmanager
    def new_visitor():
        context = browser.new_context(base_url=application.base_url, locale="en-GB")
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        yield context
        context.close()

    return new_visitor


@contextmanager
def open_page(context):
    """An empty page, in which nothing may go wrong unseen."""
    errors = []
    page = context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    page.close()
    assert not errors


@pytest.fixture(scope="module")
def member(new_visitor, demo):
    """The first user, who signs in once for all tests."""
    with new_visitor() as context:
        with open_page(context) as page:
            page.goto("/handler/sign-in")
            sign_in(page, demo)
            expect(page.get_by_role("heading", name="Welcome")).to_be_visible()
        yield context


@pytest.fixture
def page(member):
    """A page of the first user, who has signed in."""
    with open_page(member) as page:
        yield page


@pytest.fixture
def strangers_page(new_visitor):
    with new_visitor() as context, open_page(context) as page:
        yield page


@pytest.fixture(params=["client", "server"])
def place(request):
    """Where the samples run: in client or in server components."""
    return request.param


@pytest.fixture
def folder(place, kind, demo):
    """Where the pages for such keys are."""
    return f"/{place}/" + {"user": "user", "team": f"team/{demo['TEAM_ID']}"}[kind]


def sign_in(page, demo):
    page.get_by_label("Email").fill(demo["USER1_EMAIL"])
    page.get_by_label("Password", exact=True).fill(demo["USER1_PASSWORD"])
    page.get_by_role("button", name="Sign In").click()


def create_expired_key(demo, kind):
    return demo.create_key(kind, expires_at_millis=int(time.time() * 1000) - DAY)


def carrying(value):
    return {"X-Stack-Api-Key": value}


# Pages ----------------------------------------------------------------------------------------


def test_a_page_creates_a_key_and_shows_its_value(page, folder, place, kind, demo):
    before = int(time.time() * 1000)
    page.goto(f"{folder}/create")
    if place == "client":
        page.get_by_role("button", name="Create API key").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("^sk_"))
    answer = check(demo, kind, page.get_by_role("status").text_content())
    after = int(time.time() * 1000)
    assert answer.status_code == 200
    assert answer.json()[f"{kind}_id"] == demo.owner(kind)
    days = {"client user": 90, "client team": 60}.get(f"{place} {kind}", 30) * DAY
    assert before + days <= answer.json()["expires_at_millis"] <= after + days


def test_a_page_lists_keys_without_their_values(page, folder, kind, demo):
    api_key = demo.create_key(kind)
    page.goto(f"{folder}/list")
    ending = f"ends in {api_key['value'][-4:]}"
    expect(page.get_by_role("listitem").filter(has_text=ending)).to_contain_text("For a test")
    assert api_key["value"] not in page.content()


def test_a_page_revokes_a_key(page, folder, kind, demo):
    api_key = demo.create_key(kind)
    page.goto(f"{folder}/revoke/{api_key['id']}")
    expect(page.get_by_text("API key is valid")).to_be_visible()
    page.get_by_role("button", name="Revoke API key").click()
    expect(page.get_by_text("API key is invalid: manually-revoked")).to_be_visible()
    answer = check(demo, kind, api_key["value"])
    assert (answer.status_code, answer.json()["code"]) == (401, "API_KEY_REVOKED")


def test_a_page_tells_valid_revoked_and_expired_keys_apart(page, folder, kind, demo):
    valid, revoked = demo.create_key(kind), demo.create_key(kind)
    revoke(demo, kind, revoked)
    sentences = {
        "API key is valid": valid["id"],
        "API key is invalid: manually-revoked": revoked["id"],
        "API key is invalid: expired": create_expired_key(demo, kind)["id"],
        "API key not found": demo["USER1_ID"],
    }
    for sentence, api_key_id in sentences.items():
        page.goto(f"{folder}/check/{api_key_id}")
        expect(page.get_by_text(sentence)).to_be_visible()


def test_a_client_page_sends_a_stranger_to_sign_in_and_takes_them_back(strangers_page, demo):
    page, path = strangers_page, f"/client/user/check/{demo.create_key('user')['id']}"
    page.goto(path)
    expect(page).to_have_url(re.compile("/handler/sign-in"))
    sign_in(page, demo)
    expect(page.get_by_text("API key is valid")).to_be_visible()
    expect(page).to_have_url(path)


def test_a_server_page_sends_a_stranger_to_sign_in(strangers_page):
    strangers_page.goto("/server/user/list")
    expect(strangers_page).to_have_url(re.compile("/handler/sign-in"))


def test_the_account_page_shows_the_users_keys(page, demo):
    api_key = demo.create_key("user")
    page.goto("/account#api-keys")
    expect(page.get_by_role("row").filter(has_text=api_key["value"][-4:])).to_contain_text(
        "For a test"
    )


# Routes ---------------------------------------------------------------------------------------


def test_a_route_lets_a_good_key_in(application, kind, demo):
    api_key = demo.create_key(kind)
    answer = application.request(*PROTECTED[kind], headers=carrying(api_key["value"]))
    assert answer.status_code == 200
    assert (
        answer.json()
        == {
            "user": {"userId": demo["USER1_ID"], "email": demo["USER1_EMAIL"]},
            "team": {"teamId": demo["TEAM_ID"], "teamName": "Demo team"},
        }[kind]
    )


def test_a_route_asks_for_a_missing_key(application, kind):
    answer = application.request(*PROTECTED[kind])
    assert (answer.status_code, answer.json()) == (401, {"error": "API key required"})


def test_a_route_keeps_a_bad_key_out(application, kind, demo):
    other = {"user": "team", "team": "user"}[kind]
    revoked = demo.create_key(kind)
    revoke(demo, kind, revoked)
    bad_values = {
        "garbage": "garbage",
        "revoked": revoked["value"],
        "expired": create_expired_key(demo, kind)["value"],
        "of the other kind": demo.create_key(other)["value"],
    }
    invalid = {"user": "Invalid API key", "team": "Invalid team API key"}[kind]
    for name, value in bad_values.items():
        answer = application.request(*PROTECTED[kind], headers=carrying(value))
        assert (name, answer.status_code, answer.json()) == (name, 401, {"error": invalid})
