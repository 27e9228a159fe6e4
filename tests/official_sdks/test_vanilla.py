"""The documentation's samples for JavaScript without a framework, in a browser.

They are bundled, and served from an origin of their own; the session is in a cookie there.
"""

import json
import re
import subprocess
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests.official_sdks.backend import check
from tests.official_sdks.static_site import serve_pages

HERE = Path(__file__).with_name("node")

PAGE = '<!doctype html><html lang="en"><title>Samples</title><link rel="icon" href="data:,">'

RUN = """
async ([name, args]) => {
  const sample = await import("/vanilla.js");
  return JSON.stringify(await sample[name](...args)) ?? "null";
}
"""

SIGN_IN = """
async (credentials) => {
  const { stackClientApp } = await import("/vanilla.js");
  const result = await stackClientApp.signInWithCredential({ ...credentials, noRedirect: true });
  return result.status;
}
"""

LIFETIMES = {"user": timedelta(days=90), "team": timedelta(days=60)}


@pytest.fixture(scope="module")
def site(npm_packages, demo, tmp_path_factory):
    """The address of a page that can import the samples."""
    folder = tmp_path_factory.mktemp("vanilla")
    (folder / "index.html").write_text(PAGE)
    # What bundlers put in for Node's process.env, which the SDK asks for the project.
    names = ["STACK_PROJECT_ID", "STACK_PUBLISHABLE_CLIENT_KEY"]
    environment = {name: demo[name] for name in names} | {"STACK_API_URL": demo.base_url}
    options = [
        "--bundle",
        "--format=esm",
        "--log-level=warning",
        f"--outfile={folder / 'vanilla.js'}",
        f"--define:process={json.dumps({'env': environment})}",
    ]
    esbuild = npm_packages / ".bin" / "esbuild"
    done = subprocess.run(
        [esbuild, "samples/vanilla.js", *options],
        cwd=HERE,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with serve_pages(folder) as address:
        yield address


@pytest.fixture(scope="module")
def signed_in(browser, site, demo):
    """The cookies of a browser in which the first user has signed in through the SDK."""
    credentials = {"email": demo["USER1_EMAIL"], "password": demo["USER1_PASSWORD"]}
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site)
        assert page.evaluate(SIGN_IN, credentials) == "ok"
        return context.cookies()


@pytest.fixture
def page(browser, site):
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(site)
        yield page


@pytest.fixture
def run(page, signed_in):
    """Calls a sample in a page of the first user."""
    page.context.add_cookies(signed_in)
    return partial(call, page)


@pytest.fixture
def owner(kind, demo):
    """What the samples take to mean the team; without it they mean the person."""
    return {"user": [], "team": [demo["TEAM_ID"]]}[kind]


def call(page, name, *args):
    return json.loads(page.evaluate(RUN, [name, args]))


def test_a_sample_in_a_browser_creates_a_key(run, kind, owner, demo):
    api_key = run("createMyApiKey", *owner)
    assert re.fullmatch(rf"sk_[0-9a-z]{{77}}{kind}1574ck4u7h[0-9a-f]{{8}}", api_key["value"])
    expires_in = datetime.fromisoformat(api_key["expiresAt"]) - datetime.now(UTC)
    assert LIFETIMES[kind] - timedelta(days=1) < expires_in <= LIFETIMES[kind]
    assert check(demo, kind, api_key["value"]).json()[f"{kind}_id"] == demo.owner(kind)


def test_a_sample_in_a_browser_lists_keys_newest_first(run, owner):
    older, newer = run("createMyApiKey", *owner), run("createMyApiKey", *owner)
    listed = run("listMyApiKeys", *owner)
    assert [api_key["id"] for api_key in listed[:2]] == [newer["id"], older["id"]]
    assert listed[0]["value"] == {"lastFour": newer["value"][-4:]}
    assert listed[0]["description"] == newer["description"]


def test_a_sample_in_a_browser_revokes_a_key(run, kind, owner, demo):
    api_key = run("createMyApiKey", *owner)
    run("revokeMyApiKey", api_key["id"], *owner)
    assert check(demo, kind, api_key["value"]).json()["code"] == "API_KEY_REVOKED"


def test_a_sample_in_a_browser_tells_valid_and_revoked_keys_apart(run, owner):
    api_key = run("createMyApiKey", *owner)
    answers = [run("checkMyApiKey", api_key["id"], *owner)]
    run("revokeMyApiKey", api_key["id"], *owner)
    answers.append(run("checkMyApiKey", api_key["id"], *owner))
    assert answers == [
        {"valid": True, "reason": None},
        {"valid": False, "reason": "manually-revoked"},
    ]


def test_who_signed_in_stays_so_on_the_next_page(run, page):
    api_key = run("createMyApiKey")
    page.reload()
    assert run("checkMyApiKey", api_key["id"]) == {"valid": True, "reason": None}


def test_the_session_is_in_the_cookies_of_the_sdk(signed_in, demo):
    names = {cookie["name"] for cookie in signed_in}
    assert {f"hexclave-refresh-{demo['STACK_PROJECT_ID']}--default", "hexclave-access"} <= names


def test_a_visitor_of_a_page_who_is_not_signed_in_makes_no_key(page):
    with pytest.raises(Error, match="User is not signed in"):
        call(page, "createMyApiKey")
