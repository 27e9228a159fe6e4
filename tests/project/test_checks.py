"""What the system checks report about the project, its databases and the peppers of keys."""

import re

import pytest
from django.core.checks import Tags
from django.db import connection

from stack_apikeys.checks import check_peppers_of_keys
from tests import ROOT
from tests.checks import STRONG, ids, manage
from tests.factories import TeamFactory, UserFactory
from tests.project.test_checks_of_settings import HalfAnAdapter


class GroupAdapter(HalfAnAdapter):
    """Takes Django's groups for teams."""

    def teams_of(self, user):
        return user.groups.all()

    def is_member(self, user, team):
        return user.groups.filter(pk=team.pk).exists()

    def has_permission(self, user, team, permission_id):
        return self.is_member(user, team)

    def users_with_permission(self, team, permission_id):
        return team.user_set.all()

    def display_name(self, team):
        return team.name


def test_every_id_is_in_a_test():
    form = re.compile(r"stack_apikeys(?:_teams)?\.[EW][0-9]{3}")
    package = ROOT / "stack_apikeys"
    sources = [*package.rglob("checks.py"), *package.rglob("checks/*.py")]
    known = {each for source in sources for each in form.findall(source.read_text())}
    tests = "".join(test.read_text() for test in (ROOT / "tests").rglob("*.py"))
    assert known == set(form.findall(tests))


def test_an_engine_that_may_serve_several_tenants_switches_the_cache_off(configure, monkeypatch):
    monkeypatch.setitem(connection.settings_dict, "ENGINE", "tenants.backend")
    configure(VERIFICATION_CACHE_SECONDS=0)
    assert ids() == set()
    configure(VERIFICATION_CACHE_SECONDS=60)
    assert ids() == {"stack_apikeys.W040"}


def test_a_database_that_cannot_prepare_the_verification_is_told(configure, monkeypatch):
    monkeypatch.setattr(connection, "vendor", "mysql")
    assert ids() == set()
    configure(PREPARE_VERIFICATION=True)
    assert ids() == {"stack_apikeys.W041"}


def test_a_project_without_aware_times_is_told(settings):
    settings.USE_TZ = False
    assert ids() == {"stack_apikeys.E011"}


@pytest.mark.parametrize("label", ["orgs.Organization", "Organization"])
def test_a_team_model_that_is_not_installed_is_told(settings, label):
    settings.STACK_APIKEYS_TEAM_MODEL = label
    assert ids() == {"stack_apikeys.E012"}


def test_a_project_without_any_teams_is_told(settings):
    settings.INSTALLED_APPS = [
        app for app in settings.INSTALLED_APPS if app != "stack_apikeys.teams"
    ]
    assert "stack_apikeys.E013" in ids()


def test_a_team_model_that_the_adapter_does_not_know_is_told(settings):
    settings.STACK_APIKEYS_TEAM_MODEL = "auth.Group"
    assert ids() == {"stack_apikeys_teams.E004", "stack_apikeys_sdk.W001"}


def test_teams_that_are_installed_for_nothing_are_told(settings, configure):
    settings.STACK_APIKEYS_TEAM_MODEL = "auth.Group"
    configure(TEAM_ADAPTER="tests.project.test_checks.GroupAdapter")
    assert ids() == {"stack_apikeys_teams.W002", "stack_apikeys_sdk.W001"}


@pytest.mark.parametrize(
    "host", ["example_project", "tests.hosts.clubs", "tests.hosts.organizations"]
)
def test_each_project_of_ours_is_clean(host):
    check = manage("check", "--fail-level=DEBUG", f"--settings={host}.settings")
    assert check.returncode == 0, check.stderr


@pytest.mark.django_db
def test_a_pepper_that_valid_keys_need_is_missed(configure, django_assert_num_queries):
    configure(PEPPERS={7: STRONG})
    for _each in range(3):
        UserFactory().api_keys.create_key()
    configure(PEPPERS={8: STRONG})
    team_key, _value = TeamFactory().api_keys.create_key()
    configure(PEPPERS={9: STRONG})
    with django_assert_num_queries(6):  # a query and a savepoint's two for each table
        found = check_peppers_of_keys(databases=["default"])
    assert [message.id for message in found] == ["stack_apikeys.E017"] * 2
    assert "no pepper 7" in found[0].msg
    assert "no pepper 8" in found[1].msg

    configure(PEPPERS={7: STRONG})
    team_key.revoke()
    assert ids(Tags.database, databases=["default"]) == set()


@pytest.mark.django_db
def test_a_pepper_that_came_later_is_not_missed_by_older_keys(configure):
    configure(PEPPERS={})
    UserFactory().api_keys.create_key()
    configure(PEPPERS={1: STRONG})
    assert ids(Tags.database, databases=["default"]) == set()


@pytest.mark.django_db
def test_a_database_is_asked_only_where_django_names_it(configure, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert ids() == set()
        configure(PEPPERS=[])
        assert check_peppers_of_keys(databases=["default"]) == []


@pytest.mark.django_db(transaction=True)
def test_a_database_without_tables_is_no_trouble():
    tables = ["stack_apikeys_userapikey", "stack_apikeys_teamapikey"]
    with connection.schema_editor() as editor:
        for table in tables:
            editor.alter_db_table(None, table, f"{table}_away")
    try:
        assert ids(Tags.database, databases=["default"]) == set()
    finally:
        with connection.schema_editor() as editor:
            for table in tables:
                editor.alter_db_table(None, f"{table}_away", table)
