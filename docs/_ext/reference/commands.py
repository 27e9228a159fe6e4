"""List the management commands, from their parsers."""

import argparse
from collections.abc import Iterator

from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

from reference.package import table


def list_commands() -> str:
    """Return a section for each command and each of its sub-commands."""
    return "\n\n".join(
        section
        for name, app in sorted(get_commands().items())
        if str(app).startswith("stack_apikeys")
        for section in _sections(name, load_command_class(str(app), name))
    )


def _sections(name: str, command: BaseCommand) -> Iterator[str]:
    parser = command.create_parser("manage.py", name)
    yield f"## `{name}`\n\n{command.help}"
    subcommands = [
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    ]
    if not subcommands:
        yield _arguments(parser, {*BaseCommand().create_parser("", "")._option_string_actions})
    for action in subcommands:
        help_texts = {choice.dest: choice.help for choice in action._choices_actions}
        for title, subparser in action.choices.items():
            yield f"### `{name} {title}`\n\n{help_texts[title]}\n\n{_arguments(subparser, {'-h'})}"


def _arguments(parser: argparse.ArgumentParser, inherited: set[str]) -> str:
    arguments = [
        action
        for action in parser._actions
        if action.help != argparse.SUPPRESS and not inherited.intersection(action.option_strings)
    ]
    if not arguments:
        return ""
    return table(
        ["argument", "meaning"], ((f"`{_name(action)}`", action.help or "") for action in arguments)
    )


def _name(action: argparse.Action) -> str:
    if not action.option_strings:
        return action.dest
    name = action.option_strings[-1]
    if action.choices:
        return f"{name} {'|'.join(map(str, action.choices))}"
    return name if action.nargs == 0 else f"{name} {action.metavar or action.dest.upper()}"
