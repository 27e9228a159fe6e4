"""``manage.py api_keys revoke``."""

from unittest.mock import Mock

import pytest
from django.core.management import CommandError

from stack_apikeys.management.api_keys import revocation
from stack_apikeys.models import TeamApiKey
from stack_apikeys.signals import api_key_revoked
from tests.command import Terminal, run, run_json
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

NOBODYS_ID = "e472504d-0181-4949-9b31-0ce6bef843ec"


@pytest.fixture
def user():
    return UserFactory(email="ada@example.com")


def test_keys_are_revoked_by_their_names_with_one_reason(user):
    mine, public, of_team, left = (
        owner.api_keys.create_key(**fields)[0]
        for owner, fields in [
            (user, {}),
            (user, {"is_public": True}),
            (TeamFactory(), {}),
            (user, {}),
        ]
    )
    names = [str(of_team.pk), mine.masked, public.last_four, mine.masked]
    revoked = run_json("revoke", *names, "--reason", "left on a train")
    assert [each["id"] for each in revoked] == [str(each.pk) for each in (of_team, mine, public)]
    for api_key in (mine, public, of_team):
        api_key.refresh_from_db()
        assert (api_key.status, api_key.revoked_reason) == ("revoked", "left on a train")
    left.refresh_from_db()
    assert left.is_valid()


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
    with pytest.raises(CommandError, match="--reason: This looks like a key") as caught:
        run("revoke", "--all", "--user", user.email, "--yes", "--reason", f"found {value}")
    assert value not in str(caught.value)
    assert user.api_keys.get().is_valid()


def test_a_shown_form_of_two_keys_is_refused(user):
    api_key, _value = user.api_keys.create_key()
    other, _value = TeamFactory().api_keys.create_key()
    TeamApiKey.objects.filter(pk=other.pk).update(last_four=api_key.last_four)
    with pytest.raises(CommandError, match="More than one key"):
        run("revoke", api_key.masked)
    assert user.api_keys.get().is_valid()


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([NOBODYS_ID], "No key"),
        (["x"], "the key's id"),
        ([], "Name the keys"),
        (["--all"], "Name the keys"),
        (["--user", "ada@example.com"], "Name the keys"),
        ([NOBODYS_ID, "--all", "--user", "ada@example.com"], "Name the keys"),
        (["--all", "--user", "ada@example.com"], "Enter --yes"),
        (["--all", "--user", "nobody@example.com", "--yes"], "No user"),
        (["--all", "--user", "ada@example.com", "--yes", "--reason", "x" * 256], "--reason: .*255"),
    ],
)
def test_what_is_wrong_revokes_nothing(user, arguments, expected):
    api_key, _value = user.api_keys.create_key()
    named = [str(api_key.pk)] if NOBODYS_ID in arguments else []
    with pytest.raises(CommandError, match=expected):
        run("revoke", *named, *arguments)
    assert user.api_keys.get().is_valid()


def test_all_valid_keys_of_a_user_are_revoked_some_at_a_time(
    user, monkeypatch, django_capture_on_commit_callbacks
):
    monkeypatch.setattr(revocation, "AT_A_TIME", 2)
    user.api_keys.bulk_create_keys(5)
    before, others = user.api_keys.create_key()[0], UserFactory().api_keys.create_key()[0]
    before.revoke(reason="first")
    told = Mock()
    api_key_revoked.connect(told)
    with django_capture_on_commit_callbacks(execute=True):
        revoked = run_json("revoke", "--all", "--user", user.email, "--yes", "--reason", "leaves")
    api_key_revoked.disconnect(told)
    assert {each["revoked_reason"] for each in revoked} == {"leaves"}
    assert len(revoked) == told.call_count == 5
    others.refresh_from_db()
    assert others.is_valid()
    assert user.api_keys.filter(revoked_reason="leaves").count() == 5
    assert run_json("revoke", "--all", "--user", user.email, "--yes") == []


@pytest.mark.parametrize("answer", ["y", "Yes", "n", ""])
def test_a_person_is_asked_before_all_keys_are_revoked(user, answer):
    user.api_keys.bulk_create_keys(3)
    arguments = ["revoke", "--all", "--user", user.email]
    if answer in {"n", ""}:
        with pytest.raises(CommandError, match="Nothing was revoked"):
            run(*arguments, stdin=Terminal(f"{answer}\n"))
        assert user.api_keys.valid().count() == 3
        return
    _stdout, stderr = run(*arguments, stdin=Terminal(f"{answer}\n"), stream=Terminal)
    assert stderr.startswith("Revoke 3 keys?")
    assert "\rRevoking [##############################] 3 of 3\n" in stderr
    assert stderr.endswith("Revoked 3 keys.\n")
    assert not user.api_keys.valid().exists()


def test_progress_is_for_terminals(user):
    user.api_keys.create_key()
    _stdout, stderr = run("revoke", "--all", "--user", user.email, "--yes")
    assert stderr == "Revoked 1 key.\n"
