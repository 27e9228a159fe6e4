"""A browser, the site that it visits, and the errors that it reports."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django.live_server_helper import LiveServer

import example_project.settings
from example_project.demo import create_demo
from tests.browser import camera
from tests.browser.complaints import Complaints
from tests.browser.site import Requests, Server
from tests.chromium import PATIENCE_MILLISECONDS, chromium
from tests.factories import TeamFactory, UserFactory

# The pages do not depend on the database.
collect_ignore_glob = [] if connection.vendor == "sqlite" else ["test_*.py"]

# A host name that browsers do not treat as secure without HTTPS, unlike 127.0.0.1.
PLAIN_EXAMPLE = "MAP plain.example 127.0.0.1"


def pytest_addoption(parser):
    parser.addoption(
        "--update-pictures", action="store_true", help="take the documentation's pictures anew"
    )
    parser.addoption("--screenshots", action="store_true", help="take a picture of every state")


def pytest_configure(config):
    camera.is_on = config.getoption("screenshots")


def pytest_generate_tests(metafunc):
    """Run tests for both owners, and with script and without; for both of these, twice in all."""
    values = {"owner": ["user", "team"], "javascript": [True, False]}
    names = [name for name in values if name in metafunc.fixturenames]
    if names:
        metafunc.parametrize(
            names, [*zip(*map(values.get, names), strict=True)], ids=_name_of, indirect=True
        )


def _name_of(value):
    return {True: "with JavaScript", False: "without JavaScript"}.get(value, value)


@pytest.fixture(scope="package")
def requests_to_django():
    return Requests()


@pytest.fixture(scope="package")
def running_site(requests_to_django, django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        server = LiveServer("127.0.0.1", start=False)
        server.thread.server_class = Server
        server.thread.static_handler = requests_to_django.wrap(server.thread.static_handler)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="package")
def browser(running_site):  # which waits for the browser to close its connections
    with chromium(host_resolver_rules=PLAIN_EXAMPLE) as browser:
        yield browser


@pytest.fixture
def site(running_site, requests_to_django, browser, transactional_db, settings):
    """The URL of the example project, with an empty database."""
    settings.ALLOWED_HOSTS = ["127.0.0.1", "plain.example"]
    sidebar_items = example_project.settings.STACK_APIKEYS["SIDEBAR_ITEMS"]
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "SIDEBAR_ITEMS": sidebar_items}
    yield running_site.url
    requests_to_django.wait_until_idle()  # before the database is emptied


@pytest.fixture(autouse=True)
def complaints():
    """The errors and warnings of the browser. A test fails if there are any."""
    complaints = Complaints()
    yield complaints
    assert not complaints.heard


@pytest.fixture
def visit(browser, site, complaints):
    """A function that opens a page for ``user``, who is signed in, or for an anonymous visitor."""
    contexts = []

    def open_page(user=None, *, javascript=True, **options):
        context = browser.new_context(
            base_url=site,
            java_script_enabled=javascript,
            **{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options},
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE_MILLISECONDS)
        complaints.listen(context, site)
        if user is not None:
            client = Client()
            client.force_login(user)
            cookie = client.cookies["sessionid"].value
            context.add_cookies([{"name": "sessionid", "value": cookie, "url": site}])
        return context.new_page()

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def javascript(request):
    return request.param


@pytest.fixture
def user(site):
    return UserFactory(display_name="Emmy Noether")


@pytest.fixture
def team(user):
    return TeamFactory(creator=user, display_name="Göttingen")


@pytest.fixture
def owners(user, team):
    return {"user": user, "team": team}


@pytest.fixture
def owner(request, owners):
    """An owner whose keys ``user`` manages."""
    return owners[request.param]


@pytest.fixture
def demo_data(site):
    return create_demo()
