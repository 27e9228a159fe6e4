"""A wrong configuration is told before a request fails of it, and none of its secrets with it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.checks import Tags, run_checks
from django.db import connection, connections

import stack_apikeys
from stack_apikeys.adapters import TeamAdapter
from tests.factories import TeamFactory, UserFactory

ROOT = Path(stack_apikeys.__file__).resolve().parent.parent

STRONG = "q7Zf2Lw9Xb4Tn6Rc1Vm8Ks3Hj5Yd0PgAe"

SECRET = "hush"

WRONG_SETTINGS = [
    ("stack_apikeys.E001", {"PEPPER": {}}),
    ("stack_apikeys.E002", {"PEPPERS": [SECRET]}),
    ("stack_apikeys.E002", {"SECRET_SERVER_KEYS": SECRET}),
    ("stack_apikeys.E002", {"MAX_VALID_KEYS_PER_OWNER": True}),
    ("stack_apikeys.E002", {"REQUIRE_HTTPS": "no"}),
    ("stack_apikeys.E002", {"PROJECT_ID": None}),
    ("stack_apikeys.E003", {"PEPPERS": {"1": SECRET}}),
    ("stack_apikeys.E003", {"PEPPERS": {SECRET: 1}}),
    ("stack_apikeys.E003", {"PEPPERS": {True: SECRET}}),
    ("stack_apikeys.E003", {"PEPPERS": {0: SECRET}}),
    ("stack_apikeys.E003", {"PEPPERS": {2**31: SECRET}}),
    ("stack_apikeys.E003", {"PEPPERS": {1: ""}}),
    ("stack_apikeys.E003", {"PEPPERS": {1: SECRET.encode()}}),
    ("stack_apikeys.E004", {"MARKER": "574CK4U7H"}),
    ("stack_apikeys.E004", {"MARKER": "574ck4u7"}),
    ("stack_apikeys.E005", {"HEADERS": []}),
    ("stack_apikeys.E005", {"HEADERS": ["X-Api-Key", "HTTP_X_API_KEY"]}),
    ("stack_apikeys.E005", {"HEADERS": ["X-Api-Key:"]}),
    ("stack_apikeys.E005", {"HEADERS": [None]}),
    ("stack_apikeys.E006", {"PROJECT_ID": "my-project"}),
    ("stack_apikeys.E006", {"PROJECT_ID": "00000000-0000-0000-0000-000000000000"}),
    ("stack_apikeys.E007", {"SECRET_SERVER_KEYS": [""]}),
    ("stack_apikeys.E007", {"SUPER_SECRET_ADMIN_KEYS": [SECRET, f"{SECRET}\n"]}),
    ("stack_apikeys.E007", {"PUBLISHABLE_CLIENT_KEYS": [None]}),
    ("stack_apikeys.E007", {"PUBLISHABLE_CLIENT_KEYS": [[]]}),
    ("stack_apikeys.E008", {"PUBLISHABLE_CLIENT_KEYS": [SECRET], "SECRET_SERVER_KEYS": [SECRET]}),
    ("stack_apikeys.E008", {"SUPER_SECRET_ADMIN_KEYS": [SECRET], "SECRET_SERVER_KEYS": [SECRET]}),
    ("stack_apikeys.E009", {"CREATE_RATE": "often"}),
    ("stack_apikeys.E009", {"CREATE_RATE": "0/min"}),
    ("stack_apikeys.E009", {"CREATE_RATE": "5/year"}),
    ("stack_apikeys.E010", {"MAX_VALID_KEYS_PER_OWNER": 0}),
    ("stack_apikeys.E014", {"TEAM_ADAPTER": "tests.no_such_module.Adapter"}),
    ("stack_apikeys.E014", {"TEAM_ADAPTER": "Adapter"}),
    ("stack_apikeys.E014", {"TEAM_ADAPTER": "tests.organizations.adapter.OrganizationAdapter"}),
    ("stack_apikeys.E015", {"TEAM_ADAPTER": "tests.factories.TeamFactory"}),
    ("stack_apikeys.E015", {"TEAM_ADAPTER": "tests.factories.PASSWORD"}),
    ("stack_apikeys.E016", {"TEAM_ADAPTER": "tests.test_checks.HalfAnAdapter"}),
    ("stack_apikeys.E018", {"SIDEBAR_ITEMS": ["Profile"]}),
    ("stack_apikeys.E018", {"SIDEBAR_ITEMS": [("Profile", "no-such-page")]}),
    ("stack_apikeys.E019", {"VERIFICATION_CACHE_SECONDS": -1}),
    ("stack_apikeys.E019", {"VERIFICATION_CACHE_SECONDS": 61}),
    ("stack_apikeys_teams.E001", {"TEAM_ROLES": {"$owner": []}}),
    ("stack_apikeys_teams.E001", {"TEAM_ROLES": {None: []}}),
    ("stack_apikeys_teams.E001", {"TEAM_ROLES": {"owner": "team_admin"}}),
    ("stack_apikeys_teams.E001", {"TEAM_ROLES": {"owner": [None]}}),
    ("stack_apikeys_teams.E002", {"TEAM_ROLES": {"owner": ["$manage_api_key"]}}),
    ("stack_apikeys_teams.E003", {"TEAM_CREATOR_PERMISSIONS": ["team_owner"]}),
    ("stack_apikeys_teams.E003", {"TEAM_MEMBER_PERMISSIONS": ["$"]}),
    ("stack_apikeys_teams.E003", {"TEAM_MEMBER_PERMISSIONS": [[]]}),
    ("stack_apikeys_teams.W001", {"TEAM_MEMBER_PERMISSIONS": ["$manage_api_keys"]}),
    ("stack_apikeys_teams.W001", {"TEAM_ROLES": {"team_member": ["team_admin"]}}),
]

RIGHT_SETTINGS = [
    {},
    {"PEPPERS": {1: STRONG, 2**31 - 1: STRONG}},
    {"HEADERS": ("Authorization", "X-Api-Key")},
    {"PROJECT_ID": "internal"},
    {"PROJECT_ID": "0F2B6D9E-5A3C-4E8F-8B71-64C2D0A9E753"},
    {"CREATE_RATE": None},
    {"CREATE_RATE": "5/s"},
    {"MAX_VALID_KEYS_PER_OWNER": 1},
    {"VERIFICATION_CACHE_SECONDS": 60},
    {"TEAM_ROLES": {"owner": ["team_admin", "pay_bills"], "guest": ()}},
    {"TEAM_ROLES": {"a": ["b"], "b": ["a"]}, "TEAM_MEMBER_PERMISSIONS": ["a"]},
]

STRONG_SETTINGS = {
    "PEPPERS": {1: f"pepper-{STRONG}"},
    "SECRET_SERVER_KEYS": [f"server-{STRONG}"],
    "SUPER_SECRET_ADMIN_KEYS": [f"admin-{STRONG}"],
    "REQUIRE_HTTPS": None,
}

WEAK_SETTINGS = [
    ("stack_apikeys.W001", {"PEPPERS": {}}),
    ("stack_apikeys.W002", {"PEPPERS": {1: STRONG, 2: STRONG[:31]}}),
    ("stack_apikeys.W002", {"PEPPERS": {1: "abcd" * 20}}),
    ("stack_apikeys.W003", {"SECRET_SERVER_KEYS": [STRONG, STRONG[:31]]}),
    ("stack_apikeys.W003", {"SUPER_SECRET_ADMIN_KEYS": [STRONG[:31]]}),
    ("stack_apikeys.W004", {"REQUIRE_HTTPS": False}),
]


class HalfAnAdapter(TeamAdapter):
    """Knows teams, and forgot about their members."""

    def get_team(self, team_id):
        return None


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


class Elsewhere:
    """A router that reads keys from another database."""

    def db_for_read(self, model, **hints):
        return "elsewhere" if model._meta.app_label == "stack_apikeys" else None


def messages(tag="stack_apikeys", **kwargs):
    return run_checks(tags=[tag], **kwargs)


def ids(tag="stack_apikeys", **kwargs):
    return {message.id for message in messages(tag, **kwargs)}


@pytest.fixture
def configure(settings):
    base = settings.STACK_APIKEYS

    def configure(**changes):
        settings.STACK_APIKEYS = base | changes

    return configure


@pytest.fixture
def deployed(configure, settings):
    """A project that is ready to be reached by strangers."""
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache"}}
    configure(**STRONG_SETTINGS)
    return settings


def deployment_ids():
    return ids(include_deployment_checks=True)


def test_every_id_is_in_these_tests():
    form = re.compile(r"stack_apikeys(?:_teams)?\.[EW][0-9]{3}")
    sources = (ROOT / "stack_apikeys").rglob("checks.py")
    known = {each for source in sources for each in form.findall(source.read_text())}
    assert known == set(form.findall(Path(__file__).read_text()))


# Settings -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "changes"), WRONG_SETTINGS)
def test_a_wrong_setting_is_told(configure, id, changes):
    configure(**changes)
    assert ids() == {id}


@pytest.mark.parametrize("changes", RIGHT_SETTINGS)
def test_a_right_setting_is_not(configure, changes):
    configure(**changes)
    assert ids() == set()


@pytest.mark.parametrize("wrong", [None, [SECRET], SECRET])
def test_settings_that_are_no_dictionary_are_told(settings, wrong):
    settings.STACK_APIKEYS = wrong
    assert ids() == {"stack_apikeys.E002"}
    assert deployment_ids() == {"stack_apikeys.E002"}


def test_a_project_that_sets_nothing_is_fine(settings):
    del settings.STACK_APIKEYS
    assert ids() == set()


@pytest.mark.parametrize(
    ("changes", "meant"),
    [
        ({"SECRET_SERVER_KEY": []}, "SECRET_SERVER_KEYS"),
        ({"headers": []}, "HEADERS"),
        ({"TEAM_ROLES": {"owner": ["$manage_api_key"]}}, "$manage_api_keys"),
        ({"TEAM_CREATOR_PERMISSIONS": ["team-admin"]}, "team_admin"),
    ],
)
def test_the_nearest_known_name_is_proposed(configure, changes, meant):
    configure(**changes)
    [message] = messages()
    assert message.hint == f"Did you mean {meant!r}?"


def test_a_name_like_no_other_is_told_without_a_proposal(configure):
    configure(COLOUR="blue")
    [message] = messages()
    assert "'COLOUR'" in message.msg
    assert message.hint is None


@pytest.mark.parametrize(("_id", "changes"), [*WRONG_SETTINGS, *WEAK_SETTINGS])
def test_no_secret_is_told(configure, _id, changes):
    configure(**changes)
    told = "".join(str(message) for message in messages(include_deployment_checks=True))
    assert not re.search(f"{SECRET}|{STRONG[:31]}|abcdabcd", told)


def test_what_an_adapter_forgot_is_told(configure):
    configure(TEAM_ADAPTER="tests.test_checks.HalfAnAdapter")
    [message] = messages()
    assert "has_permission" in message.msg
    assert "get_team" not in message.msg


# The project around it ------------------------------------------------------------------------


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
    assert ids() == {"stack_apikeys_teams.E004"}


def test_teams_that_are_installed_for_nothing_are_told(settings, configure):
    settings.STACK_APIKEYS_TEAM_MODEL = "auth.Group"
    configure(TEAM_ADAPTER="tests.test_checks.GroupAdapter")
    assert ids() == {"stack_apikeys_teams.W002"}


@pytest.mark.parametrize("host", ["example_project", "tests.clubs", "tests.organizations"])
def test_each_project_of_ours_is_clean(host):
    check = manage("check", "--fail-level=DEBUG", f"--settings={host}.settings")
    assert check.returncode == 0, check.stderr


# Peppers of keys ------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_pepper_that_valid_keys_need_is_missed(configure, django_assert_num_queries):
    configure(PEPPERS={7: STRONG})
    for _each in range(3):
        UserFactory().api_keys.create_key()
    configure(PEPPERS={8: STRONG})
    team_key, _value = TeamFactory().api_keys.create_key()
    configure(PEPPERS={9: STRONG})
    with django_assert_num_queries(6):  # a query and a savepoint's two for each table
        found = messages(Tags.database, databases=["default"])
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
        assert ids(Tags.database, databases=["default"]) == set()


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


# Deployment -----------------------------------------------------------------------------------


def test_a_project_that_is_ready_for_deployment_is_clean(deployed):
    assert deployment_ids() == set()


@pytest.mark.parametrize(("id", "changes"), WEAK_SETTINGS)
def test_a_weak_setting_is_told_in_deployment_only(deployed, configure, id, changes):
    configure(**STRONG_SETTINGS | changes)
    assert deployment_ids() == {id}
    assert ids() == set()


def test_the_secret_key_is_no_pepper_and_no_key(deployed, configure):
    deployed.SECRET_KEY = STRONG
    configure(**STRONG_SETTINGS | {"PEPPERS": {1: STRONG}, "SECRET_SERVER_KEYS": [STRONG]})
    assert deployment_ids() == {"stack_apikeys.W002", "stack_apikeys.W003"}


def test_a_project_without_a_secret_key_hears_of_it_from_django(deployed):
    deployed.SECRET_KEY = ""
    assert deployment_ids() == set()
    assert "security.W009" in ids(Tags.security, include_deployment_checks=True)


def test_debug_lets_plain_http_in(deployed):
    deployed.DEBUG = True
    assert deployment_ids() == {"stack_apikeys.W004"}


@pytest.mark.parametrize("backend", ["locmem.LocMemCache", "dummy.DummyCache"])
def test_a_throttle_needs_a_cache_that_processes_share(deployed, configure, backend):
    deployed.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}"}}
    assert deployment_ids() == {"stack_apikeys.W005"}
    configure(**STRONG_SETTINGS, CREATE_RATE=None)
    assert deployment_ids() == set()
    deployed.REST_FRAMEWORK = {"DEFAULT_THROTTLE_RATES": {"api_key": "5/s"}}
    assert deployment_ids() == {"stack_apikeys.W005"}


@pytest.mark.parametrize(
    ("database", "expected"),
    [
        ({}, {"stack_apikeys.W006"}),
        ({"CONN_MAX_AGE": 60}, set()),
        ({"CONN_MAX_AGE": None}, set()),
        ({"OPTIONS": {"pool": True}}, set()),
    ],
)
def test_a_connection_for_each_request_is_told(deployed, monkeypatch, database, expected):
    engine = {"ENGINE": "django.db.backends.postgresql", "NAME": "keys"}
    configured = connections.configure_settings({"default": {}, "elsewhere": engine | database})
    monkeypatch.setitem(connections.settings, "elsewhere", configured["elsewhere"])
    deployed.DATABASE_ROUTERS = ["tests.test_checks.Elsewhere"]
    try:
        assert deployment_ids() == expected
    finally:
        del connections["elsewhere"]


def test_the_demos_own_secrets_are_told_in_deployment():
    check = manage(
        "check", "--deploy", "--tag=stack_apikeys", "--settings=example_project.settings"
    )
    assert check.stderr.count("(stack_apikeys.W002)") == 1
    assert check.stderr.count("(stack_apikeys.W003)") == 2


def manage(*arguments):
    return subprocess.run(
        [sys.executable, "-m", "django", *arguments],
        cwd=ROOT,
        env=os.environ | {"DATABASE_URL": "sqlite://:memory:"},
        capture_output=True,
        text=True,
        check=False,
    )
