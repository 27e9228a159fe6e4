"""Settings are read at each access, and so is everything that is derived from them."""

import pytest
from django.conf import settings as django_settings
from django.test import override_settings

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyNotFound, ApiKeyRevoked
from stack_apikeys.models import UserApiKey
from stack_apikeys.policy import Policy, get_policy
from stack_apikeys.teams.adapter import DefaultTeamAdapter
from stack_apikeys.verification import verify_api_key
from stack_apikeys.verification.cache import cache
from stack_apikeys.verification.query import query_for


class AnotherPolicy(Policy):
    pass


class AnotherAdapter(DefaultTeamAdapter):
    pass


@pytest.fixture
def assign(monkeypatch):
    """Assign to the setting as a program does, which Django sends no signal for."""

    def assign(**changed):
        value = django_settings.STACK_APIKEYS | changed
        monkeypatch.setattr(django_settings, "STACK_APIKEYS", value)

    return assign


def test_an_assignment_is_seen_at_the_next_access(assign):
    assert conf.MARKER == "574ck4u7h"
    assign(MARKER="000000000")
    assert conf.MARKER == "000000000"
    with override_settings(STACK_APIKEYS={"MARKER": "111111111"}):
        assert conf.MARKER == "111111111"
        assert conf.CREATE_RATE == "120/min"
    assert conf.MARKER == "000000000"


def test_without_the_setting_there_are_defaults(monkeypatch):
    monkeypatch.delattr(django_settings, "STACK_APIKEYS")
    assert conf.MARKER == "574ck4u7h"
    assert conf.PEPPERS == {}
    monkeypatch.setattr(django_settings, "STACK_APIKEYS", {"PEPPERS": {1: "p"}}, raising=False)
    assert conf.PEPPERS == {1: "p"}


def test_classes_are_imported_again_after_an_assignment(assign):
    assert type(get_policy()) is not AnotherPolicy
    assign(POLICY=f"{__name__}.AnotherPolicy", TEAM_ADAPTER=f"{__name__}.AnotherAdapter")
    assert type(get_policy()) is AnotherPolicy
    assert type(get_team_adapter()) is AnotherAdapter


@pytest.mark.django_db
def test_the_query_is_compiled_again_after_an_assignment(assign, user):
    query = query_for(UserApiKey)
    assign(OWNER_SELECT_RELATED={})
    assert query_for(UserApiKey) is not query
    assert query_for(UserApiKey) is query_for(UserApiKey)


@pytest.mark.django_db
def test_peppers_are_those_of_the_last_assignment(assign, user):
    assign(PEPPERS={1: "first"})
    _api_key, value = user.api_keys.create_key()
    assert verify_api_key(value)
    assign(PEPPERS={1: "second"})
    with pytest.raises(ApiKeyNotFound):
        verify_api_key(value)


@pytest.mark.django_db(transaction=True)
def test_nothing_that_is_cached_outlives_an_assignment(assign, user):
    assign(VERIFICATION_CACHE_SECONDS=60, PEPPERS={1: "first"})
    _api_key, value = user.api_keys.create_key()
    verify_api_key(value)
    assert len(cache) == 1
    assign(PEPPERS={2: "second"})
    with pytest.raises(ApiKeyNotFound):
        verify_api_key(value)


@pytest.mark.django_db(transaction=True)
def test_a_revocation_while_the_cache_is_off_is_seen_when_it_is_on_again(assign, user):
    assign(VERIFICATION_CACHE_SECONDS=60)
    with_cache = django_settings.STACK_APIKEYS
    api_key, value = user.api_keys.create_key()
    verify_api_key(value)
    assert len(cache) == 1
    assign(VERIFICATION_CACHE_SECONDS=0)
    api_key.revoke()
    django_settings.STACK_APIKEYS = with_cache
    with pytest.raises(ApiKeyRevoked):
        verify_api_key(value)
