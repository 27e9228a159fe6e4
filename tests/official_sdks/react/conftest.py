"""The React application in a browser, on an origin of its own, against the demo."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.chromium import PATIENCE_MILLISECONDS
from tests.official_sdks.react.complaints import Complaints
from tests.official_sdks.react.people import sign_in, sign_up
from tests.official_sdks.static_site import serve_pages

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def site(demo, npm_packages, tmp_path_factory):
    """The address of the application, built for the demo."""
    built = tmp_path_factory.mktemp("react")
    names = ["STACK_BASE_URL", "STACK_PROJECT_ID", "STACK_PUBLISHABLE_CLIENT_KEY"]
    done = subprocess.run(
        [npm_packages / ".bin" / "vite", "build", "--outDir", built, "--emptyOutDir"],
        cwd=HERE,
        env=os.environ | {f"VITE_{name}": demo[name] for name in names},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    with serve_pages(built) as address:
        yield address


@pytest.fixture(scope="package")
def page(browser, site):
    """The one page of all tests: the same process draws it several times as fast as new ones."""
    context = browser.new_context(
        base_url=site,
        locale="en-GB",
        reduced_motion="reduce",
        viewport={"width": 1280, "height": 900},
    )
    context.set_default_timeout(PATIENCE_MILLISECONDS)
    yield context.new_page()
    context.close()


@pytest.fixture(autouse=True)
def complaints(page):
    """What the browser complains about, which is nothing."""
    complaints = Complaints()
    listeners = {
        "weberror": complaints.on_weberror,
        "console": complaints.on_console,
        "dialog": complaints.on_dialog,
    }
    for event, listener in listeners.items():
        page.context.on(event, listener)
    yield complaints
    for other in page.context.pages:
        if other != page:
            other.close()
    page.goto("about:blank")
    page.context.clear_cookies()
    for event, listener in listeners.items():
        page.context.remove_listener(event, listener)
    assert not complaints.heard


@pytest.fixture
def visit(page, site):
    """Opens an address of the application, in a browser in which ``person`` or nobody is signed in."""

    def open_address(path, person=None):
        if person is not None:
            page.context.add_cookies([person.cookie | {"url": site}])
        page.goto(path)
        return page

    return open_address


@pytest.fixture(scope="package")
def manager(demo):
    """Who manages the keys of the demo's team."""
    return sign_in(demo, "USER1")


@pytest.fixture(scope="package")
def member(demo):
    """Who is in the demo's team, and does not."""
    return sign_in(demo, "USER2")


@pytest.fixture
def newcomer(demo):
    """Somebody whom no other test knows."""
    return sign_up(demo)
