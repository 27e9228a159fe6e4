"""The project's user or team model may be created by any migration of any app."""

import sys
from textwrap import dedent

import pytest
from django.db import migrations

from stack_apikeys._database.swappable_migrations import SwappableMigration, find_creation
from tests.host_project import HostProject

pytestmark = pytest.mark.long

TEAM = """
from django.db import models

class Note(models.Model):
    pass

class Organization(models.Model):
    pass
"""

USER = """
from django.contrib.auth.models import AbstractBaseUser
from django.db import models

class Note(models.Model):
    pass

class Person(AbstractBaseUser):
    email = models.EmailField(unique=True)
    USERNAME_FIELD = "email"
"""

MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = {dependencies}
    replaces = {replaces}
    operations = [{operations}]
"""

ID = """('id', models.BigAutoField(
    auto_created=True, primary_key=True, serialize=False, verbose_name='ID'
))"""

PERSON = f"""
        {ID},
        ('password', models.CharField(max_length=128, verbose_name='password')),
        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
        ('email', models.EmailField(max_length=254, unique=True)),
"""

HOSTS_OWN_TEST = """
from django.test import TestCase

class Migrated(TestCase):
    def test_the_model_has_its_table(self):
        from django.apps import apps
        from stack_apikeys.models import {kind}ApiKey
        owner = {kind}ApiKey.owner_model().objects.create()
        {kind}ApiKey.objects.create_key({field}=owner)
        self.assertEqual({kind}ApiKey.objects.get().owner, owner)
"""


def create(name):
    return f"migrations.CreateModel('{name}', fields=[{PERSON if name == 'Person' else ID}])"


def migration(*operations, after=(), replaces=()):
    return MIGRATION.format(
        dependencies=list(after), replaces=list(replaces), operations=", ".join(operations)
    )


@pytest.mark.parametrize("position", ["first", "later"])
@pytest.mark.parametrize("label", ["aaa", "zzz"])
@pytest.mark.parametrize("model", ["Organization", "Person"])
def test_a_project_with_its_own_model_migrates_an_empty_database(tmp_path, label, position, model):
    project = HostProject(tmp_path)
    setting, kind, source = {
        "Organization": ("STACK_APIKEYS_TEAM_MODEL", "Team", TEAM),
        "Person": ("AUTH_USER_MODEL", "User", USER),
    }[model]
    first, second = ("Note", model) if position == "later" else (model, "Note")
    project.write(
        {
            f"{label}/models.py": source,
            f"{label}/migrations/0001_initial.py": migration(create(first)),
            f"{label}/migrations/0002_more.py": migration(
                create(second), after=[(label, "0001_initial")]
            ),
            f"{label}/tests.py": HOSTS_OWN_TEST.format(kind=kind, field=kind.lower()),
        }
    )
    project.configure(f"""
        INSTALLED_APPS.append("{label}")
        {setting} = "{label}.{model}"
        DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
        SILENCED_SYSTEM_CHECKS = ["stack_apikeys_teams.E004"]  # no adapter is needed here
    """)
    project.manage("makemigrations", "--check")
    project.manage("migrate", "-v0")
    assert "OK" in project.manage("test", label)


# Which migration creates the model -------------------------------------------------------------------------


@pytest.fixture
def app_with(tmp_path, monkeypatch, settings):
    """A function that installs the app "odd" with these migrations, and returns what finds one."""
    monkeypatch.syspath_prepend(tmp_path)

    def app_with(model="Team", **files):
        folder = tmp_path / "odd" / "migrations"
        folder.mkdir(parents=True)
        (tmp_path / "odd" / "__init__.py").touch()
        for name, text in {"__init__": "", **files}.items():
            (folder / f"{name}.py").write_text(dedent(text))
        settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "odd"]
        return find_creation("odd", model)

    yield app_with
    for name in [name for name in sys.modules if name.split(".")[0] == "odd"]:
        del sys.modules[name]


def test_a_renamed_model_depends_on_the_renaming(app_with):
    assert (
        app_with(
            m1=migration(create("Group")),
            m2=migration("migrations.RenameModel('Group', 'Team')", after=[("odd", "m1")]),
            m3=migration(create("Note"), after=[("odd", "m2")]),
        )
        == "m2"
    )


def test_a_model_that_was_moved_from_another_app_depends_on_the_move(app_with):
    moved = f"migrations.SeparateDatabaseAndState(state_operations=[{create('Team')}])"
    assert (
        app_with(m1=migration(create("Note")), m2=migration(moved, after=[("odd", "m1")])) == "m2"
    )


def test_a_model_that_was_created_again_depends_on_the_last_creation(app_with):
    assert (
        app_with(
            z1=migration(create("Team")),
            b1=migration("migrations.DeleteModel('Team')", after=[("odd", "z1")]),
            a2=migration(create("Team"), after=[("odd", "b1")]),
        )
        == "a2"
    )


def test_a_squashed_migration_does_not_hide_those_that_it_replaces(app_with):
    squashed = [("odd", "m1"), ("odd", "m2")]
    assert (
        app_with(
            m1=migration(create("Note")),
            m2=migration(create("Team"), after=[("odd", "m1")]),
            m3_squashed=migration(create("Note"), create("Team"), replaces=squashed),
        )
        == "m2"
    )


def test_a_squashed_migration_replaces_those_that_were_removed(app_with):
    squashed = [("odd", "m1"), ("odd", "m2")]
    assert (
        app_with(
            m1_squashed=migration(create("Note"), create("Team"), replaces=squashed),
            m3=migration(create("Other"), after=[("odd", "m1_squashed")]),
        )
        == "m1_squashed"
    )


def test_a_migration_after_a_squashed_one_comes_after_those_that_it_replaces(app_with):
    assert (
        app_with(
            m1=migration(create("Team")),
            m2=migration("migrations.RenameModel('Team', 'Group')", after=[("odd", "m1")]),
            m2_squashed=migration(create("Group"), replaces=[("odd", "m1"), ("odd", "m2")]),
            m3=migration("migrations.RenameModel('Group', 'Team')", after=[("odd", "m2_squashed")]),
        )
        == "m3"
    )


def test_a_model_that_no_migration_creates_is_not_found(app_with):
    assert app_with(m1=migration(create("Note")), notes="", _private="raise ValueError") is None


@pytest.mark.parametrize("module", [None, "no_such_module"])
def test_an_app_whose_migrations_are_disabled_has_none(app_with, settings, module):
    settings.MIGRATION_MODULES = {"odd": module}
    assert app_with(m1=migration(create("Team"))) is None


def test_migrations_may_be_in_another_package(app_with, settings, tmp_path):
    settings.MIGRATION_MODULES = {"odd": "odd.migrations"}
    assert app_with(m1=migration(create("Team"))) == "m1"


def test_an_app_without_migrations_or_one_that_is_not_installed_has_none():
    assert find_creation("rest_framework", "Team") is None
    assert find_creation("no_such_app", "Team") is None


def test_the_dependency_is_found_again_whenever_migrations_are_loaded(app_with, settings):
    class Ours(SwappableMigration):
        dependencies = [migrations.swappable_dependency("odd.Team"), ("auth", "0001_initial")]

    app_with(m1=migration(create("Note")), m2=migration(create("Team")))
    assert Ours("0001", "ours").dependencies == [("odd", "m2"), ("auth", "0001_initial")]
    assert Ours("0001", "odd").dependencies[0] == ("odd", "__first__")
    settings.MIGRATION_MODULES = {"odd": None}
    assert Ours("0001", "ours").dependencies[0] == ("odd", "__first__")
