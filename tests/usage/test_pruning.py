"""``manage.py api_keys prune``."""

import json
from datetime import timedelta
from io import StringIO
from uuid import uuid4

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.utils import timezone

from stack_apikeys.usage import pruning
from stack_apikeys.usage.models import KeyDay, KeyHour, KeyNetwork, KeyUsage, UnusualUse
from tests.settings_pages import make_key
from tests.usage.test_pages import used

pytestmark = pytest.mark.django_db


def prune():
    out = StringIO()
    call_command("api_keys", "prune", "--json", stdout=out, stderr=StringIO())
    return json.loads(out.getvalue())["deleted"]


def test_only_what_is_too_old_is_deleted(user, configure, monkeypatch):
    configure(USAGE_RETENTION_DAYS=10)
    monkeypatch.setattr(pruning, "AT_A_TIME", 2)
    api_key = make_key(user)
    for days in (9, 12, 13, 14, 15, 16):
        used(api_key, timedelta(days=days))
    KeyNetwork.objects.create(
        key_id=api_key.pk,
        network="192.0.2.0/24",
        first_seen_at=timezone.now() - timedelta(days=30),
        last_seen_at=timezone.now() - timedelta(days=20),
    )
    for days in (9, 11):
        UnusualUse.objects.create(
            key_id=api_key.pk,
            kind="user",
            rule="network",
            moment=timezone.now() - timedelta(days=days),
            about=f"192.0.{days}.0/24",
        )
    assert prune() == 5 + 5 + 1 + 1
    assert KeyHour.objects.count() == KeyDay.objects.count() == KeyUsage.objects.count() == 1
    assert not KeyNetwork.objects.exists()
    assert UnusualUse.objects.count() == 1
    assert prune() == 0


def test_a_terminal_shows_how_far_it_is(user, monkeypatch):
    monkeypatch.setattr(pruning, "AT_A_TIME", 1)
    api_key = make_key(user)
    for days in (500, 501):
        used(api_key, timedelta(days=days))
    terminal = StringIO()
    terminal.isatty = lambda: True
    call_command("api_keys", "prune", stdout=StringIO(), stderr=terminal, no_color=True)
    first, *_others, last = terminal.getvalue().split("\n")[0].removeprefix("\r").split("\r")
    assert first == f"stack_apikeys_usage [{'#' * 7:.<30}] 1 of 4"
    assert last == f"stack_apikeys_usage [{'#' * 30}] 4 of 4"
    assert terminal.getvalue().endswith("\n")


def test_without_a_terminal_only_the_result_is_printed(user, capsys):
    used(make_key(user), timedelta(days=500))
    call_command("api_keys", "prune")
    assert capsys.readouterr() == ("Deleted 2 rows.\n", "")


def test_what_several_apps_delete_is_added_up(user, monkeypatch):
    config = apps.get_app_config("auth")
    numbers = iter([(3, 5), (5, 5)])
    monkeypatch.setattr(config, "prune_api_keys", lambda: numbers, raising=False)
    used(make_key(user), timedelta(days=500))
    assert prune() == 5 + 2


def test_the_usage_of_a_deleted_key_is_deleted_when_it_is_old(user):
    long_ago, lately = (timezone.now() - timedelta(days=days) for days in (500, 3))
    kept = make_key(user)
    for key_id, moment in [(kept.pk, long_ago), (uuid4(), long_ago), (uuid4(), lately)]:
        KeyUsage.objects.create(key_id=key_id, kind="user", last_used_at=moment)
    assert prune() == 1
    assert KeyUsage.objects.filter(pk=kept.pk).exists()
    assert KeyUsage.objects.count() == 2


def test_without_the_app_there_is_nothing_to_prune(monkeypatch):
    configs = [each for each in apps.get_app_configs() if not hasattr(each, "prune_api_keys")]
    monkeypatch.setattr(apps, "get_app_configs", lambda: configs)
    with pytest.raises(CommandError, match=r"stack_apikeys\.usage"):
        prune()
