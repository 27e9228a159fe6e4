"""``manage.py demo``: what it says is so."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager

import pytest
import requests
from django.core.management import CommandError, call_command

from example_project.demo import TEAM_ID, create_demo
from example_project.management.commands.demo import Command
from example_project.models import User
from stack_apikeys.adapters import MANAGE_API_KEYS, get_team_adapter
from stack_apikeys.models import TeamApiKey, UserApiKey
from tests import ROOT
from tests.requirements import require_program
from tests.server import PATIENCE

DEMO = [sys.executable, "manage.py", "demo"]

NAMES = [
    "STACK_BASE_URL",
    "STACK_PROJECT_ID",
    "STACK_PUBLISHABLE_CLIENT_KEY",
    "STACK_SECRET_SERVER_KEY",
    "STACK_SUPER_SECRET_ADMIN_KEY",
    "USER1_EMAIL",
    "USER1_PASSWORD",
    "USER1_ID",
    "USER2_EMAIL",
    "USER2_PASSWORD",
    "USER2_ID",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "TEAM_ID",
]


def fresh_environment(folder):
    """A newcomer's: no settings of the project, and an empty database."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"DEBUG", "ALLOWED_HOSTS", "DJANGO_SETTINGS_MODULE"}
        and not name.startswith("STACK_")
        and not name.lower().endswith("_proxy")
    }
    return inherited | {"DATABASE_URL": f"sqlite:///{folder}/demo.sqlite3"}


def run_demo(environment, *arguments):
    command = [*DEMO, "--env", *arguments]
    run = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert run.stderr == ""
    return run.stdout


def eval_in_shell(lines):
    """The variables that a shell has after it evaluates the lines."""
    print_all = "".join(f'printf "%s\\0" "${name}";' for name in NAMES)
    shell = subprocess.run(
        [require_program("sh"), "-c", f'eval "$1"; {print_all}', "sh", lines],
        env={},
        capture_output=True,
        text=True,
        check=True,
    )
    return dict(zip(NAMES, shell.stdout.split("\0"), strict=False))


def printed(*arguments):
    out = io.StringIO()
    call_command("demo", "--env", *arguments, stdout=out)
    return dict(line.split("=", 1) for line in out.getvalue().splitlines())


@contextmanager
def serving(folder, address):
    """The lines that the demo prints while it serves, on a port that the system chooses."""
    process = subprocess.Popen(
        [*DEMO, f"{address}:0"],
        cwd=ROOT,
        env=fresh_environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if line.startswith("Quit"):
            break
    else:
        pytest.fail("\n".join(lines))
    try:
        yield lines
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.communicate(timeout=60)
        except subprocess.TimeoutExpired:  # where the test run itself was told to ignore SIGINT
            process.kill()
            process.communicate()


def run_command_lines(lines):
    """The answers to the command lines among what was printed."""
    require_program("curl")
    shell = [require_program("sh"), "-c"]
    return [
        json.loads(subprocess.run([*shell, line], capture_output=True, check=True).stdout)
        for line in lines
        if line.startswith("  curl ")
    ]


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("demo"), "127.0.0.1") as lines:
        yield lines


@pytest.fixture
def base_url(served):
    return next(line for line in served if line.startswith("The demo is at")).split()[-1]


def test_twice_the_demo_prints_the_same_lines_and_a_shell_can_eval_them(tmp_path):
    environment = fresh_environment(tmp_path)
    lines = run_demo(environment)
    assert run_demo(environment) == lines
    assert [line.partition("=")[0] for line in lines.splitlines()] == NAMES

    variables = eval_in_shell(lines)
    assert variables["STACK_BASE_URL"] == "http://127.0.0.1:8000"
    assert variables["TEAM_ID"] == str(TEAM_ID)
    assert all(variables.values())


def test_a_secret_of_any_characters_survives_the_shell(tmp_path):
    secret = '$it\'s a "secret" `of` \\ & more'
    environment = fresh_environment(tmp_path) | {"STACK_SECRET_SERVER_KEY": secret}
    assert eval_in_shell(run_demo(environment))["STACK_SECRET_SERVER_KEY"] == secret


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("addrport", "base_url"),
    [
        ([], "http://127.0.0.1:8000"),
        (["8123"], "http://127.0.0.1:8123"),
        (["localhost:8123"], "http://localhost:8123"),
        (["0:8123"], "http://127.0.0.1:8123"),
        (["0.0.0.0:8123"], "http://127.0.0.1:8123"),
        (["[::1]:8123"], "'http://[::1]:8123'"),
        (["[::]:8123"], "'http://[::1]:8123'"),
        (["--ipv6"], "'http://[::1]:8000'"),
    ],
)
def test_an_address_takes_every_form_that_runserver_knows(settings, addrport, base_url):
    settings.DEBUG = True
    assert printed(*addrport)["STACK_BASE_URL"] == base_url


@pytest.mark.django_db
def test_the_demo_refuses_to_make_known_passwords_on_a_real_site(settings):
    settings.ALLOWED_HOSTS = ["example.com"]
    with pytest.raises(CommandError, match="public passwords"):
        call_command("demo", "--env")
    assert not User.objects.exists()


def assert_only_the_first_user_manages_the_teams_keys(demo):
    members = [membership.user for membership in demo.team.memberships.order_by("user__email")]
    assert members == [demo.user1, demo.user2]
    managers = get_team_adapter().users_with_permission(demo.team, MANAGE_API_KEYS)
    assert list(managers) == [demo.user1]


@pytest.mark.django_db
def test_only_the_first_user_manages_the_teams_keys():
    assert_only_the_first_user_manages_the_teams_keys(create_demo())


@pytest.mark.django_db
def test_the_demo_puts_back_what_a_visitor_changed(client):
    demo = create_demo()
    demo.user1.set_password("something else")
    demo.user1.is_active = False
    demo.user1.save()
    demo.team.grant(demo.user2, "team_admin")
    demo.team.remove_member(demo.user1)

    again = create_demo()
    assert again == demo
    assert client.login(email="user1@example.com", password="demo-user-1")
    assert_only_the_first_user_manages_the_teams_keys(again)


@pytest.mark.django_db
def test_the_demo_leaves_alone_what_is_as_it_should_be(client):
    demo = create_demo()
    client.login(email="user1@example.com", password="demo-user-1")
    api_key, _value = demo.user1.api_keys.create_key()
    team_api_key, _value = demo.team.api_keys.create_key()
    keys = set(UserApiKey.objects.all()), set(TeamApiKey.objects.all())
    demo.user1.api_keys.valid().exclude(pk=api_key.pk).first().revoke()
    revoked = demo.user1.api_keys.revoked().count()

    create_demo()
    assert (set(UserApiKey.objects.all()), set(TeamApiKey.objects.all())) == keys
    assert api_key in keys[0]
    assert team_api_key in keys[1]
    assert demo.user1.api_keys.revoked().count() == revoked
    assert client.get("/").context["user"] == demo.user1  # still signed in


@pytest.mark.django_db
def test_the_demo_has_keys_in_every_state_for_everyone_to_look_at():
    demo = create_demo()
    for owner in (demo.user1, demo.team):
        assert all(owner.api_keys.count_states().values())
        assert owner.api_keys.filter(is_public=True).exists()
    assert demo.user2.api_keys.count() > 20  # several pages
    creators = {api_key.created_by for api_key in demo.team.api_keys.all()}
    adapter = get_team_adapter()
    assert adapter.members_among(demo.team, creators) == {demo.user1.pk, demo.user2.pk}
    assert len(creators) == 3  # one has left the team


@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["USER", "TEAM"])
def test_the_demo_does_without_a_kind_of_key_that_is_switched_off(settings, kind):
    settings.STACK_APIKEYS = {f"ALLOW_{kind}_API_KEYS": False}
    demo = create_demo()
    assert demo.user1.api_keys.exists() == (kind == "TEAM")
    assert demo.team.api_keys.exists() == (kind == "USER")


def test_the_printed_command_lines_work_as_they_are(served):
    created, used = run_command_lines(served)
    assert created["value"].startswith("sk_")
    assert used == {"userId": created["user_id"], "email": "user1@example.com"}


@pytest.mark.parametrize(
    ("address", "family"), [("127.0.0.2", socket.AF_INET), ("[::1]", socket.AF_INET6)]
)
def test_the_demo_answers_at_the_address_that_was_asked_for(tmp_path, address, family):
    try:
        with socket.socket(family) as probe:
            probe.bind((address.strip("[]"), 0))
    except OSError:
        pytest.skip(f"this machine has no {address}")
    with serving(tmp_path, address) as lines:
        created, used = run_command_lines(lines)
    assert used["userId"] == created["user_id"]


def test_the_printed_pages_are_there(served, base_url):
    addresses = {word for line in served for word in line.split() if word.startswith(base_url)}
    pages = {address for address in addresses if "/api/" not in address}
    assert len(pages) == 7
    for page in pages:
        assert requests.get(page, timeout=PATIENCE).status_code == 200


def test_the_printed_passwords_open_the_site(served, base_url):
    people = [line.split()[:2] for line in served if "@example.com  " in line]
    assert len(people) == 3
    for email, password in people:
        browser = requests.Session()
        browser.get(f"{base_url}accounts/login/", timeout=PATIENCE)
        form = {
            "username": email,
            "password": password,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        answer = browser.post(f"{base_url}accounts/login/", form, timeout=PATIENCE)
        assert answer.url == f"{base_url}account/"
        assert "Sign out" in answer.text


@pytest.mark.django_db
def test_without_an_address_the_demo_takes_a_free_port_where_the_usual_one_is_taken(
    settings, monkeypatch
):
    settings.DEBUG = True
    ports = []
    monkeypatch.setattr(
        Command, "inner_run", lambda self, *args, **options: ports.append(self.port)
    )
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        monkeypatch.setattr(Command, "default_port", taken)
        call_command(Command(), skip_checks=True)
        call_command(Command(), taken, skip_checks=True)
    assert ports == ["0", taken]
