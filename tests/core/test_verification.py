"""From a value to its key, for one query, or to the reason why not."""

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone
from django.views.debug import ExceptionReporter

from stack_apikeys import exceptions, keys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import (
    aget_team,
    aget_user,
    averify_api_key,
    get_team,
    get_user,
    verify_api_key,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["user", "team"])
def owner(request):
    return request.getfixturevalue(request.param)


def with_another_secret(value: str) -> str:
    """A well-formed key with the same id."""
    parsed = keys.parse(value)
    return keys.generate(id=parsed.id, kind=parsed.kind, is_public=parsed.is_public)


def mistyped(value: str) -> str:
    return value[:10] + ("0" if value[10] != "0" else "1") + value[11:]


@pytest.mark.parametrize("number_of_keys", [1, 50])
def test_a_good_key_costs_one_query_with_its_owner(
    owner, number_of_keys, django_assert_num_queries
):
    values = [owner.api_keys.create_key()[1] for _ in range(number_of_keys)]
    with django_assert_num_queries(1):
        assert verify_api_key(values[0]).owner == owner


@pytest.mark.parametrize(
    "ruin", [mistyped, str.upper, lambda value: value[:-1], lambda value: value + value]
)
def test_a_malformed_key_costs_no_query(owner, ruin, django_assert_num_queries):
    _api_key, value = owner.api_keys.create_key()
    with django_assert_num_queries(0), pytest.raises(exceptions.MalformedApiKey):
        verify_api_key(ruin(value))


def test_a_wrong_secret_reads_like_an_unknown_key(owner, django_assert_num_queries):
    api_key, value = owner.api_keys.create_key()
    wrong = with_another_secret(value)
    with django_assert_num_queries(1), pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(wrong)
    api_key.delete()
    with django_assert_num_queries(1), pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(value)


def test_a_wrong_secret_reveals_nothing_about_the_key(owner):
    api_key, value = owner.api_keys.create_key(expires_at=timezone.now() - timedelta(days=1))
    api_key.revoke()
    other = "team" if api_key.KIND == "user" else "user"
    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(with_another_secret(value), kind=other)


def test_a_secret_key_presented_as_public_is_another_value(owner):
    api_key, value = owner.api_keys.create_key()
    as_public = keys.assemble(secret=value[3:48], id=api_key.pk, kind=api_key.KIND, is_public=True)
    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(as_public)


def test_a_users_key_with_the_type_rewritten_is_not_accepted_as_a_teams(user):
    api_key, value = user.api_keys.create_key()
    as_team = keys.assemble(secret=value[3:48], id=api_key.pk, kind="team")
    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(as_team, kind="team")


def test_revocation_is_reported_before_expiry(owner):
    api_key, value = owner.api_keys.create_key(expires_at=timezone.now() - timedelta(days=1))
    with pytest.raises(exceptions.ApiKeyExpired):
        verify_api_key(value)
    api_key.revoke()
    with pytest.raises(exceptions.ApiKeyRevoked):
        verify_api_key(value)


def test_the_wrong_kind_is_reported_before_revocation(user, team):
    api_key, value = user.api_keys.create_key()
    api_key.revoke()
    with pytest.raises(exceptions.WrongApiKeyType) as caught:
        verify_api_key(value, kind="team")
    assert caught.value.details == {"expected_type": "team", "actual_type": "user"}
    assert caught.value.message == (
        "This endpoint is for team API keys, but a user API key was provided."
    )


def test_a_deactivated_persons_keys_stop_at_once(user):
    _api_key, value = user.api_keys.create_key()
    user.is_active = False
    user.save()
    with pytest.raises(exceptions.ApiKeyNotFound):
        verify_api_key(value)


def test_keys_of_a_kind_that_is_not_enabled_are_refused(owner, settings):
    api_key, value = owner.api_keys.create_key()
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {
        f"ALLOW_{api_key.KIND.upper()}_API_KEYS": False
    }
    with pytest.raises(exceptions.ApiKeysNotEnabled):
        verify_api_key(value)


def test_owners_are_found_by_their_keys(user, team):
    _api_key, users = user.api_keys.create_key()
    _api_key, teams = team.api_keys.create_key()
    assert get_user(api_key=users) == user
    assert get_team(api_key=teams) == team
    assert get_user(api_key=teams) is None
    assert get_team(api_key=users) is None
    assert get_user(api_key="nonsense") is None
    assert get_user(api_key=None) is None  # a header that was not sent
    assert get_team(api_key="nonsense") is None


def test_owners_are_found_from_asynchronous_code(user, team):
    _api_key, users = user.api_keys.create_key()
    _api_key, teams = team.api_keys.create_key()
    assert async_to_sync(aget_user)(api_key=users) == user
    assert async_to_sync(aget_team)(api_key=teams) == team
    assert async_to_sync(aget_user)(api_key="nonsense") is None
    assert async_to_sync(aget_team)(api_key=users) is None
    with pytest.raises(exceptions.WrongApiKeyType):
        async_to_sync(averify_api_key)(users, kind="team")


def test_a_kind_that_is_not_enabled_has_no_owners(user, settings):
    _api_key, value = user.api_keys.create_key()
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_USER_API_KEYS": False}
    assert get_user(api_key=value) is None


def test_a_new_pepper_is_for_new_keys_and_old_ones_still_work(user, settings):
    settings.STACK_APIKEYS = {}
    plain, plain_value = user.api_keys.create_key()
    settings.STACK_APIKEYS = {"PEPPERS": {1: "first"}}
    first, first_value = user.api_keys.create_key()
    settings.STACK_APIKEYS = {"PEPPERS": {1: "first", 2: "second"}}
    second, second_value = user.api_keys.create_key()
    assert [key.pepper_id for key in (plain, first, second)] == [None, 1, 2]
    for value in (plain_value, first_value, second_value):
        assert get_user(api_key=value) == user


def test_a_stolen_database_is_no_use_with_another_pepper(user, settings):
    settings.STACK_APIKEYS = {"PEPPERS": {1: "ours"}}
    _api_key, value = user.api_keys.create_key()
    settings.STACK_APIKEYS = {"PEPPERS": {1: "guessed"}}
    assert get_user(api_key=value) is None


def test_a_key_whose_pepper_is_gone_is_not_found_and_the_log_says_why(user, settings, caplog):
    settings.STACK_APIKEYS = {"PEPPERS": {1: "first"}}
    _api_key, value = user.api_keys.create_key()
    settings.STACK_APIKEYS = {"PEPPERS": {2: "second"}}
    with caplog.at_level(logging.ERROR), pytest.raises(exceptions.MissingPepper) as caught:
        verify_api_key(value)
    assert caught.value.message == "API key not found."
    assert "pepper 1, which is missing" in caplog.text
    assert value not in caplog.text


def test_a_refused_key_is_logged_by_its_id_alone_and_a_good_one_not_at_all(user, caplog):
    api_key, value = user.api_keys.create_key()
    with caplog.at_level(logging.DEBUG, logger="stack_apikeys"):
        get_user(api_key=mistyped(value))
        get_user(api_key=with_another_secret(value))
        get_user(api_key=value)
    assert [(each.name, each.getMessage()) for each in caplog.records] == [
        ("stack_apikeys.verification", "Refused key None: API_KEY_NOT_FOUND"),
        ("stack_apikeys.verification", f"Refused key {api_key.pk}: API_KEY_NOT_FOUND"),
    ]


@pytest.mark.parametrize("verify", [verify_api_key, async_to_sync(averify_api_key)])
@pytest.mark.parametrize("ruin", [mistyped, with_another_secret, str])
def test_the_value_is_not_in_the_report_of_an_error(user, rf, verify, ruin):
    api_key, value = user.api_keys.create_key()
    api_key.revoke()
    presented = ruin(value)
    with pytest.raises(exceptions.ApiKeyNotValid) as caught:
        verify(presented)
    error = caught.value
    report = ExceptionReporter(rf.get("/"), type(error), error, error.__traceback__)
    ours = [
        frame["vars"]
        for frame in report.get_traceback_frames()
        if Path(keys.__file__).parent in Path(frame["filename"]).parents
    ]
    assert ours
    assert presented[3:48] not in str(ours)


def test_verification_writes_nothing(owner, django_assert_num_queries):
    _api_key, value = owner.api_keys.create_key()
    with django_assert_num_queries(1) as captured:
        verify_api_key(value)
    assert captured.captured_queries[0]["sql"].startswith("SELECT")


def test_a_revocation_that_happens_during_verification_stands(owner):
    _api_key, value = owner.api_keys.create_key()
    verified = verify_api_key(value)
    model = {"user": UserApiKey, "team": TeamApiKey}[verified.KIND]
    model.objects.get().revoke(reason="meanwhile")
    # What a request may do with the row that it was authenticated by.
    verified.rename("still here")
    verified.save()
    assert model.objects.get().why_invalid() == "manually-revoked"
