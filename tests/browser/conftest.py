"""A browser, the site that it visits, and what must never happen while it does."""

import pytest
from django.db import connection
from django.test import Client
from pytest_django.live_server_helper import LiveServer

import example_project.settings
from example_project.demo import make_demo
from tests.browser.complaints import Complaints
from tests.browser.site import one_at_a_time
from tests.chromium import PATIENCE_MILLISECONDS, chromium
from tests.factories import TeamFactory, UserFactory

# What a browser shows does not depend on the database.
collect_ignore_glob = [] if connection.vendor == "sqlite" else ["test_*.py"]

# A name that is not this machine's own, for which browsers want HTTPS.
PLAIN_EXAMPLE = "MAP plain.example 127.0.0.1"


@pytest.fixture(scope="package")
def browser():
    with chromium(host_resolver_rules=PLAIN_EXAMPLE) as browser:
        yield browser


@pytest.fixture(scope="package")
def running_site(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        server = LiveServer("127.0.0.1", start=False)
        server.thread.static_handler = one_at_a_time(server.thread.static_handler)
        server.start()
        yield server
        server.stop()


@pytest.fixture
def site(running_site, browser, transactional_db, settings):
    """The address of the example project, with an empty database."""
    settings.ALLOWED_HOSTS = ["127.0.0.1", "plain.example"]
    sidebar_items = example_project.settings.STACK_APIKEYS["SIDEBAR_ITEMS"]
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "SIDEBAR_ITEMS": sidebar_items}
    return running_site.url


@pytest.fixture(autouse=True)
def complaints():
    """What the browser complains about, which is nothing."""
    complaints = Complaints()
    yield complaints
    assert not complaints.heard


@pytest.fixture
def visit(browser, site, complaints):
    """Opens a page of a new visitor, who is ``user`` and has signed in, or nobody."""
    contexts = []

    def open_page(user=None, *, javascript=True, **options):
        context = browser.new_context(
            base_url=site,
            java_script_enabled=javascript,
            locale="en-GB",
            **{"viewport": {"width": 1280, "height": 900}, **options},
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


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
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


@pytest.fixture(params=["user", "team"])
def owner(request, owners):
    """One whose keys ``user`` manages."""
    return owners[request.param]


@pytest.fixture
def demo_data(site):
    return make_demo()
