"""``manage.py api_keys``: from a shell on the server."""

import io
import json
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from stack_apikeys import keys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import get_team, get_user
from tests import ROOT
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

NOBODYS_ID = "e472504d-0181-4949-9b31-0ce6bef843ec"


def run(*arguments, stdin=""):
    """What the command writes to standard output and to standard error."""
    stdout, stderr = io.StringIO(), io.StringIO()
    call_command("api_keys", *arguments, stdin=io.StringIO(stdin), stdout=stdout, stderr=stderr)
    return stdout.getvalue(), stderr.getvalue()


def run_json(*arguments, **kwargs):
    stdout, stderr = run(*arguments, "--json", **kwargs)
    assert not stderr
    return [json.loads(line) for line in stdout.splitlines()]


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
    run("create", "--user", user.email, "--days", "200")
    expires_at = user.api_keys.get().expires_at.astimezone(ZoneInfo("Europe/Berlin"))
    expected = timezone.localtime() + timedelta(days=200)
    assert abs(expires_at.replace(tzinfo=None) - expected.replace(tzinfo=None)) < timedelta(hours=1)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--user", "nobody@example.com"], "No user"),
        (["--user", "nul\x00"], "user contains characters"),
        (
            ["--user", "ada@example.com", "--description", "\udcff"],
            "description contains characters",
        ),
        (["--team", NOBODYS_ID], "TEAM_NOT_FOUND"),
        (["--team", "x"], "TEAM_NOT_FOUND"),
        (["--user", "ada@example.com", "--days", "0"], "1 to 36500"),
        (["--user", "ada@example.com", "--days", "x"], "--days"),
        (["--user", "ada@example.com", "--description", "x" * 256], "255"),
        ([], "required"),
    ],
)
def test_create_says_what_is_wrong_and_creates_nothing(user, arguments, expected):
    with pytest.raises(CommandError, match=expected):
        run("create", *arguments)
    assert not UserApiKey.objects.exists()
    assert not TeamApiKey.objects.exists()


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


def test_check_asks_a_person_without_showing_what_is_typed(user, monkeypatch):
    _api_key, value = user.api_keys.create_key()
    terminal = io.StringIO()
    terminal.isatty = lambda: True
    monkeypatch.setattr("stack_apikeys.management.commands.api_keys.getpass", lambda prompt: value)
    stdout = io.StringIO()
    call_command("api_keys", "check", stdin=terminal, stdout=stdout)
    assert "valid" in stdout.getvalue()


def test_list_is_newest_first_of_one_owner_in_one_state(user):
    first, _value = user.api_keys.create_key()
    second, _value = user.api_keys.create_key()
    user.api_keys.filter(pk=first.pk).update(created_at=first.created_at - timedelta(hours=1))
    first.revoke()
    of_a_team, _value = TeamFactory().api_keys.create_key()
    of_all = [each["id"] for each in run_json("list")]
    assert of_all == [str(each.pk) for each in (second, first, of_a_team)]
    assert [each["id"] for each in run_json("list", "--user", user.email)] == of_all[:2]
    assert [each["id"] for each in run_json("list", "--status", "revoked")] == [str(first.pk)]
    [of_team] = run_json("list", "--team", str(of_a_team.team_id))
    assert (of_team["kind"], of_team["owner"]) == ("team", str(of_a_team.team_id))


def test_lists_have_no_values_and_control_no_terminal(user):
    _api_key, value = user.api_keys.create_key(description="red \x1b[31m\nrow")
    stdout, _stderr = run("list")
    assert stdout.count("\n") == 1
    assert "\x1b" not in stdout
    assert value not in stdout
    assert value not in json.dumps(run_json("list"))


@pytest.mark.parametrize("name", ["id", "shown form"])
def test_show_and_revoke_by_id_or_shown_form(user, name):
    api_key, _value = user.api_keys.create_key()
    name = str(api_key.pk) if name == "id" else api_key.masked
    [shown] = run_json("show", name)
    assert (shown["key"], shown["revoked_at"]) == (api_key.masked, None)
    [revoked] = run_json("revoke", name, "--reason", "left on a train")
    assert (revoked["status"], revoked["revoked_reason"]) == ("revoked", "left on a train")
    api_key.refresh_from_db()
    assert api_key.status == "revoked"


def test_revoking_again_changes_nothing(user):
    api_key, _value = user.api_keys.create_key()
    run("revoke", str(api_key.pk), "--reason", "first")
    [again] = run_json("revoke", str(api_key.pk), "--reason", "second")
    assert again["revoked_reason"] == "first"


def test_a_whole_key_as_an_argument_is_refused_and_not_repeated(user):
    _api_key, value = user.api_keys.create_key()
    with pytest.raises(CommandError, match="looks like a key") as caught:
        run("revoke", value)
    assert value not in str(caught.value)
    assert user.api_keys.get().is_valid()


@pytest.mark.parametrize(
    ("name", "expected"), [(NOBODYS_ID, "No key"), ("…zzzz", "No key"), ("x", "the key's id")]
)
def test_a_key_that_is_not_there(name, expected):
    with pytest.raises(CommandError, match=expected):
        run("show", name)


def test_a_shown_form_of_two_keys_is_refused(user):
    api_key, _value = user.api_keys.create_key()
    other, _value = TeamFactory().api_keys.create_key()
    TeamApiKey.objects.filter(pk=other.pk).update(last_four=api_key.last_four)
    with pytest.raises(CommandError, match="More than one key"):
        run("revoke", api_key.masked)
    assert user.api_keys.get().is_valid()


def test_the_exit_status_of_a_key_that_cannot_be_used_is_1_and_of_wrong_usage_2():
    def status(*arguments):
        return subprocess.run(
            [sys.executable, "manage.py", "api_keys", *arguments],
            cwd=ROOT,
            input=keys.generate(id=uuid4(), kind="user")[:-1],
            capture_output=True,
            text=True,
            check=False,
        ).returncode

    assert (status("check"), status("create")) == (1, 2)
