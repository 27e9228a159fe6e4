"""``manage.py api_keys maintain``, and the same as a task."""

import json
import re
from io import StringIO

import pytest
from django.apps import apps
from django.core.mail.backends.locmem import EmailBackend
from django.core.management import CommandError, call_command

from stack_apikeys.maintenance import maintain

pytestmark = pytest.mark.django_db

WORKS = [
    "stack_apikeys_reminders.maintain_api_keys",
    "stack_apikeys_usage.prune_api_keys",
    "stack_apikeys_reminders.prune_api_keys",
]


class Terminal(StringIO):
    def isatty(self):
        return True


def run_command(**options):
    stdout, stderr = StringIO(), options.pop("stderr", StringIO())
    call_command("api_keys", "maintain", stdout=stdout, stderr=stderr, **options)
    return stdout.getvalue()


def test_all_that_is_due_is_done(mailoutbox, user, expiring):
    for _number in range(2):
        expiring(user, 5)
    results = json.loads(run_command(json=True))
    assert set(results) >= {*WORKS}
    assert results["stack_apikeys_reminders.maintain_api_keys"] == 2
    assert len(mailoutbox) == 2
    assert "stack_apikeys_reminders.maintain_api_keys: 0\n" in run_command()


def test_what_is_deleted_comes_last():
    works = list(maintain())
    assert works == sorted(works, key=lambda work: work.endswith(".prune_api_keys"))


def test_a_terminal_shows_the_progress(user, expiring):
    expiring(user, 5)
    terminal = Terminal()
    run_command(stderr=terminal)
    [line] = re.findall(
        r"\rstack_apikeys_reminders\.maintain_api_keys[^\r\n]*", terminal.getvalue()
    )
    assert line.endswith(" 1 of 1")


@pytest.mark.parametrize("as_json", [False, True])
def test_one_failure_does_not_stop_the_rest(user, expiring, monkeypatch, as_json):
    def refuse(_backend, _messages):
        raise ConnectionRefusedError

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    expiring(user, 5)
    pruned = []
    usage = apps.get_app_config("stack_apikeys_usage")
    monkeypatch.setattr(type(usage), "prune_api_keys", lambda _self: iter(pruned.append(1) or []))
    stdout, stderr = StringIO(), StringIO()
    with pytest.raises(CommandError, match="failed in part"):
        call_command("api_keys", "maintain", stdout=stdout, stderr=stderr, json=as_json)
    assert pruned
    error = "EmailsNotSent: 1 e-mails"
    work = "stack_apikeys_reminders.maintain_api_keys"
    assert f"{work}: {error}" in stderr.getvalue()
    if as_json:
        results = json.loads(stdout.getvalue())
        assert results["errors"][work].startswith(error)
        assert results["stack_apikeys_usage.prune_api_keys"] == 0
    else:
        assert "stack_apikeys_usage.prune_api_keys: 0\n" in stdout.getvalue()


def test_djangos_tasks_do_the_same(mailoutbox, user, expiring):
    pytest.importorskip("django.tasks")  # Django 6.0
    from stack_apikeys.tasks import maintain_api_keys

    expiring(user, 5)
    result = maintain_api_keys.enqueue()
    assert result.return_value["stack_apikeys_reminders.maintain_api_keys"] == 1
    assert len(mailoutbox) == 1
