"""The regular work of all installed apps: e-mails that are due, keys to revoke, rows to delete.

An app takes part by the methods ``maintain_api_keys()`` and ``prune_api_keys()`` of its AppConfig.
They are generators, which yield after each step how much is done and how much there is.
"""

from collections.abc import Callable

from django.apps import apps

HOOKS = ("maintain_api_keys", "prune_api_keys")
"""The methods, in the order of their calls: what is deleted was of no use to the others."""


class MaintenanceError(ExceptionGroup[Exception]):
    """Some works have failed. Each exception has the name of its work as a note."""

    results: dict[str, int]
    """How much of each work was done nevertheless."""


Report = Callable[[str, int, int], None]
"""A function that is told of progress: which work it is, how much is done, and how much there is."""


def maintain(report: Report = lambda _work, _done, _total: None) -> dict[str, int]:
    """Do the work of all apps; return how much of each was done.

    The names of the works are those of the apps and methods, such as
    ``"stack_apikeys_usage.prune_api_keys"``. If one fails, the others are done nevertheless, and a
    `MaintenanceError` with all exceptions is raised in the end.
    """
    results = {}
    failures = []
    for hook in HOOKS:
        for config in apps.get_app_configs():
            if not hasattr(config, hook):
                continue
            work = f"{config.label}.{hook}"
            done = 0
            try:
                for done, total in getattr(config, hook)():  # the last is the result
                    report(work, done, total)
            except Exception as error:  # noqa: BLE001  # raised below, with the others
                error.add_note(work)
                failures.append(error)
            results[work] = done
    if failures:
        failure = MaintenanceError("The maintenance of API keys has failed in part.", failures)
        failure.results = results
        raise failure
    return results
