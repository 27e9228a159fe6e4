"""A key is rotated: a successor takes its place, and the key ends."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from stack_apikeys import exceptions, signals, timestamps
from stack_apikeys.policy import Policy
from stack_apikeys.verification import verify_api_key
from tests.factories import UserFactory
from tests.parallel import in_parallel
from tests.scopes import SCOPES

HOUR = timedelta(hours=1)


@pytest.fixture
def received(db):
    """The signals sent during a test, as (name, sender, keys, who did it)."""
    heard = []

    def created(sender, api_key, **_kwargs):
        heard.append(("created", sender, [api_key]))

    def rotated(sender, api_key, successor, by, **_kwargs):
        heard.append(("rotated", sender, [api_key, successor], by))

    signals.api_key_created.connect(created)
    signals.api_key_rotated.connect(rotated)
    yield heard
    signals.api_key_created.disconnect(created)
    signals.api_key_rotated.disconnect(rotated)


class OnlyAda(Policy):
    """Only Ada may create keys, and sees which key a new one succeeds."""

    def may_create_key(self, actor, owner, *, api_key=None, number=1):
        if api_key.rotated_from is None:
            raise ValidationError("Only rotations are allowed.")
        return actor.display_name == "Ada"


def valid_from_now(api_key):
    return api_key.expires_at - timezone.now()


def almost(duration):
    return pytest.approx(duration.total_seconds(), abs=60)


@pytest.mark.django_db
def test_the_successor_is_as_the_key_was(owner, configure):
    configure(SCOPES=SCOPES)
    old, _value = owner.api_keys.create_key(
        description="CI",
        is_public=True,
        created_by=UserFactory(),
        scopes=["reports:read"],
        networks=["192.0.2.0/24"],
        rates=["20/second"],
    )
    new, value = old.rotate(overlap=HOUR)
    new.refresh_from_db()
    assert verify_api_key(value, address="192.0.2.7") == new
    assert new.rotated_from == old
    assert old.successor == new
    assert (new.owner, new.description, new.is_public) == (owner, "CI", True)
    assert new.created_by == old.created_by
    assert (new.scopes, new.networks) == (["reports:read"], ["192.0.2.0/24"])
    assert (new.rates, new.expires_at) == (["20/second"], None)


@pytest.mark.django_db
@pytest.mark.parametrize("scopes", [["orders:read", "reports:read"], [], None])
def test_scopes_that_the_project_no_longer_names_are_passed_on(user, configure, scopes):
    configure(SCOPES=SCOPES if scopes else {})
    old, _value = user.api_keys.create_key(scopes=scopes)
    configure(SCOPES={"reports:read": "Read reports"})
    new, _value = old.rotate(actor=user)
    assert new.scopes == scopes
    assert new.scopes_in_force == old.scopes_in_force


class NoOrders(Policy):
    """Nobody may grant what has to do with orders."""

    def grantable_scopes(self, actor, owner):
        return ["reports:*"]


@pytest.mark.django_db
def test_nobody_gets_scopes_by_a_rotation_that_they_may_not_grant(user, configure):
    configure(SCOPES=SCOPES, POLICY=f"{__name__}.NoOrders")
    orders, _value = user.api_keys.create_key(scopes=["orders:read"])
    reports, _value = user.api_keys.create_key(scopes=["reports:read"])
    with pytest.raises(exceptions.ApiKeyCreationNotAllowed):
        orders.rotate(actor=user)
    assert reports.rotate(actor=user)[0].scopes == ["reports:read"]


@pytest.mark.django_db
def test_both_keys_are_valid_during_the_overlap(owner):
    old, old_value = owner.api_keys.create_key()
    new, value = old.rotate(overlap=HOUR)
    assert verify_api_key(old_value) == old
    assert verify_api_key(value) == new
    assert valid_from_now(old).total_seconds() == almost(HOUR)
    stored = type(old).objects.get(pk=old.pk)
    assert stored.expires_at == old.expires_at


@pytest.mark.django_db
def test_without_overlap_the_key_ends_at_once(owner):
    old, old_value = owner.api_keys.create_key()
    old.rotate()
    assert old.status == "expired"
    with pytest.raises(exceptions.ApiKeyExpired):
        verify_api_key(old_value)


@pytest.mark.django_db
def test_an_overlap_never_prolongs_the_key(user):
    ends_at = timestamps.now() + HOUR
    old, _value = user.api_keys.create_key(expires_at=ends_at)
    old.rotate(overlap=2 * HOUR)
    old.refresh_from_db()
    assert old.expires_at == ends_at


@pytest.mark.django_db
def test_the_successor_lives_as_long_as_the_key_was_meant_to(user):
    lifetime = timedelta(days=90)
    old, _value = user.api_keys.create_key(expires_at=timezone.now() + lifetime)
    user.api_keys.update(
        created_at=old.created_at - timedelta(days=60),
        expires_at=old.expires_at - timedelta(days=60),
    )
    new, _value = old.rotate()
    assert valid_from_now(new).total_seconds() == almost(lifetime)
    last, _value = new.rotate(expires_at=None)
    assert last.expires_at is None
    chosen = timestamps.now() + HOUR
    assert last.rotate(expires_at=chosen)[0].expires_at == chosen


@pytest.mark.django_db
def test_the_longest_lifetime_can_be_repeated(user):
    old, _value = user.api_keys.create_key(expires_at=timestamps.LATEST)
    assert old.rotate()[0].expires_at == timestamps.LATEST


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("argument", "value"),
    [
        ("overlap", timedelta(microseconds=-1)),
        ("overlap", timedelta.min),
        ("overlap", timedelta.max),
        ("overlap", timedelta(days=365 * 8000)),
        ("expires_at", timezone.now().replace(tzinfo=None)),
    ],
)
def test_arguments_out_of_range_change_nothing(user, argument, value):
    old, _value = user.api_keys.create_key()
    with pytest.raises(ValidationError) as refused:
        old.rotate(**{argument: value})
    assert list(refused.value.message_dict) == [argument]
    old.refresh_from_db()
    assert (old.expires_at, user.api_keys.count()) == (None, 1)


@pytest.mark.django_db
def test_a_key_is_rotated_once(user):
    old, _value = user.api_keys.create_key()
    stale = user.api_keys.get()
    new, _value = old.rotate(overlap=HOUR)
    for each in (old, stale):
        with pytest.raises(exceptions.ApiKeyAlreadyRotated):
            each.rotate()
    new.delete()
    assert old.rotate()[0].rotated_from == old


@pytest.mark.django_db
def test_a_key_that_has_ended_cannot_be_rotated(user):
    revoked, _value = user.api_keys.create_key()
    stale = user.api_keys.get()
    revoked.revoke()
    expired, _value = user.api_keys.create_key(expires_at=timezone.now() - HOUR)
    for each in (revoked, stale, expired):
        with pytest.raises(exceptions.ApiKeyNotRotatable):
            each.rotate(overlap=HOUR)
    assert user.api_keys.count() == 2


@pytest.mark.django_db
def test_a_deleted_key_cannot_be_rotated(user):
    old, _value = user.api_keys.create_key()
    user.api_keys.all().delete()
    with pytest.raises(exceptions.ApiKeyNotFound):
        old.rotate()


@pytest.mark.django_db
def test_who_rotates_a_key_created_its_successor(user):
    creator, by, actor = UserFactory(), UserFactory(), UserFactory(is_superuser=True)
    old, _value = user.api_keys.create_key(created_by=creator)
    second = old.rotate()[0]
    third = second.rotate(actor=actor)[0]
    fourth = third.rotate(by=by, actor=actor)[0]
    assert [each.created_by for each in (second, third, fourth)] == [creator, actor, by]


@pytest.mark.django_db
def test_the_policy_decides_who_may_rotate(user, configure):
    configure(POLICY=f"{__name__}.OnlyAda")
    old, _value = user.api_keys.create_key()
    with pytest.raises(exceptions.ApiKeyCreationNotAllowed):
        old.rotate(actor=UserFactory(is_superuser=True))
    assert not hasattr(old, "successor")
    old.refresh_from_db()
    assert (old.expires_at, user.api_keys.count()) == (None, 1)
    assert old.rotate(actor=user)[0].created_by == user


@pytest.mark.django_db
def test_keys_of_inactive_owners_and_of_a_disabled_kind_cannot_be_rotated(user, configure):
    old, _value = user.api_keys.create_key()
    user.is_active = False
    user.save()
    with pytest.raises(exceptions.ApiKeyCreationNotAllowed):
        old.rotate()
    configure(ALLOW_USER_API_KEYS=False)
    with pytest.raises(exceptions.ApiKeysNotEnabled):
        old.rotate()


@pytest.mark.django_db
def test_the_limit_of_keys_does_not_refuse_a_rotation(user, configure):
    configure(MAX_VALID_KEYS_PER_OWNER=1)
    first, _value = user.api_keys.create_key()
    second, _value = first.rotate(overlap=HOUR)
    third, _value = second.rotate()
    assert set(user.api_keys.valid()) == {first, third}


@pytest.mark.django_db
def test_rotating_again_and_again_does_not_evade_the_limit_of_keys(user, configure):
    configure(MAX_VALID_KEYS_PER_OWNER=1)
    first, _value = user.api_keys.create_key()
    second, _value = first.rotate(overlap=HOUR)
    with pytest.raises(exceptions.TooManyApiKeys):
        second.rotate(overlap=HOUR)
    second.refresh_from_db()
    assert (second.expires_at, user.api_keys.valid().count()) == (None, 2)
    first.revoke()
    second.rotate(overlap=HOUR)


@pytest.mark.django_db
def test_rotations_with_and_without_overlap_in_turn_do_not_evade_the_limit_of_keys(user, configure):
    configure(MAX_VALID_KEYS_PER_OWNER=1)
    first, _value = user.api_keys.create_key()
    second, _value = first.rotate(overlap=HOUR)
    third, _value = second.rotate()
    with pytest.raises(exceptions.TooManyApiKeys):
        third.rotate(overlap=HOUR)
    assert set(user.api_keys.valid()) == {first, third}
    first.revoke()
    third.rotate(overlap=HOUR)


@pytest.mark.django_db
def test_all_keys_of_an_owner_can_be_rotated_at_the_limit(user, configure):
    configure(MAX_VALID_KEYS_PER_OWNER=2)
    api_keys = [user.api_keys.create_key()[0] for _ in range(2)]
    for api_key in api_keys:
        api_key.rotate(overlap=HOUR)
    assert user.api_keys.valid().count() == 4


@pytest.mark.django_db
def test_saving_a_key_that_was_read_before_its_rotation_does_not_revive_it(user):
    old, _value = user.api_keys.create_key()
    read_before = type(old).objects.get(pk=old.pk)
    old.rotate()
    ends_at = old.expires_at
    read_before.description = "CI"
    read_before.save()
    old.refresh_from_db()
    assert (old.description, old.expires_at, old.status) == ("CI", ends_at, "expired")


@pytest.mark.django_db
def test_an_expiry_that_was_changed_is_saved(user):
    api_key, _value = user.api_keys.create_key()
    for expires_at in (timestamps.now() + HOUR, None):
        api_key.expires_at = expires_at
        api_key.save(update_fields=["description"])
        api_key.refresh_from_db(fields=["description"])
        api_key.revoke()
        api_key.save()
        assert type(api_key).objects.get(pk=api_key.pk).expires_at == expires_at


def test_signals_follow_the_commit(received, user, django_capture_on_commit_callbacks):
    old, _value = user.api_keys.create_key()
    with django_capture_on_commit_callbacks() as callbacks:
        new, _value = old.rotate(by=user)
    assert received == []
    [send] = callbacks
    send()
    assert received == [
        ("created", type(old), [new]),
        ("rotated", type(old), [old, new], user),
    ]


@pytest.mark.django_db(transaction=True)
def test_a_cached_key_ends_at_once(owner, configure):
    configure(VERIFICATION_CACHE_SECONDS=60)
    old, value = owner.api_keys.create_key()
    verify_api_key(value)
    old.rotate()
    with pytest.raises(exceptions.ApiKeyExpired):
        verify_api_key(value)


@pytest.mark.django_db(transaction=True)
def test_a_rotation_that_is_rolled_back_leaves_the_key_as_it_was(user, configure):
    configure(VERIFICATION_CACHE_SECONDS=60)
    old, value = user.api_keys.create_key()
    with transaction.atomic():
        old.rotate()
        transaction.set_rollback(True)
    assert verify_api_key(value) == old
    assert user.api_keys.count() == 1


@pytest.mark.django_db(transaction=True)
def test_asynchronous_code_rotates_keys(user):
    old, _value = user.api_keys.create_key()
    new, value = async_to_sync(old.arotate)(overlap=HOUR)
    assert verify_api_key(value) == new


# Two at once ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("limit", [None, 10])
def test_of_two_rotations_at_once_one_makes_a_successor(shared_database, owner, configure, limit):
    configure(MAX_VALID_KEYS_PER_OWNER=limit)
    for _ in range(5):
        api_key, _value = owner.api_keys.create_key()
        rows = [type(api_key).objects.get(pk=api_key.pk) for _ in range(2)]

        def rotate(row):
            try:
                return row.rotate(overlap=HOUR, actor=None)[0]
            except exceptions.ApiKeyAlreadyRotated:
                return None

        one, other = in_parallel(lambda: rotate(rows[0]), lambda: rotate(rows[1]))  # noqa: B023  # run before the loop goes on
        assert (one is None) != (other is None)
        assert type(api_key).objects.get(rotated_from=api_key) == (one or other)
        type(api_key).objects.all().delete()


def test_a_rotation_and_a_revocation_at_once_leave_the_key_ended(shared_database, user):
    for _ in range(5):
        api_key, _value = user.api_keys.create_key()
        one, other = (type(api_key).objects.get(pk=api_key.pk) for _ in range(2))

        def rotate():
            try:
                return one.rotate(overlap=HOUR)[0]  # noqa: B023  # run before the loop goes on
            except exceptions.ApiKeyNotRotatable:
                return None

        successor, _none = in_parallel(rotate, other.revoke)
        api_key.refresh_from_db()
        assert api_key.status == "revoked"
        assert user.api_keys.filter(rotated_from=api_key).first() == successor
