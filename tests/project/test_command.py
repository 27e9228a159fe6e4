"""``manage.py api_keys``: from a shell on the server."""

import io
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from unittest.mock import Mock
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from stack_apikeys import keys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.usage.models import KeyUsage
from stack_apikeys.verification import get_team, get_user
from tests import ROOT
from tests.command import Terminal, run, run_json, run_program
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

NOBODYS_ID = "e472504d-0181-4949-9b31-0ce6bef843ec"

NOBODYS = keys.generate(id=uuid4(), kind="user")


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


def test_create_prints_the_value_alone_to_standard_output(user):
    stdout, stderr = run("create", "--user", "ada@example.com", "--description", "CI")
    assert get_user(api_key=stdout.removesuffix("\n")) == user
    api_key = user.api_keys.get()
    assert (api_key.description, api_key.expires_at, api_key.is_public) == ("CI", None, False)
    assert str(api_key.pk) in stderr
    assert stdout.strip() not in stderr


def test_create_for_a_team_as_json():
    team = TeamFactory()
    [created] = run_json("create", "--team", str(team.pk), "--public")
    assert get_team(api_key=created["value"]) == team
    assert created["is_public"]
    assert created["id"] == str(team.api_keys.get().pk)


@pytest.mark.parametrize("name", ["ADA@example.com", "pk"])
def test_a_user_is_named_by_address_or_primary_key(user, name):
    run("create", "--user", str(user.pk) if name == "pk" else name)
    assert user.api_keys.count() == 1


def test_create_in_days_keeps_the_time_of_day(user, settings):
    settings.TIME_ZONE = "Europe/Berlin"
    run("create", "--user", user.email, "--expires", "200d")
    expires_at = user.api_keys.get().expires_at.astimezone(ZoneInfo("Europe/Berlin"))
    expected = timezone.localtime() + timedelta(days=200)
    assert abs(expires_at.replace(tzinfo=None) - expected.replace(tzinfo=None)) < timedelta(hours=1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--user", "nobody@example.com"], "No user"),
        (["--user", "nul\x00"], "--user: It contains characters"),
        (
            ["--user", "ada@example.com", "--description", "\udcff"],
            "--description: It contains characters",
        ),
        (["--team", NOBODYS_ID], "No team"),
        (["--team", "x"], "No team"),
        (["--user", "ada@example.com", "--expires", "0d"], "--expires: Enter a time in the future"),
        (["--user", "ada@example.com", "--expires", "x"], "--expires: Enter a duration such as"),
        (
            ["--user", "ada@example.com", "--expires", "2020-01-01"],
            "--expires: Enter a time in the",
        ),
        (["--user", "ada@example.com", "--expires", "2020-02-30"], "--expires: Enter a duration"),
        (["--user", "ada@example.com", "--expires", "9999-12-31"], "--expires: .* 9998"),
        (["--user", "ada@example.com", "--description", "x" * 256], "--description: .*255"),
        (["--user", "ada@example.com", "--description", f"CI: {NOBODYS}"], "--description: .* key"),
        (["--user", "ada@example.com", "--network", "100%"], "--network: “100%” is not a network"),
        (["--user", "ada@example.com", "--scope", "a b"], "--scope: Must be a list of scopes"),
        (["--user", "ada@example.com", "--rate", "often"], "--rate: Must be a list of rates"),
        (
            ["--user", "ada@example.com", "--rate", "1/day", "--rate", "2/day"],
            "--rate: Must be a list of rates",
        ),
        ([], "required"),
    ],
)
def test_create_says_what_is_wrong_and_creates_nothing(user, arguments, expected):
    with pytest.raises(CommandError, match=expected) as wrong:
        run("create", *arguments)
    assert NOBODYS not in str(wrong.value)
    assert not UserApiKey.objects.exists()
    assert not TeamApiKey.objects.exists()


@pytest.mark.parametrize(
    "arguments",
    [["--rate", "1/day", "--rate", "2/day"], ["--scope", "no:such"], ["--network", "1.2.3.4"] * 51],
)
def test_options_that_only_together_are_wrong_are_wrong_usage_too(user, arguments):
    with pytest.raises(CommandError, match=r"^--") as wrong:
        run("create", "--user", user.email, *arguments)
    assert wrong.value.returncode == 2
    assert not user.api_keys.exists()


class Full(io.StringIO):
    """A file on a disk that is full."""

    def flush(self):
        raise OSError("No space left on device")


@pytest.mark.parametrize("command", ["create", "rotate"])
@pytest.mark.parametrize("as_json", [[], ["--json"]])
def test_a_value_that_cannot_be_written_is_told_of(user, command, as_json):
    old, _value = user.api_keys.create_key()
    arguments = {"create": ["--user", user.email], "rotate": [str(old.pk)]}[command]
    stderr = io.StringIO()
    with pytest.raises(OSError, match="No space"):
        call_command("api_keys", command, *arguments, *as_json, stdout=Full(), stderr=stderr)
    new = user.api_keys.exclude(pk=old.pk).get()
    assert f"Created key {new.pk}" in stderr.getvalue()
    assert "Its value could not be written, and is lost." in stderr.getvalue()


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2090-01-31", datetime(2090, 1, 31, 22, 59, 59, 999000, tzinfo=UTC)),
        ("2090-01-31T12:00", datetime(2090, 1, 31, 11, tzinfo=UTC)),
        ("2090-01-31T12:00+05:00", datetime(2090, 1, 31, 7, tzinfo=UTC)),
        ("never", None),
    ],
)
def test_a_key_expires_at_the_end_of_a_day_or_at_a_time(user, settings, when, expected):
    settings.TIME_ZONE = "Europe/Berlin"
    run("create", "--user", user.email, "--expires", when)
    assert user.api_keys.get().expires_at == expected


def test_create_says_where_and_how_often_the_key_can_be_used(user):
    limits = ["--network", "192.0.2.7", "--network", "2001:db8::/32", "--rate", "20/second"]
    [created] = run_json("create", "--user", user.email, *limits, "--rate", "1000/hour")
    assert created["networks"] == ["192.0.2.7/32", "2001:db8::/32"]
    assert created["rates"] == ["20/second", "1000/hour"]
    [unlimited] = run_json("create", "--user", user.email, "--rate", "unlimited")
    assert unlimited["rates"] == []


def test_create_gives_the_key_scopes_that_the_settings_name(user, configure):
    configure(SCOPES={"reports:read": "Read reports", "reports:write": "Write reports"})
    scopes = ["--scope", "reports:write", "--scope", "reports:read"]
    [created] = run_json("create", "--user", user.email, *scopes)
    assert created["scopes"] == ["reports:read", "reports:write"]
    with pytest.raises(CommandError, match=r"--scope: .*invoices:read"):
        run("create", "--user", user.email, "--scope", "invoices:read")
    assert user.api_keys.count() == 1


def test_a_team_is_named_by_its_name_if_only_one_has_it():
    team = TeamFactory(display_name="Engine room")
    TeamFactory(display_name="Engine rooms")
    [created] = run_json("create", "--team", "engine room")
    assert created["owner"] == str(team.pk)
    TeamFactory(display_name="Engine room")
    with pytest.raises(CommandError, match="More than one team"):
        run("create", "--team", "Engine room")
    assert TeamApiKey.objects.count() == 1


def test_an_address_of_two_users_is_nobodys(user, monkeypatch):
    other = UserFactory()
    monkeypatch.setattr(type(user), "USERNAME_FIELD", "display_name")
    type(user).objects.update(display_name="Ada")
    with pytest.raises(CommandError, match="More than one user"):
        run("create", "--user", "Ada")
    assert not other.api_keys.exists()


def test_create_keeps_to_the_settings(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": 1}
    run("create", "--user", user.email)
    with pytest.raises(CommandError, match="TOO_MANY_API_KEYS"):
        run("create", "--user", user.email)


def test_check_reads_the_key_from_standard_input(user):
    api_key, value = user.api_keys.create_key(description="CI")
    [checked] = run_json("check", stdin=f"{value}\n")
    assert (checked["id"], checked["status"]) == (str(api_key.pk), "valid")
    assert value not in "".join(run("check", stdin=value))
    with pytest.raises(CommandError):
        run("check", value)


def test_check_of_a_key_with_networks_needs_the_address_of_the_client(user):
    _api_key, value = user.api_keys.create_key(networks=["192.0.2.0/24"])
    for elsewhere in ([], ["--address", "198.51.100.1"]):
        with pytest.raises(CommandError, match="API_KEY_NOT_FOUND"):
            run("check", *elsewhere, stdin=value)
    [checked] = run_json("check", "--address", "192.0.2.7", stdin=value)
    assert checked["networks"] == ["192.0.2.0/24"]
    with pytest.raises(CommandError, match="--address: Enter a valid IPv4 or IPv6 address"):
        run("check", "--address", "here", stdin=value)


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("API_KEY_REVOKED", lambda api_key: api_key.revoke()),
        ("API_KEY_NOT_FOUND", lambda api_key: api_key.delete()),
    ],
)
def test_check_says_why_a_key_cannot_be_used(user, code, change):
    api_key, value = user.api_keys.create_key()
    change(api_key)
    with pytest.raises(CommandError, match=code) as caught:
        run("check", stdin=value)
    assert value not in str(caught.value)


def test_check_takes_what_is_no_text_for_no_key():
    with pytest.raises(CommandError, match="API_KEY_NOT_FOUND"):
        run("check", stdin=io.TextIOWrapper(io.BytesIO(b"sk_\xff"), encoding="utf-8"))


def test_check_takes_the_end_of_input_for_no_key(monkeypatch):
    ended = Mock(side_effect=EOFError)
    monkeypatch.setattr("stack_apikeys.management.api_keys.reading.getpass", ended)
    with pytest.raises(CommandError, match="API_KEY_NOT_FOUND"):
        run("check", stdin=Terminal())


def test_check_asks_a_person_without_showing_what_is_typed(user, monkeypatch):
    _api_key, value = user.api_keys.create_key()
    monkeypatch.setattr("stack_apikeys.management.api_keys.reading.getpass", lambda prompt: value)
    stdout, _stderr = run("check", stdin=Terminal())
    assert "valid" in stdout


def test_list_is_newest_first_of_one_owner_in_one_state(user):
    first, _value = user.api_keys.create_key()
    second, _value = user.api_keys.create_key()
    user.api_keys.filter(pk=first.pk).update(created_at=first.created_at - timedelta(hours=1))
    first.revoke()
    of_a_team, _value = TeamFactory().api_keys.create_key()
    of_all = [each["id"] for each in run_json("list")]
    assert of_all == [str(each.pk) for each in (second, first, of_a_team)]
    assert [each["id"] for each in run_json("list", "--user", user.email)] == of_all[:2]
    assert [each["id"] for each in run_json("list", "--state", "revoked")] == [str(first.pk)]
    [of_team] = run_json("list", "--team", str(of_a_team.team_id))
    assert (of_team["kind"], of_team["owner"]) == ("team", str(of_a_team.team_id))


def test_lists_have_no_values_and_control_no_terminal(user):
    _api_key, value = user.api_keys.create_key(description="red \x1b[31m\nrow")
    stdout, _stderr = run("list")
    assert stdout.count("\n") == 1
    assert "\x1b" not in stdout
    assert value not in stdout
    assert value not in json.dumps(run_json("list"))


def test_list_is_of_keys_that_nobody_has_used_lately(user, monkeypatch):
    busy, idle, never = (user.api_keys.create_key()[0] for _ in range(3))
    for api_key, days in ((busy, 1), (idle, 100)):
        used_at = timezone.now() - timedelta(days=days)
        KeyUsage.objects.create(key_id=api_key.pk, kind="user", last_used_at=used_at)
    for when in ("90d", f"{timezone.localdate() - timedelta(days=90)}"):
        unused = {each["id"] for each in run_json("list", "--unused-since", when)}
        assert unused == {str(idle.pk), str(never.pk)}
    monkeypatch.delitem(apps.app_configs, "stack_apikeys_usage")
    with pytest.raises(CommandError, match=r"--unused-since needs stack_apikeys\.usage"):
        run("list", "--unused-since", "90d")


def test_a_list_costs_as_many_queries_as_there_are_kinds(user, django_assert_num_queries):
    for _number in range(3):
        user.api_keys.create_key()
    with django_assert_num_queries(2):
        run("list")


CLOSED_PIPE = """
import os, django
os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
django.setup()
from django.core.management import call_command
from stack_apikeys.management.api_keys.reading import List
List.handle = lambda self, **options: self.print("x" * 100_000)
call_command("api_keys", "list")
"""


def test_a_reader_that_has_seen_enough_ends_the_list_without_a_traceback():
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        ended = subprocess.run(
            [sys.executable, "-c", CLOSED_PIPE],
            cwd=ROOT,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.parametrize("name", ["id", "shown form", "last four"])
def test_show_by_id_or_shown_form(user, name):
    api_key, value = user.api_keys.create_key(description="CI", rates=["1/day", "1/hour"])
    name = {"id": str(api_key.pk), "shown form": api_key.masked}.get(name, api_key.last_four)
    [shown] = run_json("show", name)
    assert (shown["key"], shown["revoked_at"]) == (api_key.masked, None)
    stdout, stderr = run("show", name)
    assert "description     CI\n" in stdout
    assert "rates           1/day 1/hour\n" in stdout
    assert "revoked" not in stdout
    assert value not in stdout
    assert not stderr


@pytest.mark.parametrize(
    ("name", "expected"), [(NOBODYS_ID, "No key"), ("…zzzz", "No key"), ("x", "the key's id")]
)
def test_a_key_that_is_not_there(name, expected):
    with pytest.raises(CommandError, match=expected):
        run("show", name)


def test_the_exit_status_of_a_key_that_cannot_be_used_is_1_and_of_wrong_usage_2():
    nobodys = keys.generate(id=uuid4(), kind="user")
    assert run_program("check", input=nobodys[:-1]).returncode == 1
    for arguments in (["create"], ["check", nobodys]):
        wrong = run_program(*arguments)
        assert wrong.returncode == 2, arguments
        assert "Traceback" not in wrong.stderr
        assert nobodys not in wrong.stderr
