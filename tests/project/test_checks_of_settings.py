"""Wrong settings are reported before a request fails, and without their secrets."""

import re
from datetime import timedelta

import pytest
from django.test import override_settings

from stack_apikeys.adapters import TeamAdapter
from tests.checks import STRONG, WEAK_SETTINGS, deployment_ids, ids, messages

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
    ("stack_apikeys.E002", {"RATES": "20/second"}),
    ("stack_apikeys.E009", {"GUESS_RATE": f"{2**31}/min"}),
    ("stack_apikeys.E058", {"RATES": ["often"]}),
    ("stack_apikeys.E058", {"RATES": ["20/second", "100/s"]}),
    ("stack_apikeys.E058", {"PUBLIC_RATES": [None]}),
    ("stack_apikeys.E070", {"SCOPES": {"read reports": "Read"}}),
    ("stack_apikeys.E070", {"SCOPES": {"*": "All"}}),
    ("stack_apikeys.E070", {"SCOPES": {7: "All"}}),
    ("stack_apikeys.E070", {"SCOPES": {"reports:read": ""}}),
    ("stack_apikeys.E070", {"SCOPES": {"reports:read": 7}}),
    ("stack_apikeys.E070", {"SCOPES": {f"scope{number}": "One" for number in range(101)}}),
    ("stack_apikeys.E071", {"SCOPES": {"a": "A"}, "DEFAULT_SCOPES": ["b"]}),
    ("stack_apikeys.E072", {"SCOPELESS_KEYS": "some"}),
    ("stack_apikeys.E010", {"MAX_VALID_KEYS_PER_OWNER": 0}),
    ("stack_apikeys.E002", {"MAX_LIFETIME": 90}),
    ("stack_apikeys.E002", {"ALLOW_KEYS_WITHOUT_EXPIRY": 1}),
    ("stack_apikeys.E080", {"MAX_LIFETIME": timedelta(0)}),
    ("stack_apikeys.E080", {"MAX_LIFETIME": timedelta.max}),
    ("stack_apikeys.E081", {"IDLE_DAYS": 0}),
    ("stack_apikeys.E083", {"IDLE_DAYS": 400}),
    ("stack_apikeys.E084", {"ON_CREATOR_LEAVING": "delete"}),
    ("stack_apikeys.E014", {"TEAM_ADAPTER": "tests.no_such_module.Adapter"}),
    ("stack_apikeys.E014", {"TEAM_ADAPTER": "Adapter"}),
    (
        "stack_apikeys.E014",
        {"TEAM_ADAPTER": "tests.hosts.organizations.adapter.OrganizationAdapter"},
    ),
    ("stack_apikeys.E015", {"TEAM_ADAPTER": "tests.factories.TeamFactory"}),
    ("stack_apikeys.E015", {"TEAM_ADAPTER": "tests.factories.PASSWORD"}),
    ("stack_apikeys.E016", {"TEAM_ADAPTER": "tests.project.test_checks_of_settings.HalfAnAdapter"}),
    ("stack_apikeys.E018", {"SIDEBAR_ITEMS": ["Profile"]}),
    ("stack_apikeys.E018", {"SIDEBAR_ITEMS": [("Profile", "no-such-page")]}),
    ("stack_apikeys.E019", {"VERIFICATION_CACHE_SECONDS": -1}),
    ("stack_apikeys.E019", {"VERIFICATION_CACHE_SECONDS": 61}),
    ("stack_apikeys.E025", {"ON_CACHE_FAILURE": {"sign_on": "allow"}}),
    ("stack_apikeys.E025", {"ON_CACHE_FAILURE": {"sign_in": "open"}}),
    ("stack_apikeys.E025", {"ON_CACHE_FAILURE": {"sign_in": []}}),
    ("stack_apikeys.E030", {"POLICY": "tests.no_such_module.Policy"}),
    ("stack_apikeys.E030", {"POLICY": "tests.factories.PASSWORD"}),
    ("stack_apikeys.E031", {"OWNER_SELECT_RELATED": {"person": []}}),
    ("stack_apikeys.E031", {"OWNER_SELECT_RELATED": {"user": "company"}}),
    ("stack_apikeys.E031", {"OWNER_SELECT_RELATED": {"user": ["company"]}}),
    ("stack_apikeys.E031", {"OWNER_SELECT_RELATED": {"user": ["email"]}}),
    ("stack_apikeys.E031", {"OWNER_SELECT_RELATED": {"user": ["groups"]}}),
    ("stack_apikeys.E059", {"INVALIDATION": "nonsense"}),
    ("stack_apikeys.E040", {"VERIFICATION_CACHE_NAMESPACE": "nonsense"}),
    ("stack_apikeys.E040", {"VERIFICATION_CACHE_NAMESPACE": "tests.nowhere.current_tenant"}),
    ("stack_apikeys.E040", {"VERIFICATION_CACHE_NAMESPACE": f"{__name__}.STRONG"}),
    ("stack_apikeys.E041", {"RELATED_NAMES": {"User.api_keys": "keys"}}),
    ("stack_apikeys.E041", {"RELATED_NAMES": {"UserApiKey.user": "two words"}}),
    ("stack_apikeys.E041", {"RELATED_NAMES": {"UserApiKey.user": None}}),
    ("stack_apikeys.E041", {"RELATED_NAMES": {"TeamMembership.user": "+"}}),
    ("stack_apikeys.E042", {"RELATED_NAMES": {"UserApiKey.user": "email"}}),
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
    {"MAX_LIFETIME": timedelta(hours=1), "ALLOW_KEYS_WITHOUT_EXPIRY": True},
    {"MAX_LIFETIME": None, "IDLE_DAYS": 399, "ON_CREATOR_LEAVING": "revoke"},
    {"ON_CACHE_FAILURE": {}},
    {"ON_CACHE_FAILURE": {"sign_in": "allow", "create": "refuse"}},
    {"VERIFICATION_CACHE_SECONDS": 60},
    {"RELATED_NAMES": {"UserApiKey.user": "stack_api_keys", "TeamApiKey.team": "+"}},
    {"INVALIDATION": "redis://127.0.0.1/0"},
    {"VERIFICATION_CACHE_NAMESPACE": "django.utils.translation.get_language"},
    {"TEAM_ROLES": {"owner": ["team_admin", "pay_bills"], "guest": ()}},
    {"TEAM_ROLES": {"a": ["b"], "b": ["a"]}, "TEAM_MEMBER_PERMISSIONS": ["a"]},
]


class HalfAnAdapter(TeamAdapter):
    """Knows teams, and forgot about their members."""

    def get_team(self, team_id):
        return None


@pytest.mark.parametrize(("id", "changes"), WRONG_SETTINGS)
def test_a_wrong_setting_is_told(configure, id, changes):
    configure(**changes)
    assert ids() == {id}


@pytest.mark.parametrize("changes", RIGHT_SETTINGS)
def test_a_right_setting_is_not(configure, changes):
    configure(**changes)
    assert ids() == set()


def test_idle_keys_are_only_known_where_their_use_is_counted(configure, settings):
    configure(IDLE_DAYS=90)
    with override_settings(
        INSTALLED_APPS=[each for each in settings.INSTALLED_APPS if each != "stack_apikeys.usage"]
    ):
        assert ids() == {"stack_apikeys.E082"}


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
    configure(TEAM_ADAPTER="tests.project.test_checks_of_settings.HalfAnAdapter")
    [message] = messages()
    assert "has_permission" in message.msg
    assert "get_team" not in message.msg
