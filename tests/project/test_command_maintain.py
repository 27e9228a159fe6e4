"""``manage.py api_keys maintain`` and ``prune``: what apps do once a day."""

import pytest
from django.apps import AppConfig, apps
from django.core.management import CommandError, call_command, get_commands

from tests.command import Terminal, run, run_json

MODULE = apps.get_app_config("stack_apikeys").module


class Diligent(AppConfig):
    """An app that has something to do."""

    def maintain_api_keys(self):
        yield from ((1, 2), (2, 2))

    def prune_api_keys(self):
        yield 30, 40
        yield 40, 40


class Tidy(AppConfig):
    """An app that has almost nothing to delete."""

    def prune_api_keys(self):
        yield 1, 1


class Broken(AppConfig):
    """An app whose maintenance fails."""

    def maintain_api_keys(self):
        yield 1, 2
        raise OSError("The mail server is down.")


@pytest.fixture
def installed(monkeypatch):
    """A function that replaces the installed apps."""
    get_commands()  # Django looks for the commands of installed apps once

    def install(*configs):
        monkeypatch.setattr(apps, "get_app_configs", lambda: configs)

    return install


def test_every_app_does_what_is_due_and_then_prunes(installed):
    installed(Diligent("one", MODULE), AppConfig("two", MODULE), Diligent("three", MODULE))
    assert run_json("maintain") == [
        {
            "one.maintain_api_keys": 2,
            "three.maintain_api_keys": 2,
            "one.prune_api_keys": 40,
            "three.prune_api_keys": 40,
        }
    ]
    assert run("maintain")[0].splitlines()[-1] == "three.prune_api_keys: 40"
    assert run_json("prune") == [{"deleted": 80}]


def test_one_app_that_fails_does_not_keep_the_others_from_it(installed, caplog, capsys):
    installed(Broken("broken", MODULE), Diligent("one", MODULE))
    with pytest.raises(CommandError, match="has failed in part") as failure:
        call_command("api_keys", "maintain")
    assert failure.value.returncode == 1
    assert "broken.maintain_api_keys: OSError: The mail server is down." in capsys.readouterr().err
    assert "The mail server is down." in caplog.text


def test_progress_is_shown_on_a_terminal(installed):
    installed(Diligent("one", MODULE))
    _stdout, stderr = run("prune", stream=Terminal)
    assert stderr == (
        "\rone [######################........] 30 of 40"
        "\rone [##############################] 40 of 40\n"
    )
    assert run("prune") == ("Deleted 40 rows.\n", "")
    installed(Tidy("tidy", MODULE))
    assert run("prune") == ("Deleted 1 row.\n", "")
