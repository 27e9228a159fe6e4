"""The query of a verification is compiled once, and otherwise like any other query."""

import gc
import pickle
import threading
import weakref

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from stack_apikeys.models import UserApiKey
from stack_apikeys.verification import verify_api_key
from stack_apikeys.verification.query import query_for
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def columns(instance):
    return {name: value for name, value in vars(instance).items() if name != "_state"}


def test_the_key_and_its_owner_are_as_the_orm_has_them(owner):
    api_key, value = owner.api_keys.create_key(description="100 % → %s", created_by=UserFactory())
    verified = verify_api_key(value)
    stored = type(api_key).objects.get(pk=api_key.pk)
    for name in verified.get_deferred_fields():
        getattr(verified, name)
    assert columns(verified) == columns(stored)
    assert type(verified.owner) is type(owner)
    assert columns(verified.owner) == columns(type(owner).objects.get(pk=owner.pk))
    for instance in (verified, verified.owner):
        assert instance._state.db == "default"
        assert not instance._state.adding


def test_all_of_the_owner_is_there_without_a_further_query(owner, django_assert_num_queries):
    _api_key, value = owner.api_keys.create_key()
    verified = verify_api_key(value)
    with django_assert_num_queries(0):
        assert verified.owner.get_deferred_fields() == set()
        assert verified.owner.display_name == owner.display_name


def test_what_is_not_loaded_is_loaded_when_it_is_asked_for(user, django_assert_num_queries):
    _api_key, value = user.api_keys.create_key(created_by=user)
    verified = verify_api_key(value)
    assert verified.get_deferred_fields() == {"created_by_id", "revoked_by_id", "revoked_reason"}
    with django_assert_num_queries(1):
        assert verified.created_by_id == user.pk
    with django_assert_num_queries(1):
        assert verified.revoked_reason == ""


def test_a_verified_key_can_be_refreshed_saved_and_pickled(user):
    _api_key, value = user.api_keys.create_key(description="before", created_by=user)
    verified = verify_api_key(value)
    verified.description = "after"
    verified.save()
    copied = pickle.loads(pickle.dumps(verified))
    assert copied == verified
    assert copied.user == user
    assert copied.created_by == user
    verified.user.display_name = "Renamed"
    verified.user.save()
    verified.refresh_from_db()
    assert verified.user.display_name == "Renamed"
    assert verified.description == "after"


def test_no_two_verifications_share_a_key_or_an_owner(user):
    _api_key, value = user.api_keys.create_key()
    one, other = verify_api_key(value), verify_api_key(value)
    assert one is not other
    assert one.user is not other.user


def test_the_query_is_seen_by_execute_wrappers(user):
    api_key, value = user.api_keys.create_key()
    seen = []

    def watch(execute, sql, params, many, context):
        seen.append((sql, list(params.values()) if isinstance(params, dict) else list(params)))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(watch), CaptureQueriesContext(connection) as captured:
        verify_api_key(value)
    [(sql, params)] = seen
    assert api_key._meta.db_table in sql
    assert params == [api_key._meta.pk.get_db_prep_value(api_key.pk, connection)]
    [query] = captured
    assert api_key.pk.hex in query["sql"].replace("-", "")
    assert value not in query["sql"]


def test_the_query_is_compiled_once(user):
    _api_key, value = user.api_keys.create_key()
    verify_api_key(value)
    query = query_for(UserApiKey)
    verify_api_key(value)
    assert query_for(UserApiKey) is query
    assert query.statement is not None


def test_the_query_is_compiled_again_when_a_model_has_changed(user):
    _api_key, value = user.api_keys.create_key()
    query = query_for(UserApiKey)
    type(user)._meta._expire_cache()  # as when another field is added to the model
    assert query_for(UserApiKey) is not query
    assert verify_api_key(value).user == user


def test_the_query_is_compiled_again_under_other_settings(settings):
    query = query_for(UserApiKey)
    settings.TIME_ZONE = "Asia/Tokyo"
    assert query_for(UserApiKey) is not query


@pytest.mark.django_db(transaction=True)
def test_no_connection_outlives_its_thread(user):
    _api_key, value = user.api_keys.create_key()
    user._meta.model._meta._expire_cache()  # so that the query is compiled by the thread
    references = []

    def verify():
        verify_api_key(value)
        references.append(weakref.ref(connections["default"]))
        connection.connection.close()  # Django's own `close` keeps a database in memory open

    thread = threading.Thread(target=verify)
    thread.start()
    thread.join()
    gc.collect()
    [reference] = references
    assert reference() is None
