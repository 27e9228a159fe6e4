"""Many keys are created at once: for one owner, and one for each of many owners."""

import gc
import tracemalloc
from datetime import UTC, datetime
from itertools import repeat
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from stack_apikeys import exceptions, keys, signals
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.models.bulk import BATCH_SIZE
from stack_apikeys.verification import get_user, verify_api_key
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

MOMENT = datetime(2030, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC)


@pytest.fixture
def sent():
    """The keys of the signals ``api_key_created`` that were sent."""
    sent = []

    def listen(api_key, **_kwargs):
        sent.append(api_key)

    signals.api_key_created.connect(listen)
    yield sent
    signals.api_key_created.disconnect(listen)


def test_many_keys_are_created_for_one_owner(owner):
    made = owner.api_keys.bulk_create_keys(
        50, description="import", expires_at=MOMENT, is_public=True, created_by=UserFactory()
    )
    assert len({value for _api_key, value in made}) == 50
    assert {api_key for api_key, _value in made} == set(owner.api_keys.all())
    for api_key, value in made:
        verified = verify_api_key(value, kind=api_key.KIND)
        assert verified == api_key
        assert verified.owner == owner
        assert value.startswith("pk_")


def test_keys_created_at_once_have_the_columns_of_keys_created_one_by_one(user):
    fields = {"description": "same", "expires_at": MOMENT, "created_by": user}
    one, _value = user.api_keys.create_key(**fields)
    [(api_key, value)] = user.api_keys.bulk_create_keys(1, **fields)
    stored = UserApiKey.objects.get(pk=api_key.pk)
    assert stored.expires_at == MOMENT.replace(microsecond=678_000)
    alike = {"description", "expires_at", "created_by_id", "user_id", "is_public", "pepper_id"}
    for name in (field.attname for field in UserApiKey._meta.concrete_fields):
        assert getattr(api_key, name) == getattr(stored, name)
        assert type(getattr(api_key, name)) is type(getattr(stored, name))
        if name in alike:
            assert getattr(stored, name) == getattr(one, name)
    assert stored.last_four == value[-4:]
    assert stored.digest == keys.digest(value, pepper_id=stored.pepper_id)
    assert api_key.user == user
    api_key.revoke()
    assert UserApiKey.objects.get(pk=api_key.pk).why_invalid() == "manually-revoked"


def test_the_owner_is_an_argument_of_the_models_manager(user):
    [(api_key, _value)] = UserApiKey.objects.bulk_create_keys(1, user=user)
    assert api_key.user == user


@pytest.mark.django_db(transaction=True)
def test_the_number_of_queries_does_not_depend_on_the_number_of_keys(
    user, django_assert_max_num_queries
):
    with django_assert_max_num_queries(3):  # one, between the two of a transaction
        user.api_keys.bulk_create_keys(2000)
    assert user.api_keys.count() == 2000


def test_creating_many_keys_sends_no_signal(user, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        user.api_keys.bulk_create_keys(3)
        list(UserApiKey.objects.issue_keys([user.pk]))
    assert sent == []


def test_no_keys_can_be_created_or_issued(user):
    assert user.api_keys.bulk_create_keys(0) == []
    assert list(UserApiKey.objects.issue_keys([])) == []


def test_creating_many_keys_applies_the_same_rules(user, settings):
    with pytest.raises(ValidationError):
        user.api_keys.bulk_create_keys(1, description="x" * 256)
    with pytest.raises(ValidationError):
        user.api_keys.bulk_create_keys(1, expires_at=datetime(2030, 1, 1))  # noqa: DTZ001  # as refused
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"MAX_VALID_KEYS_PER_OWNER": 5}
    user.api_keys.bulk_create_keys(3)
    with pytest.raises(exceptions.TooManyApiKeys):
        user.api_keys.bulk_create_keys(3)
    user.api_keys.bulk_create_keys(2)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_USER_API_KEYS": False}
    with pytest.raises(exceptions.ApiKeysNotEnabled):
        user.api_keys.bulk_create_keys(1)
    assert user.api_keys.count() == 5


def test_many_keys_are_created_in_asynchronous_code(user):
    from asgiref.sync import async_to_sync

    made = async_to_sync(user.api_keys.abulk_create_keys)(2, description="later")
    assert [api_key.description for api_key, _value in made] == ["later", "later"]


# A key for each of many owners ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("factory", "model"), [(UserFactory, UserApiKey), (TeamFactory, TeamApiKey)]
)
def test_a_key_is_issued_to_each_of_many_owners(factory, model):
    owners = {owner.pk: owner for owner in factory.create_batch(5)}
    before = timezone.now()
    issued = list(model.objects.issue_keys(owners, description="welcome", expires_at=MOMENT))
    assert [owner_id for owner_id, _id, _value in issued] == list(owners)
    for owner_id, key_id, value in issued:
        verified = verify_api_key(value)
        assert verified.pk == key_id
        assert verified.owner == owners[owner_id]
        assert verified.description == "welcome"
        assert verified.expires_at == MOMENT.replace(microsecond=678_000)
        assert abs(verified.created_at - before).total_seconds() < 60
        assert verified.revoked_reason == ""


@pytest.mark.django_db(transaction=True)
def test_keys_are_issued_in_batches(django_assert_max_num_queries):
    user = UserFactory()
    owner_ids = (user.pk for _ in range(BATCH_SIZE + 1))
    with django_assert_max_num_queries(6):  # two batches, each between the two of a transaction
        issued = list(UserApiKey.objects.issue_keys(owner_ids))
    assert user.api_keys.count() == len(issued) == BATCH_SIZE + 1
    assert get_user(api_key=issued[-1][2]) == user


def test_keys_are_issued_as_the_iterator_is_consumed(user):
    issued = UserApiKey.objects.issue_keys(iter([user.pk] * (BATCH_SIZE + 1)))
    assert user.api_keys.count() == 0
    next(issued)
    assert user.api_keys.count() == BATCH_SIZE


def test_issuing_keys_applies_the_same_rules(user, settings):
    with pytest.raises(ValidationError):
        UserApiKey.objects.issue_keys([user.pk], description="x" * 256)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_USER_API_KEYS": False}
    with pytest.raises(exceptions.ApiKeysNotEnabled):
        UserApiKey.objects.issue_keys([user.pk])


def test_keys_for_many_owners_are_not_issued_by_the_manager_of_one(owner):
    with pytest.raises(TypeError, match=r"ApiKey\.objects\.issue_keys\(\)"):
        owner.api_keys.issue_keys([owner.pk])
    assert not owner.api_keys.model.objects.exists()


@pytest.mark.parametrize("create", ["create_key", "bulk_create_keys"])
@pytest.mark.parametrize("factory", [UserFactory, TeamFactory])
def test_the_manager_of_one_owner_creates_no_keys_of_another(factory, create):
    owner, other = factory(), factory()
    arguments = [] if create == "create_key" else [2]
    kind = owner.api_keys.model.KIND
    with pytest.raises(ValueError, match=f"one {kind} only"):
        getattr(owner.api_keys, create)(*arguments, **{kind: other})
    assert not owner.api_keys.model.objects.exists()
    getattr(owner.api_keys, create)(*arguments, **{kind: owner})
    assert owner.api_keys.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_of_a_batch_is_stored_if_an_owner_does_not_exist(user):
    with pytest.raises(exceptions.UserNotFound):
        list(UserApiKey.objects.issue_keys([user.pk, uuid4()]))
    assert UserApiKey.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_memory_does_not_grow_with_the_number_of_issued_keys(user, monkeypatch):
    monkeypatch.setattr("stack_apikeys.models.bulk.BATCH_SIZE", 100)

    def peak(number):
        """Return the most bytes that issuing this number of keys needs at once."""
        gc.collect()
        tracemalloc.start()
        try:
            for _issued in UserApiKey.objects.issue_keys(repeat(user.pk, number)):
                pass
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    peak(100)  # what is cached by the first keys
    assert peak(2_000) < 2 * peak(200)


# Lists ----------------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_an_owners_keys_are_read_by_their_index():
    users = UserFactory.create_batch(100)
    for user in users:
        user.api_keys.bulk_create_keys(100)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE stack_apikeys_userapikey")
    newest = users[0].api_keys.all()
    assert "userapikey_owner_newest" in newest.explain()
    plan = newest[:50].explain()
    assert "Index Scan using userapikey_owner_newest" in plan
    assert "Seq Scan" not in plan


@pytest.mark.parametrize("number", [0, -1])
def test_no_key_is_created_for_a_number_below_one(user, number):
    assert user.api_keys.bulk_create_keys(number) == []


def test_the_owner_may_be_named_by_the_primary_key(user):
    [(api_key, value)] = UserApiKey.objects.bulk_create_keys(1, user_id=user.pk)
    assert (api_key.user, get_user(api_key=value)) == (user, user)
