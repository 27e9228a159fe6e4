"""Subcommands that read keys: ``list``, ``show`` and ``check``."""

import argparse
from getpass import getpass
from typing import Any, TextIO

from django.core.management.base import CommandError, CommandParser

from stack_apikeys.management.api_keys import arguments
from stack_apikeys.management.api_keys.lookup import find_api_key, find_api_keys
from stack_apikeys.management.api_keys.subcommand import Subcommand, fields_of, printable
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.secret import Secret
from stack_apikeys.verification import verify_api_key

STATES = ("valid", "expiring", "expired", "revoked")


class List(Subcommand):
    """Lists keys, without keeping them in memory."""

    name = "list"
    help = "List keys: those of users, then those of teams, newest first."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the filters."""
        arguments.add_owner(parser, required=False)
        parser.add_argument("--state", choices=STATES, help="Only keys in this state.")
        parser.add_argument(
            "--unused-since",
            type=arguments.since,
            metavar="WHEN",
            help="Only keys that were not used since then: a duration such as 90d, a day, or a time "
            "in ISO 8601. Needs stack_apikeys.usage.",
        )
        arguments.add_database(parser)

    def handle(self, **options: Any) -> None:
        """Print a line for each key."""
        for api_keys in find_api_keys(options):
            for api_key in _filtered(api_keys, options).iterator():
                self.print_api_key(api_key, as_json=options["json"])


class Show(Subcommand):
    """Shows one key."""

    name = "show"
    help = "Show one key."
    json_help = "Print one JSON object with the key."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the key."""
        parser.add_argument("id", type=arguments.key_name, help=arguments.KEY_HELP)
        arguments.add_database(parser)

    def handle(self, **options: Any) -> None:
        """Print what is known about the key, a line for each field that is set."""
        api_key = find_api_key(options["id"], options["database"])
        if options["json"]:
            self.print_api_key(api_key, as_json=True)
            return
        for name, field in fields_of(api_key).items():
            if field is None or field == "":
                continue
            text = " ".join(field) if isinstance(field, list) else str(field)
            self.print(f"{name:<15} {printable(text)}".rstrip())


class Check(Subcommand):
    """Verifies a key."""

    name = "check"
    help = "Read a key from standard input. Exits with status 1 if it is not valid."
    json_help = "Print one JSON object with the key."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the client's address, and refuse a key among the arguments."""
        parser.add_argument("key", nargs="*", type=arguments.no_key, help=argparse.SUPPRESS)
        parser.add_argument(
            "--address",
            type=arguments.address,
            help="The network address that the key is used from, which a key with networks needs.",
        )

    def handle(self, **options: Any) -> None:
        """Read the value, and print its key if it can be used."""
        api_key = verify_api_key(_read(self.stdin(options)), address=options["address"])
        self.print_api_key(api_key, as_json=options["json"])


def _read(stdin: TextIO) -> Secret:
    """Return the first line, or what is typed at a terminal without being shown."""
    try:
        return Secret(getpass("API key: ") if stdin.isatty() else stdin.readline())
    except (EOFError, UnicodeDecodeError):  # the latter has the bytes
        return Secret("")


def _filtered(api_keys: ApiKeyQuerySet[Any], options: dict[str, Any]) -> ApiKeyQuerySet[Any]:
    if options["state"]:
        api_keys = api_keys.in_state(options["state"])
    if options["unused_since"]:
        try:
            api_keys = api_keys.unused_since(options["unused_since"])
        except LookupError:
            raise CommandError(
                "--unused-since needs stack_apikeys.usage in INSTALLED_APPS."
            ) from None
    return api_keys
