"""Subcommands to run every day: ``maintain`` and ``prune``."""

import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

from django.apps import apps
from django.core.management.base import CommandError

from stack_apikeys.management.api_keys.subcommand import Subcommand

logger = logging.getLogger("stack_apikeys")


Hook = Callable[[], Iterator[tuple[int, int]]]
"""A method of an AppConfig, which yields how much is done and how much there is to do."""


class Prune(Subcommand):
    """Calls ``prune_api_keys()`` of each app."""

    name = "prune"
    help = "Delete counts of usage that are older than USAGE_RETENTION_DAYS."
    json_help = "Print one JSON object with the number of deleted rows."

    def handle(self, **options: Any) -> None:
        """Delete what is old."""
        hooks = [*_hooks("prune_api_keys")]
        if not hooks:
            raise CommandError("No installed app has anything to prune. See stack_apikeys.usage.")
        deleted = sum(self.follow(hook(), label=f"prune {app}") for app, hook in hooks)
        self.print(
            json.dumps({"deleted": deleted}) if options["json"] else f"Deleted {deleted} rows."
        )


class Maintain(Subcommand):
    """Calls ``maintain_api_keys()`` of each app, and then ``prune_api_keys()``."""

    name = "maintain"
    help = "Do what is due in every app, and then prune. Run it once a day."
    json_help = "Print one JSON object per line for each step."

    def handle(self, **options: Any) -> None:
        """Run each step. One that fails does not keep the others from being run."""
        failed = []
        for what in ("maintain", "prune"):
            for app, hook in _hooks(f"{what}_api_keys"):
                step = f"{what} {app}"
                try:
                    done = self.follow(hook(), label=step)
                except Exception:
                    logger.exception("Failed: %s", step)
                    failed.append(step)
                    continue
                line = {"step": what, "app": app, "done": done}
                self.print(json.dumps(line) if options["json"] else f"{step}: {done}")
        if failed:
            raise CommandError(f"Failed: {', '.join(failed)}. See the log.")


def _hooks(name: str) -> Iterator[tuple[str, Hook]]:
    """Yield the apps that have this method, in the order of ``INSTALLED_APPS``."""
    for config in apps.get_app_configs():
        hook: Hook | None = getattr(config, name, None)
        if hook is not None:
            yield config.name, hook
