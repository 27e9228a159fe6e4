"""``manage.py api_keys``: create, check, list, show and revoke keys from a shell."""

import argparse
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from getpass import getpass
from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db.models import Model, Q
from django.utils import timezone

from stack_apikeys._database.primary_keys import UNSTORABLE, parse_primary_key
from stack_apikeys.exceptions import StackApiKeysError
from stack_apikeys.maintenance import maintain
from stack_apikeys.models import MODELS, ApiKey, TeamApiKey, UserApiKey
from stack_apikeys.models.querysets import condition_for_name
from stack_apikeys.scanning import holds_a_secret
from stack_apikeys.secret import Secret
from stack_apikeys.verification import verify_api_key

MOST_DAYS = 36_500

BAR_WIDTH = 40
"""The width of a progress bar, in characters."""


class Command(BaseCommand):
    """Subcommands that manage keys from a shell on the server.

    The site's policy does not apply, because a person with this shell has the database. Only
    ``create`` prints the value of a key, and only ``check`` reads one, from standard input.
    """

    help = "Creates, checks, lists, shows and revokes API keys."
    stealth_options = ("stdin",)

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the subcommands."""
        commands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")

        create = commands.add_parser(
            "create", help="Create a key and print its value, which is shown once and never stored."
        )
        _add_owner(create, required=True)
        create.add_argument("--description", default="", help="What the key is for.")
        create.add_argument(
            "--days", type=_days, help="Days until the key expires. By default, it never does."
        )
        create.add_argument("--public", action="store_true", help="Create a public key (pk_…).")

        commands.add_parser(
            "check", help="Read a key from standard input. Exits with status 1 if it is not valid."
        )

        listing = commands.add_parser("list", help="List keys, newest first.")
        _add_owner(listing, required=False)
        listing.add_argument("--status", choices=["valid", "expired", "revoked"])

        show = commands.add_parser("show", help="Show one key.")
        show.add_argument("id", help="The key's id, or its masked form, such as sk_…ab12.")

        revoke = commands.add_parser("revoke", help="Revoke one key. This cannot be undone.")
        revoke.add_argument("id", help="The key's id, or its masked form, such as sk_…ab12.")
        revoke.add_argument(
            "--reason", default="", help="The reason, which is stored with the key."
        )

        commands.add_parser(
            "prune", help="Delete counts of usage that are older than USAGE_RETENTION_DAYS."
        )

        commands.add_parser(
            "maintain",
            help="Send reminders, revoke idle keys, and prune. Run it once a day or more often.",
        )

        for each in commands.choices.values():
            each.add_argument(
                "--json", action="store_true", help="Print one JSON object per line for each key."
            )

    def handle(self, *, subcommand: str, **options: Any) -> None:
        """Run the subcommand. Raises CommandError for everything that goes wrong."""
        for name, text in options.items():
            # A shell passes any bytes. What is not UTF-8 arrives as surrogates.
            if isinstance(text, str) and UNSTORABLE.search(text):
                raise CommandError(f"{name} contains characters that cannot be stored.")
        try:
            getattr(self, f"_{subcommand}")(**options)
        except StackApiKeysError as error:
            raise CommandError(f"{error.code}: {error.message}") from None
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from None

    def _create(self, **options: Any) -> None:
        model, its_owner = _find_owner(options)
        days = options["days"]
        api_key, value = model.objects.create_key(
            description=options["description"],
            is_public=options["public"],
            # Calendar days: the same time of day, also across a change to or from daylight saving time.
            expires_at=days and (timezone.localtime() + timedelta(days=days)).astimezone(UTC),
            **its_owner,
        )
        if options["json"]:
            self.stdout.write(json.dumps({**_fields(api_key), "value": value}))
            return
        self.stdout.write(value)
        self.stderr.write(f"Created key {api_key.pk}. Its value cannot be shown again.")

    def _check(self, **options: Any) -> None:
        stdin = options.get("stdin") or sys.stdin
        value = Secret(getpass("API key: ") if stdin.isatty() else stdin.readline())
        self._print(verify_api_key(value), **options)

    def _prune(self, **options: Any) -> None:
        prunes = [
            config.prune_api_keys()
            for config in apps.get_app_configs()
            if hasattr(config, "prune_api_keys")
        ]
        if not prunes:
            raise CommandError("No installed app has anything to prune. See stack_apikeys.usage.")
        deleted = sum(self._run_to_its_end(prune) for prune in prunes)
        text = json.dumps({"deleted": deleted}) if options["json"] else f"Deleted {deleted} rows."
        self.stdout.write(text)

    def _run_to_its_end(self, prune: Iterator[tuple[int, int]]) -> int:
        """Return how many rows were deleted. On a terminal, show a progress bar."""
        deleted = 0
        is_watched = self.stderr.isatty()
        for deleted, total in prune:
            if is_watched:
                done = "." * (BAR_WIDTH * deleted // total)
                self.stderr.write(f"\r[{done:<{BAR_WIDTH}}] {deleted} of {total} rows", ending="")
        if is_watched and deleted:
            self.stderr.write("")  # ends the line
        return deleted

    def _maintain(self, **options: Any) -> None:
        def report(work: str, done: int, total: int) -> None:
            if self.stderr.isatty():
                self.stderr.write(f"\r{work}: {done} of {total}", ending="")

        try:
            results = maintain(report)
        except ExceptionGroup as group:
            for error in group.exceptions:
                self.stderr.write(f"{' '.join(error.__notes__)}: {type(error).__name__}: {error}")
            raise CommandError(group.message) from None
        if options["json"]:
            self.stdout.write(json.dumps(results))
            return
        for work, done in results.items():
            self.stdout.write(f"{work}: {done}")

    def _list(self, **options: Any) -> None:
        models = list(MODELS.values())
        its_owner: dict[str, Any] = {}
        if options["user"] is not None or options["team"] is not None:
            model, its_owner = _find_owner(options)
            models = [model]
        for model in models:
            api_keys = model.objects.filter(**its_owner)
            if options["status"]:
                api_keys = api_keys.in_state(options["status"])
            for api_key in api_keys.iterator():
                self._print(api_key, **options)

    def _show(self, **options: Any) -> None:
        self._print(_find_api_key(options["id"]), **options)

    def _revoke(self, **options: Any) -> None:
        api_key = _find_api_key(options["id"])
        api_key.revoke(reason=options["reason"])
        self._print(api_key, **options)

    def _print(self, api_key: ApiKey, **options: Any) -> None:
        fields = _fields(api_key)
        if options["json"]:
            self.stdout.write(json.dumps(fields))
            return
        columns = ("id", "status", "key", "kind", "owner", "created_at", "expires_at")
        cells = [fields[name] or "-" for name in columns]
        self.stdout.write("\t".join([*cells, _printable(api_key.description)]).rstrip())


def _add_owner(parser: argparse.ArgumentParser, *, required: bool) -> None:
    owner = parser.add_mutually_exclusive_group(required=required)
    owner.add_argument("--user", help="The user's e-mail address, user name or primary key.")
    owner.add_argument("--team", help="The team's primary key.")


def _days(text: str) -> int:
    days = int(text)
    if not 1 <= days <= MOST_DAYS:
        raise argparse.ArgumentTypeError(f"choose 1 to {MOST_DAYS} days")
    return days


def _find_owner(options: dict[str, Any]) -> tuple[type[ApiKey], dict[str, Any]]:
    """Return the model, and a dictionary with the user or team that the options name."""
    if options["team"] is not None:
        return TeamApiKey, {"team": TeamApiKey.get_owner(options["team"])}
    return UserApiKey, {"user": _find_user(options["user"])}


def _find_user(text: str) -> Model:
    users = get_user_model()._default_manager
    columns = {field.name for field in users.model._meta.fields}
    conditions = Q(**{users.model.USERNAME_FIELD: text})
    email = users.model.get_email_field_name()
    if email in columns:
        conditions |= Q(**{f"{email}__iexact": text})
    primary_key = parse_primary_key(users.model, text)
    if primary_key is not None:
        conditions |= Q(pk=primary_key)
    found = list(users.filter(conditions)[:2])
    if len(found) != 1:
        how_many = "No user" if not found else "More than one user"
        raise CommandError(f"{how_many} has this e-mail address, user name or primary key.")
    return found[0]


def _find_api_key(text: str) -> ApiKey:
    """Return the key with this id or masked form."""
    if holds_a_secret(text):
        raise CommandError(
            "This looks like a key. Other users of this machine can see arguments, and the "
            "shell's history keeps them. If the key is real, revoke it by its id."
        )
    condition = condition_for_name(text)
    if condition is None:
        raise CommandError("Enter the key's id, or its masked form, such as sk_…ab12.")
    found = [each for model in MODELS.values() for each in model.objects.filter(condition)[:2]]
    if len(found) != 1:
        how_many = "No key has" if not found else "More than one key has"
        raise CommandError(f"{how_many} this id or masked form.")
    return found[0]


def _fields(api_key: ApiKey) -> dict[str, Any]:
    """Return everything about the key that can be shown."""
    return {
        "id": str(api_key.pk),
        "kind": api_key.KIND,
        "owner": str(api_key.owner_id),
        "key": api_key.masked,
        "description": api_key.description,
        "is_public": api_key.is_public,
        "status": api_key.status,
        "created_at": _moment(api_key.created_at),
        "expires_at": _moment(api_key.expires_at),
        "revoked_at": _moment(api_key.manually_revoked_at),
        "revoked_reason": api_key.revoked_reason,
    }


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else None


def _printable(text: str) -> str:
    """Replace the characters that would control a terminal."""
    return "".join(each if each.isprintable() else "\ufffd" for each in text)
