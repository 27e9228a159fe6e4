"""The base class of the subcommands, and what they print."""

import json
import sys
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, ClassVar, TextIO

from django.core.management.base import BaseCommand, CommandError, CommandParser

from stack_apikeys.models import ApiKey

WRONG_USAGE = 2
"""The exit status of a command that cannot be understood, as that of argparse."""

_COLUMNS = ("id", "status", "key", "kind", "owner", "created_at", "expires_at")

_BAR = 30


class UsageError(CommandError):
    """The arguments do not fit together."""

    def __init__(self, text: str) -> None:
        super().__init__(text, returncode=WRONG_USAGE)


class Subcommand:
    """A subcommand. What is asked for goes to standard output, everything else to standard error."""

    name: ClassVar[str]
    help: ClassVar[str]
    json_help: ClassVar[str] = "Print one JSON object per line for each key."

    def __init__(self, command: BaseCommand) -> None:
        self.command = command

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the arguments of this subcommand, beside ``--json``."""

    def handle(self, **options: Any) -> None:
        """Run the subcommand. Raises CommandError for everything that goes wrong."""
        raise NotImplementedError

    def stdin(self, options: dict[str, Any]) -> TextIO:
        """Return standard input, or the stream that a caller has passed instead."""
        return options.get("stdin") or sys.stdin

    def print(self, text: str) -> None:
        """Write a line to standard output."""
        self.command.stdout.write(text)

    def tell(self, text: str, *, ending: str = "\n") -> None:
        """Write to standard error, without the colour of errors."""
        self.command.stderr.write(text, style_func=str, ending=ending)

    def print_api_key(self, api_key: ApiKey, *, as_json: bool) -> None:
        """Print a key as a line: its fields in JSON, or the most important ones between tabs."""
        fields = fields_of(api_key)
        if as_json:
            self.print(json.dumps(fields))
            return
        cells = [fields[name] or "-" for name in _COLUMNS]
        self.print("\t".join([*cells, printable(api_key.description)]).rstrip())

    def follow(self, steps: Iterable[tuple[int, int]], label: str) -> int:
        """Run the steps, show their progress, and return how much was done.

        A step is how much is done, and how much there is to do.
        """
        done = 0
        for done, total in steps:
            self.show_progress(label, done, total)
        return done

    def show_progress(self, label: str, done: int, total: int) -> None:
        """Show how much is done, on a terminal only."""
        if not self.command.stderr.isatty():
            return
        total = max(done, total)
        filled = _BAR * done // total if total else _BAR
        bar = "#" * filled + "." * (_BAR - filled)
        ending = "\n" if done == total else ""
        self.tell(f"\r{label} [{bar}] {done} of {total}", ending=ending)


def fields_of(api_key: ApiKey) -> dict[str, Any]:
    """Return everything about the key that can be shown."""
    return {
        "id": str(api_key.pk),
        "kind": api_key.KIND,
        "owner": str(api_key.owner_id),
        "key": api_key.masked,
        "description": api_key.description,
        "is_public": api_key.is_public,
        "status": api_key.status,
        "scopes": api_key.scopes,
        "networks": api_key.networks,
        "rates": api_key.rates,
        "created_at": _moment(api_key.created_at),
        "created_by": _text(api_key.created_by_id),
        "expires_at": _moment(api_key.expires_at),
        "rotated_from": _text(api_key.rotated_from_id),
        "revoked_at": _moment(api_key.manually_revoked_at),
        "revoked_by": _text(api_key.revoked_by_id),
        "revoked_reason": api_key.revoked_reason,
    }


def printable(text: str) -> str:
    """Replace the characters that would control a terminal."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else None


def _text(primary_key: Any) -> str | None:
    return None if primary_key is None else str(primary_key)
