"""Migrations that run after the migration that creates the project's user or team model.

Django's `swappable_dependency` depends on the *first* migration of the model's app. That is not
enough if a later migration creates the model: on an empty database, the alphabetical order of the
apps' labels then decides whether that migration has run.
"""

from importlib import import_module
from pkgutil import iter_modules

from django.db.migrations import CreateModel, Migration, RenameModel, SeparateDatabaseAndState
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import SwappableTuple
from django.db.migrations.operations.base import Operation


class SwappableMigration(Migration):
    """A migration whose swappable dependencies name the migration that creates the model."""

    def __init__(self, name: str, app_label: str) -> None:
        super().__init__(name, app_label)
        # Django itself sets the attribute here, with a copy of the class's list.
        self.dependencies = [*map(self._make_precise, self.dependencies)]  # type: ignore[misc]

    def _make_precise(self, dependency: tuple[str, str]) -> tuple[str, str]:
        if not isinstance(dependency, SwappableTuple):
            return dependency
        app_label, _dot, model_name = dependency.setting.partition(".")
        if app_label == self.app_label:
            return dependency
        name = find_creation(app_label, model_name)
        return dependency if name is None else (app_label, name)


def find_creation(app_label: str, model_name: str) -> str | None:
    """Return the name of the migration that creates the model under this name, or None.

    Returns None if the app has no migrations, as with ``MIGRATION_MODULES = {app_label: None}``, or
    if none of them creates the model.
    """
    migrations = _migrations_of(app_label)
    found = [
        name
        for name, migration in migrations.items()
        if any(_creates(operation, model_name.lower()) for operation in migration.operations)
    ]
    # Django accepts a dependency on a squashed migration or on those that it replaces. Otherwise the
    # last one counts, because earlier ones may be followed by a RenameModel or DeleteModel.
    return max(
        found,
        key=lambda name: (
            not migrations[name].replaces,
            len(_before(name, app_label, migrations)),
            name,
        ),
        default=None,
    )


def _migrations_of(app_label: str) -> dict[str, type[Migration]]:
    """Return the app's migrations by name, found in the same way as by Django's `MigrationLoader`."""
    try:
        package_name, _explicit = MigrationLoader.migrations_module(app_label)
        package = import_module(package_name) if package_name else None
    except (LookupError, ModuleNotFoundError):
        return {}  # the app is not installed, or has no migrations
    path = getattr(package, "__path__", None)
    if not isinstance(path, list):
        return {}  # Django ignores a namespace package
    modules = {
        name: import_module(f"{package_name}.{name}")
        for _finder, name, is_package in iter_modules(path)
        if not is_package and name[0] not in "_~"
    }
    return {
        name: module.Migration for name, module in modules.items() if hasattr(module, "Migration")
    }


def _creates(operation: Operation, model_name: str) -> bool:
    match operation:
        case CreateModel():
            return operation.name_lower == model_name
        case RenameModel():
            return operation.new_name_lower == model_name
        case SeparateDatabaseAndState():
            return any(_creates(each, model_name) for each in operation.state_operations)
    return False


def _before(name: str, app_label: str, migrations: dict[str, type[Migration]]) -> set[str]:
    """Return the names of the app's migrations that come before this one."""
    before: set[str] = set()
    waiting = [name]
    while waiting:
        migration = migrations[waiting.pop()]
        for needed_label, needed in [*migration.dependencies, *migration.replaces]:
            if needed_label == app_label and needed in migrations and needed not in before:
                before.add(needed)
                waiting.append(needed)
    return before
