"""What a project's tests get from this app, in a project of its own."""

import os
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

from stack_apikeys import pytest_plugin
from stack_apikeys.exceptions import HttpsRequired
from tests import ROOT

CONSUMER = ROOT / "tests" / "hosts" / "consumer"

OWN = {
    name: text
    for name, text in os.environ.items()
    if not name.startswith("PYTEST_") and name not in {"DJANGO_SETTINGS_MODULE", "DATABASE_URL"}
}


def run(*command, cwd=CONSUMER, **environment):
    return subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env=OWN | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_pytest_finds_the_plugin_by_itself():
    [plugin] = entry_points(group="pytest11", name="stack_apikeys")
    assert plugin.load() is pytest_plugin


@pytest.mark.long
def test_another_project_tests_its_views_with_the_helpers():
    tests = run("-m", "pytest", "-p", "no:randomly")
    assert tests.returncode == 0, tests.stdout
    assert " 11 passed" in tests.stdout


def test_the_plugin_imports_nothing_of_django():
    loaded = "import sys, stack_apikeys.pytest_plugin as _; assert not {'django', 'rest_framework'} & set(sys.modules)"
    assert run("-c", loaded).returncode == 0


@pytest.mark.long
def test_the_helpers_work_without_factory_boy():
    blocked = (
        "import sys; sys.modules['factory'] = None\n"
        "import django; django.setup()\n"
        "import stack_apikeys.testing"
    )
    without = run("-c", blocked, DJANGO_SETTINGS_MODULE="shop.settings")
    assert without.returncode == 0, without.stdout


def test_a_project_without_django_is_left_alone(tmp_path):
    (tmp_path / "test_nothing.py").write_text("def test_nothing(): pass\n")
    blocked = ["-p", "no:django", "-p", "no:randomly", "-p", "no:cacheprovider", "-W", "error"]
    tests = run("-m", "pytest", *blocked, cwd=tmp_path)
    assert tests.returncode == 0, tests.stdout


@pytest.mark.long
def test_the_fixtures_work_without_pytest_django(tmp_path):
    (tmp_path / "test_key.py").write_text(
        "import django\n"
        "from django.core.management import call_command\n"
        "django.setup()\n"
        "def test_key(user_api_key, api_client_with_key):\n"
        "    from django.contrib.auth.models import User\n"
        "    call_command('migrate', verbosity=0)\n"
        "    value = user_api_key(User.objects.create_user('ada'))[1]\n"
        "    django.conf.settings.ALLOWED_HOSTS = ['testserver']\n"
        "    assert api_client_with_key(value).get('/orders').status_code == 200\n"
    )
    tests = run(
        *("-m", "pytest", "-p", "no:django", "-p", "no:randomly", "-p", "no:cacheprovider"),
        cwd=tmp_path,
        DJANGO_SETTINGS_MODULE="shop.settings",
        PYTHONPATH=os.pathsep.join([str(CONSUMER), os.environ.get("PYTHONPATH", "")]),
    )
    assert tests.returncode == 0, tests.stdout


@pytest.mark.parametrize("name", ["message", "translated_message"])
def test_whoever_sends_plain_http_reads_how_a_test_gets_past_it(name):
    text = getattr(HttpsRequired(), name)
    assert text.startswith("Keys are only accepted over HTTPS.")
    assert "secure=True" in text
    assert "STACK_APIKEYS['REQUIRE_HTTPS']" in text
