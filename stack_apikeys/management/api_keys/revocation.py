"""The subcommand ``revoke``."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError, CommandParser
from django.template.defaultfilters import pluralize

from stack_apikeys.management.api_keys import arguments
from stack_apikeys.management.api_keys.lookup import find_api_key, find_api_keys
from stack_apikeys.management.api_keys.subcommand import Subcommand, UsageError
from stack_apikeys.models import ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet

AT_A_TIME = 1_000
"""The number of keys that one transaction revokes, so that the progress can be shown."""


class Revoke(Subcommand):
    """Revokes keys by their names, or all valid keys of an owner."""

    name = "revoke"
    help = "Revoke keys. This cannot be undone."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the keys, or their owner, and the reason."""
        parser.add_argument("ids", nargs="*", type=arguments.key_name, help=arguments.KEY_HELP)
        parser.add_argument(
            "--all", action="store_true", help="Revoke all valid keys of the user or team."
        )
        arguments.add_owner(parser, required=False)
        parser.add_argument(
            "--reason",
            type=arguments.reason,
            default="",
            help="The reason, which is stored with each key.",
        )
        parser.add_argument("--yes", action="store_true", help="Do not ask before revoking --all.")
        arguments.add_database(parser)

    def handle(self, **options: Any) -> None:
        """Revoke the keys, and print them."""
        has_owner = options["user"] is not None or options["team"] is not None
        if options["all"] and not options["ids"] and has_owner:
            self._revoke_all(options)
        elif options["ids"] and not options["all"] and not has_owner:
            self._revoke_some(options)
        else:
            raise UsageError("Name the keys to revoke, or enter --all and either --user or --team.")

    def _revoke_some(self, options: dict[str, Any]) -> None:
        """Revoke the named keys, once all of them are found."""
        found = [find_api_key(name, options["database"]) for name in options["ids"]]
        for api_key in dict.fromkeys(found):
            row = type(api_key).objects.using(options["database"]).filter(pk=api_key.pk)
            revoked = row.revoke_each(reason=options["reason"])
            self.print_api_key((revoked or [*row] or [api_key])[0], as_json=options["json"])
            if not revoked and not options["json"]:
                self.tell(f"Key {api_key.pk} had already been revoked. It was not changed.")

    def _revoke_all(self, options: dict[str, Any]) -> None:
        """Revoke the valid keys of an owner, some at a time."""
        [api_keys] = find_api_keys(options)
        ids = [*api_keys.valid().values_list("pk", flat=True)]
        if ids and not options["yes"]:
            self._confirm(len(ids), options)
        revoked: list[ApiKey] = []
        self.follow(self._revoke_each(api_keys, ids, options["reason"], revoked), "Revoking")
        for api_key in revoked:
            self.print_api_key(api_key, as_json=options["json"])
        if not options["json"]:
            self.tell(f"Revoked {_keys(len(revoked))}.")

    def _revoke_each(
        self, api_keys: ApiKeyQuerySet[Any], ids: list[Any], reason: str, revoked: list[ApiKey]
    ) -> Iterator[tuple[int, int]]:
        for start in range(0, len(ids), AT_A_TIME):
            some = ids[start : start + AT_A_TIME]
            revoked += api_keys.filter(pk__in=some).revoke_each(reason=reason)
            yield start + len(some), len(ids)

    def _confirm(self, number: int, options: dict[str, Any]) -> None:
        stdin = self.stdin(options)
        if not stdin.isatty():
            raise UsageError(
                f"This revokes {_keys(number)}. Enter --yes to do so without a question."
            )
        self.tell(f"Revoke {_keys(number)}? This cannot be undone. [y/N] ", ending="")
        self.command.stderr.flush()
        if stdin.readline().strip().lower() not in {"y", "yes"}:
            raise CommandError("Nothing was revoked.")


def _keys(number: int) -> str:
    return f"{number} key{pluralize(number)}"
