"""Many keys at once: of one owner, and one for each of many."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils import timezone

from stack_apikeys import exceptions, keys, signals
from stack_apikeys.bulk_import import BATCH_SIZE, import_keys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

MOMENT = datetime(2030, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC)


@pytest.fixture(params=[UserFactory, TeamFactory])
def owner(request):
    return request.param()


@pytest.fixture
def user():
    return UserFactory()


@pytest.fixture
def sent():
    """What was sent of keys that were made."""
    sent = []

    def listen(api_key, **_kwargs):
        sent.append(api_key)

    signals.api_key_created.connect(listen)
    yield sent
    signals.api_key_created.disconnect(listen)


def test_keys_of_one_owner_are_made_at_once(owner):
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


def test_keys_made_at_once_are_as_if_made_one_by_one(user):
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


def test_the_owner_may_be_named_as_for_one_key(user):
    [(api_key, _value)] = UserApiKey.objects.bulk_create_keys(1, user=user)
    assert api_key.user == user


def test_the_number_of_keys_makes_no_number_of_queries(user, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):  # one, between the two of a savepoint
        user.api_keys.bulk_create_keys(2000)
    assert user.api_keys.count() == 2000


def test_keys_made_at_once_send_no_signal(user, sent, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        user.api_keys.bulk_create_keys(3)
        list(import_keys(UserApiKey, [user.pk]))
    assert sent == []


def test_none_of_no_keys_are_made(user):
    assert user.api_keys.bulk_create_keys(0) == []
    assert list(import_keys(UserApiKey, [])) == []


def test_keys_made_at_once_are_held_to_the_same_rules(user, settings):
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


def test_keys_are_made_at_once_from_asynchronous_code(user):
    from asgiref.sync import async_to_sync

    made = async_to_sync(user.api_keys.abulk_create_keys)(2, description="later")
    assert [api_key.description for api_key, _value in made] == ["later", "later"]


# A key for each of many owners ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("factory", "model"), [(UserFactory, UserApiKey), (TeamFactory, TeamApiKey)]
)
def test_each_of_many_owners_gets_a_key(factory, model):
    owners = {owner.pk: owner for owner in factory.create_batch(5)}
    before = timezone.now()
    imported = list(import_keys(model, owners, description="welcome", expires_at=MOMENT))
    assert [owner_id for owner_id, _id, _value in imported] == list(owners)
    for owner_id, key_id, value in imported:
        verified = verify_api_key(value)
        assert verified.pk == key_id
        assert verified.owner == owners[owner_id]
        assert verified.description == "welcome"
        assert verified.expires_at == MOMENT.replace(microsecond=678_000)
        assert abs(verified.created_at - before).total_seconds() < 60
        assert verified.revoked_reason == ""


def test_owners_may_be_as_many_as_a_query_has(django_assert_max_num_queries):
    user = UserFactory()
    owner_ids = (user.pk for _ in range(BATCH_SIZE + 1))
    with django_assert_max_num_queries(6):  # two batches, each between the two of a savepoint
        imported = list(import_keys(UserApiKey, owner_ids))
    assert user.api_keys.count() == len(imported) == BATCH_SIZE + 1
    assert get_user(api_key=imported[-1][2]) == user


def test_keys_are_imported_while_they_are_asked_for(user):
    imported = import_keys(UserApiKey, iter([user.pk] * (BATCH_SIZE + 1)))
    assert user.api_keys.count() == 0
    next(imported)
    assert user.api_keys.count() == BATCH_SIZE


def test_an_import_is_held_to_the_same_rules(user, settings):
    with pytest.raises(ValidationError):
        import_keys(UserApiKey, [user.pk], description="x" * 256)
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_USER_API_KEYS": False}
    with pytest.raises(exceptions.ApiKeysNotEnabled):
        import_keys(UserApiKey, [user.pk])


@pytest.mark.django_db(transaction=True)
def test_an_owner_who_does_not_exist_gets_no_key_and_nor_does_the_batch(user):
    with pytest.raises(IntegrityError):
        list(import_keys(UserApiKey, [user.pk, uuid4()]))
    assert UserApiKey.objects.count() == 0


# Lists ----------------------------------------------------------------------------------------


@pytest.mark.postgresql
def test_a_list_is_read_by_the_index_of_owner_and_newest_first():
    users = UserFactory.create_batch(20)
    for user in users:
        user.api_keys.bulk_create_keys(500)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE stack_apikeys_userapikey")
    newest = users[0].api_keys.all()
    assert "userapikey_owner_newest" in newest.explain()
    plan = newest[:100].explain()
    assert "Index Scan using userapikey_owner_newest" in plan
    assert "Seq Scan" not in plan
