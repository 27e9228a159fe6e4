"""A key that was rotated is used after its end."""

from datetime import timedelta

import pytest
from django.core.signals import request_finished
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import Client
from django.utils import timezone

from stack_apikeys.exceptions import ApiKeyExpired, ApiKeyNotFound, ApiKeyRevoked
from stack_apikeys.keys import generate, parse
from stack_apikeys.verification import get_user, verify_api_key
from stack_apikeys.verification.reuse import REUSED


@pytest.fixture
def family(user):
    """A key, the values of the key and its successors, of which only the last two are valid."""
    api_key, value = user.api_keys.create_key()
    values = [value]
    for overlap in (timedelta(0), timedelta(0), timedelta(hours=1)):
        api_key, value = api_key.rotate(overlap=overlap)
        values.append(value)
    return values


def by_age(user):
    """The keys of a family, the first one first."""
    [api_key] = user.api_keys.filter(rotated_from=None)
    return [api_key, *api_key.successors()]


@pytest.mark.django_db
def test_by_default_nothing_else_ends(user, family):
    with pytest.raises(ApiKeyExpired):
        verify_api_key(family[0])
    assert get_user(api_key=family[3]) == user


@pytest.mark.django_db
@pytest.mark.parametrize("used", [0, 1])
def test_the_setting_revokes_all_valid_successors(user, family, configure, caplog, used):
    configure(REVOKE_FAMILY_ON_REUSE=True)
    with pytest.raises(ApiKeyExpired):
        verify_api_key(family[used])
    assert [each.status for each in by_age(user)] == ["expired", "expired", "revoked", "revoked"]
    assert [each.revoked_reason for each in by_age(user)] == ["", "", REUSED, REUSED]
    for value in family[2:]:
        with pytest.raises(ApiKeyRevoked):
            verify_api_key(value)
    assert "was used after it had been rotated" in caplog.text
    assert not any(value in caplog.text for value in family)


@pytest.mark.django_db
def test_a_rotated_key_that_was_revoked_counts_as_ended(user, configure):
    configure(REVOKE_FAMILY_ON_REUSE=True)
    api_key, value = user.api_keys.create_key()
    _successor, new_value = api_key.rotate(overlap=timedelta(hours=1))
    assert get_user(api_key=value) == user
    api_key.revoke()
    assert get_user(api_key=value) is None
    assert get_user(api_key=new_value) is None


@pytest.mark.django_db
def test_without_the_secret_nobody_ends_a_family(user, family, configure):
    configure(REVOKE_FAMILY_ON_REUSE=True)
    parsed = parse(family[0])
    with pytest.raises(ApiKeyNotFound):
        verify_api_key(generate(id=parsed.id, kind=parsed.kind))
    assert get_user(api_key=family[3]) == user


@pytest.mark.django_db
def test_other_keys_that_have_ended_cost_one_query_more(user, configure, django_assert_num_queries):
    _expired, value = user.api_keys.create_key(expires_at=timezone.now())
    with django_assert_num_queries(1):
        get_user(api_key=value)
    configure(REVOKE_FAMILY_ON_REUSE=True)
    with django_assert_num_queries(2):
        get_user(api_key=value)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["/api/protected", "/api/v1/api-key"])
@pytest.mark.parametrize("is_atomic", [False, True])
def test_a_request_that_is_rolled_back_ends_the_family_all_the_same(
    user, family, configure, monkeypatch, path, is_atomic
):
    monkeypatch.setitem(connection.settings_dict, "ATOMIC_REQUESTS", is_atomic)
    configure(REVOKE_FAMILY_ON_REUSE=True)
    assert Client().get(path, headers={"X-Stack-Api-Key": family[0]}).status_code == 401
    assert get_user(api_key=family[3]) is None


@pytest.mark.django_db(transaction=True)
def test_a_revocation_that_fails_after_the_response_is_logged(
    user, family, configure, monkeypatch, caplog
):
    configure(REVOKE_FAMILY_ON_REUSE=True)
    with transaction.atomic(), pytest.raises(ApiKeyExpired):
        verify_api_key(family[0], request=HttpRequest())

    def fail(self, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr(type(user.api_keys.first()), "revoke", fail)
    request_finished.send(sender=None)
    assert "were not revoked" in caplog.text
