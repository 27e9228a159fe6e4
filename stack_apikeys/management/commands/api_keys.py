"""``manage.py api_keys``: create, rotate, check, list, show and revoke keys from a shell."""

import os
import sys
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from stack_apikeys.exceptions import StackApiKeysError
from stack_apikeys.management.api_keys.creation import Create, Rotate
from stack_apikeys.management.api_keys.maintenance import Maintain, Prune
from stack_apikeys.management.api_keys.reading import Check, List, Show
from stack_apikeys.management.api_keys.revocation import Revoke
from stack_apikeys.management.api_keys.subcommand import Subcommand, UsageError

SUBCOMMANDS: tuple[type[Subcommand], ...] = (
    Create,
    List,
    Show,
    Revoke,
    Rotate,
    Check,
    Maintain,
    Prune,
)

OPTIONS = {
    "description": "--description",
    "expires_at": "--expires",
    "scopes": "--scope",
    "networks": "--network",
    "rates": "--rate",
    "overlap": "--overlap",
}
"""The options by the fields that they set."""


class Command(BaseCommand):
    """Subcommands that manage keys from a shell on the server.

    What the site allows people does not matter, because a person with this shell has the database.
    Only ``create`` and ``rotate`` print the value of a key, and only ``check`` reads one, from
    standard input.
    """

    help = "Creates, lists, shows, revokes, rotates and checks API keys, and does what is due."
    stealth_options = ("stdin",)

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the subcommands."""
        commands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")
        for subcommand in SUBCOMMANDS:
            subparser = commands.add_parser(subcommand.name, help=subcommand.help)
            subcommand(self).add_arguments(subparser)
            subparser.add_argument("--json", action="store_true", help=subcommand.json_help)

    def handle(self, *, subcommand: str, **options: Any) -> None:
        """Run the subcommand. Raises CommandError for everything that goes wrong."""
        [chosen] = [each for each in SUBCOMMANDS if each.name == subcommand]
        try:
            chosen(self).handle(**options)
            self.stdout.flush()
        except StackApiKeysError as error:
            raise CommandError(f"{error.code}: {error.message}") from None
        except ValidationError as error:
            raise UsageError(_explain(error)) from None
        except BrokenPipeError:
            # The program that reads, such as `head`, has seen enough. Python would write the rest
            # to standard output as it exits.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)


def _explain(error: ValidationError) -> str:
    if not hasattr(error, "error_dict"):
        return " ".join(error.messages)
    return " ".join(
        f"{OPTIONS.get(field, field)}: {message}"
        for field, messages in error.message_dict.items()
        for message in messages
    )
