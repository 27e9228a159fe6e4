"""The examples of requests on the page that shows a new key."""

import os
import re
import shlex
import subprocess
import sys

import pytest

from tests.factories import TeamFactory
from tests.pages.codes import code, shown
from tests.pages.lists import team_of
from tests.requirements import require_program
from tests.settings_pages import address, create, filled_in

pytestmark = pytest.mark.django_db


def run(command, **environment):
    """Run a command without the proxies of this machine, and return what it prints."""
    kept = {name: text for name, text in os.environ.items() if not name.lower().endswith("_proxy")}
    done = subprocess.run(
        command, env=kept | environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("headers", [["X-Stack-Api-Key"], ["Authorization", "X-Api-Key"]])
def test_each_example_is_a_request_that_succeeds(client, owner, settings, live_server, headers):
    host = live_server.url.removeprefix("http://")
    settings.ALLOWED_HOSTS = ["testserver", host.partition(":")[0]]
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "HEADERS": headers}
    team = team_of(owner)
    form = filled_in(client, team)
    page = client.post(address("api-key-create", team=team), form, headers={"host": host}).text
    name, value = code(page, "env").split("=")
    assert (name, value) == ("STACK_API_KEY", code(page, "value"))
    curl, *arguments = shlex.split(code(page, "curl"))
    answer = run([require_program(curl), "--silent", "--show-error", "--fail", *arguments])
    assert str(owner.pk) in answer
    run([sys.executable, "-c", code(page, "python")], STACK_API_KEY=value)
    node = require_program("node")
    run([node, "--input-type=module", "-e", code(page, "javascript")], STACK_API_KEY=value)


@pytest.mark.parametrize(
    ("headers", "line"),
    [
        (["X-Stack-Api-Key"], "X-Stack-Api-Key: "),
        (["X-Api-Key", "Authorization"], "X-Api-Key: "),
        (["Authorization"], "Authorization: Bearer "),
    ],
)
def test_the_line_for_a_shell_names_the_first_header(client, settings, headers, line):
    settings.STACK_APIKEYS = {**settings.STACK_APIKEYS, "HEADERS": headers}
    answer = create(client)
    assert code(answer.text, "curl") == (
        f'curl http://testserver/api/protected -H "{line}{shown(answer)}"'
    )


def test_the_examples_are_not_translated(client):
    page = create(client, description="CI").text
    examples = re.findall('<div class="apikeys-sample">(.*?)</div>', page, re.DOTALL)
    assert len(examples) == 4
    for example in examples:
        assert re.search('<h2 [^>]*translate="no">', example)
        assert re.search('<pre [^>]*translate="no">', example)


# The URL of the site in the example request -----------------------------------------------------


@pytest.fixture
def example_request(client, own_templates):
    """A function that creates a key, and returns the example request of its page."""

    def example_request(team=None, **environment):
        form = filled_in(client, team)
        page = client.post(address("api-key-create", team=team), form, **environment).text
        return code(page, "curl")

    return example_request


def test_a_site_at_the_top_of_its_host(example_request):
    assert example_request().startswith("curl http://testserver/ -H ")


@pytest.mark.parametrize("prefix", ["/app", "/app/", "/one/two"])
def test_a_site_below_a_prefix_that_is_forced(example_request, settings, prefix):
    settings.FORCE_SCRIPT_NAME = prefix
    assert example_request().startswith(f"curl http://testserver{prefix.rstrip('/')}/ -H ")


def test_a_site_that_the_server_mounts_below_a_prefix(example_request, user):
    team = TeamFactory(creator=user)
    assert example_request(team, SCRIPT_NAME="/app").startswith("curl http://testserver/app/ -H ")


def test_a_site_behind_a_proxy(example_request, settings):
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    settings.USE_X_FORWARDED_HOST = True
    settings.ALLOWED_HOSTS = ["testserver", "keys.example.com"]
    settings.FORCE_SCRIPT_NAME = "/app"
    forwarded = {"HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_HOST": "keys.example.com"}
    line = example_request(**forwarded, HTTP_ORIGIN="https://keys.example.com")
    assert line.startswith("curl https://keys.example.com/app/ -H ")
