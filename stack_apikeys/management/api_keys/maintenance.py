"""Subcommands to run every day: ``maintain`` and ``prune``."""

import json
import logging
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError
from django.template.defaultfilters import pluralize

from stack_apikeys.maintenance import MaintenanceError, maintain
from stack_apikeys.management.api_keys.subcommand import Subcommand

logger = logging.getLogger("stack_apikeys")


class Prune(Subcommand):
    """Calls ``prune_api_keys()`` of each app."""

    name = "prune"
    help = (
        "Delete what is old in every app: counts of usage after USAGE_RETENTION_DAYS, and records of "
        "e-mails."
    )
    json_help = "Print one JSON object with the number of deleted rows."

    def handle(self, **options: Any) -> None:
        """Delete what is old."""
        configs = [each for each in apps.get_app_configs() if hasattr(each, "prune_api_keys")]
        if not configs:
            raise CommandError("No installed app has anything to prune. See stack_apikeys.usage.")
        deleted = sum(self.follow(each.prune_api_keys(), each.label) for each in configs)
        self.print(
            json.dumps({"deleted": deleted})
            if options["json"]
            else f"Deleted {deleted} row{pluralize(deleted)}."
        )


class Maintain(Subcommand):
    """Calls ``maintain_api_keys()`` of each app, and then ``prune_api_keys()``."""

    name = "maintain"
    help = "Do what is due in every app, and then prune. Run it once a day or more often."
    json_help = (
        "Print one JSON object with how much was done, by app and method. If some of it fails, "
        "'errors' has the reasons."
    )

    def handle(self, **options: Any) -> None:
        """Do the work of all apps. One that fails does not keep the others from theirs."""
        try:
            results = maintain(self.show_progress)
        except MaintenanceError as failure:
            errors = {}
            for error in failure.exceptions:
                work = " ".join(error.__notes__)
                errors[work] = f"{type(error).__name__}: {error}"
                self.tell(f"{work}: {errors[work]}")
                logger.exception("Maintenance failed", exc_info=error)
            self._print_results(failure.results, options, errors=errors)
            raise CommandError(failure.message) from None
        self._print_results(results, options)

    def _print_results(
        self, results: dict[str, int], options: dict[str, Any], **errors: dict[str, str]
    ) -> None:
        if options["json"]:
            self.print(json.dumps({**results, **errors}))
            return
        for work, done in results.items():
            self.print(f"{work}: {done}")
