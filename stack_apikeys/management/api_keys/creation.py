"""Subcommands that make keys, and print their values: ``create`` and ``rotate``."""

import json
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from stack_apikeys.management.api_keys import arguments
from stack_apikeys.management.api_keys.lookup import find_api_key, find_owner
from stack_apikeys.management.api_keys.subcommand import Subcommand, fields_of
from stack_apikeys.models import ApiKey
from stack_apikeys.rates import UNLIMITED

EXPIRY_HELP = "a duration such as 90d, a day, which is the key's last one, or a time in ISO 8601"


class MakesKeys(Subcommand):
    """Prints the value of a new key, alone, so that a script can take it."""

    json_help = "Print one JSON object with the key and its value."

    def print_new(self, api_key: ApiKey, value: str, about: str, *, as_json: bool) -> None:
        """Print the value to standard output, and what it is of to standard error."""
        text = json.dumps({**fields_of(api_key), "value": value}) if as_json else value
        try:
            self.print(text)
            self.command.stdout.flush()
        except OSError:
            self.tell(f"{about} Its value could not be written, and is lost. Revoke the key.")
            raise
        if not as_json:
            self.tell(f"{about} Its value cannot be shown again.")


class Create(MakesKeys):
    """Creates a key."""

    name = "create"
    help = "Create a key and print its value, which is shown once and never stored."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the owner, and what the key is and may do."""
        arguments.add_owner(parser, required=True)
        parser.add_argument(
            "--description", type=arguments.description, default="", help="What the key is for."
        )
        parser.add_argument(
            "--expires",
            type=arguments.expiry,
            metavar="WHEN",
            help=f"When the key expires: {EXPIRY_HELP}. By default, it never does.",
        )
        arguments.add_limits(parser)
        parser.add_argument("--public", action="store_true", help="Create a public key (pk_…).")
        arguments.add_database(parser)

    def handle(self, **options: Any) -> None:
        """Create the key and print its value."""
        model, owner = find_owner(options)
        rates = options["rates"]
        created: tuple[ApiKey, str] = model.objects.db_manager(options["database"]).create_key(
            description=options["description"],
            expires_at=options["expires"],
            is_public=options["public"],
            scopes=options["scopes"],
            networks=options["networks"],
            rates=UNLIMITED if rates == [UNLIMITED] else rates,
            **owner,
        )
        api_key, value = created
        about = f"Created key {api_key.pk}."
        self.print_new(api_key, value, about, as_json=options["json"])


class Rotate(MakesKeys):
    """Gives a key a successor."""

    name = "rotate"
    help = "Create the successor of a key and print its value. The old key ends, now or later."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the key, and when it and its successor end."""
        parser.add_argument("id", type=arguments.key_name, help=arguments.KEY_HELP)
        parser.add_argument(
            "--overlap",
            type=arguments.duration,
            default=timedelta(0),
            help="How long the old key goes on working, such as 24h. By default, it ends at once.",
        )
        parser.add_argument(
            "--expires",
            type=arguments.expiry,
            default=...,
            metavar="WHEN",
            help=f"When the new key expires: {EXPIRY_HELP}, or never. By default, after as long as "
            "the old key was made for.",
        )
        arguments.add_database(parser)

    def handle(self, **options: Any) -> None:
        """Rotate the key and print the value of its successor."""
        api_key = find_api_key(options["id"], options["database"])
        new_key, value = api_key.rotate(overlap=options["overlap"], expires_at=options["expires"])
        about = f"Created key {new_key.pk}, the successor of {api_key.pk}."
        self.print_new(new_key, value, about, as_json=options["json"])
