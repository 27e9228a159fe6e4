"""Many keys are revoked by a few statements, and a signal is sent for each."""

import threading

import pytest
from asgiref.sync import async_to_sync
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models.signals import pre_init
from django.urls import reverse

from stack_apikeys import signals
from stack_apikeys.models import TeamApiKey, UserApiKey, querysets
from stack_apikeys.verification import get_user
from tests.factories import TeamFactory, UserFactory
from tests.parallel import close_connections

pytestmark = pytest.mark.django_db


@pytest.fixture
def received():
    """The signals sent during a test, as (sender, primary key of the key, reason)."""
    received = []

    def revoked(sender, api_key, **kwargs):
        received.append((sender, api_key.pk, api_key.revoked_reason))

    signals.api_key_revoked.connect(revoked)
    yield received
    signals.api_key_revoked.disconnect(revoked)


@pytest.mark.parametrize(
    ("model", "factory"), [(UserApiKey, UserFactory), (TeamApiKey, TeamFactory)]
)
def test_revoking_many_keys_revokes_each_and_sends_a_signal_for_each(
    model, factory, received, django_capture_on_commit_callbacks
):
    owner, by = factory(), UserFactory()
    made = [api_key for api_key, _value in owner.api_keys.bulk_create_keys(3)]
    factory().api_keys.create_key()
    with django_capture_on_commit_callbacks(execute=True):
        assert owner.api_keys.all().revoke(by=by, reason="leak") == 3
        assert received == []
    assert {*received} == {(model, api_key.pk, "leak") for api_key in made}
    assert len(received) == 3
    for api_key in owner.api_keys.all():
        assert (api_key.status, api_key.revoked_by, api_key.revoked_reason) == (
            "revoked",
            by,
            "leak",
        )
    assert model.objects.valid().count() == 1


def test_the_first_revocation_is_kept(user, received, django_capture_on_commit_callbacks):
    (first, _value), _other = user.api_keys.bulk_create_keys(2)
    first.revoke(reason="first")
    with django_capture_on_commit_callbacks(execute=True):
        assert user.api_keys.all().revoke(reason="second") == 1
        assert user.api_keys.all().revoke(reason="third") == 0
    assert len(received) == 1
    first.refresh_from_db()
    assert first.revoked_reason == "first"
    assert set(user.api_keys.values_list("revoked_reason", flat=True)) == {"first", "second"}


def test_many_keys_are_revoked_in_asynchronous_code(user):
    user.api_keys.bulk_create_keys(2)
    assert async_to_sync(user.api_keys.all().arevoke)(reason="leak") == 2


def test_a_slice_cannot_be_revoked(user):
    user.api_keys.bulk_create_keys(3)
    with pytest.raises(TypeError, match="slice"):
        user.api_keys.all()[:2].revoke()
    assert user.api_keys.valid().count() == 3


def test_managers_have_no_method_that_revokes_all_keys(user):
    for manager in (UserApiKey.objects, user.api_keys):
        for name in ("revoke", "arevoke", "revoke_each"):
            assert not hasattr(manager, name)
            assert getattr(manager.all(), name).alters_data


def test_a_reason_that_is_too_long_revokes_nothing(user):
    user.api_keys.create_key()
    with pytest.raises(ValidationError, match="255"):
        user.api_keys.all().revoke(reason="x" * 256)
    assert user.api_keys.valid().exists()


def test_the_number_of_statements_does_not_grow(user, django_assert_num_queries):
    for number in (1, 5_000):
        user.api_keys.bulk_create_keys(number)
        with transaction.atomic(), django_assert_num_queries(4):  # two are about a savepoint
            assert user.api_keys.all().revoke() == number


def test_very_many_keys_are_revoked_by_several_statements(user, monkeypatch):
    monkeypatch.setattr(querysets, "REVOKED_AT_ONCE", 2)
    user.api_keys.bulk_create_keys(5)
    assert user.api_keys.all().revoke() == 5
    assert not user.api_keys.valid().exists()


@pytest.mark.django_db(transaction=True)
def test_revoked_keys_are_removed_from_the_cache(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": 60}
    _api_key, value = user.api_keys.create_key()
    assert get_user(api_key=value) == user
    user.api_keys.all().revoke()
    assert get_user(api_key=value) is None


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_concurrent_revocations_the_first_is_kept_and_each_key_sends_one_signal(
    user, received
):
    made = [api_key for api_key, _value in user.api_keys.bulk_create_keys(2)]

    def revoke_one_in_another_thread(sender, **kwargs):
        def revoke():
            UserApiKey.objects.filter(pk=made[0].pk).revoke(reason="first")
            close_connections()

        pre_init.disconnect(revoke_one_in_another_thread, sender=UserApiKey)
        other = threading.Thread(target=revoke)
        other.start()
        other.join()

    pre_init.connect(revoke_one_in_another_thread, sender=UserApiKey)
    assert user.api_keys.all().revoke(reason="second") == 1
    assert {*received} == {(UserApiKey, made[0].pk, "first"), (UserApiKey, made[1].pk, "second")}
    assert len(received) == 2


def test_the_admin_revokes_all_in_a_few_statements(client, user, django_assert_max_num_queries):
    user.api_keys.bulk_create_keys(1_000)
    staff = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(staff)
    form = {
        "action": "revoke_selected",
        "select_across": "1",
        "revoke": "1",
        "reason": "leak",
        ACTION_CHECKBOX_NAME: [str(UserApiKey.objects.first().pk)],
    }
    with django_assert_max_num_queries(40):
        client.post(reverse("admin:stack_apikeys_userapikey_changelist"), form)
    assert not UserApiKey.objects.exclude(revoked_by=staff, revoked_reason="leak").exists()
    assert LogEntry.objects.filter(user=staff, change_message="Revoked.").count() == 1_000
