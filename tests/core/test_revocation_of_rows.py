"""Only `revoke` writes a revocation, and nothing undoes it."""

from datetime import timedelta

import pytest
from django.core import serializers
from django.core.management import call_command
from django.utils import timezone

from stack_apikeys.exceptions import ApiKeyRevoked
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import get_user, verify_api_key
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def api_key(user):
    return user.api_keys.create_key(description="CI")[0]


ASSIGNED = {
    "manually_revoked_at": lambda _user: timezone.now(),
    "revoked_by": lambda user: user,
    "revoked_reason": lambda _user: "lost",
}


def just_created(user, api_key, value):
    return api_key


def read(user, api_key, value):
    return UserApiKey.objects.get()


def read_in_part(user, api_key, value):
    return UserApiKey.objects.only("description").get()


def verified(user, api_key, value):
    return verify_api_key(value)


def refreshed(user, api_key, value):
    api_key.refresh_from_db()
    return api_key


@pytest.mark.parametrize("name", ASSIGNED)
@pytest.mark.parametrize("get", [just_created, read, read_in_part, verified, refreshed])
def test_saving_an_assigned_revocation_raises(user, get, name):
    row = get(user, *user.api_keys.create_key())
    setattr(row, name, ASSIGNED[name](user))
    with pytest.raises(ValueError, match=r"revoke\(\)"):
        row.save()
    assert UserApiKey.objects.get().status == "valid"


def test_saving_an_object_that_was_not_read_does_not_undo_a_revocation(api_key):
    columns = UserApiKey.objects.values().get()
    api_key.revoke()
    UserApiKey(**columns | {"description": "copied"}).save(force_update=True)
    copied = UserApiKey.objects.get()
    assert (copied.status, copied.description) == ("revoked", "copied")
    with pytest.raises(ValueError, match=r"revoke\(\)"):
        UserApiKey(**columns).save(force_update=True, update_fields=["manually_revoked_at"])


def test_reading_another_deferred_field_does_not_hide_the_assignment(user):
    row = verify_api_key(user.api_keys.create_key()[1])
    row.manually_revoked_at = timezone.now()
    assert row.revoked_reason == ""
    with pytest.raises(ValueError, match=r"revoke\(\)"):
        row.save()


def test_undoing_a_revocation_by_save_raises(api_key):
    api_key.revoke()
    api_key.manually_revoked_at = None
    with pytest.raises(ValueError, match=r"revoke\(\)"):
        api_key.save()
    assert UserApiKey.objects.get().status == "revoked"


def test_a_row_that_was_read_before_the_revocation_is_saved_and_stays_revoked(user, api_key):
    stale = UserApiKey.objects.get()
    api_key.revoke(by=user, reason="lost")
    stale.description = "renamed"
    stale.save()
    stored = UserApiKey.objects.get()
    assert (stored.description, stored.status, stored.revoked_by) == ("renamed", "revoked", user)


def test_rows_can_be_saved_however_they_were_read(user, api_key):
    verified_key = verify_api_key(user.api_keys.create_key()[1])
    assert verified_key.revoked_reason == ""
    for row in (api_key, verified_key, UserApiKey.objects.only("id").first()):
        row.refresh_from_db()
        row.description = "renamed"
        row.save()
        row.revoke(by=user)
        row.description = "renamed again"
        row.save()
    assert UserApiKey.objects.filter(description="renamed again").count() == 2


def test_a_save_runs_one_query(api_key, django_assert_num_queries):
    row = UserApiKey.objects.get()
    with django_assert_num_queries(1):
        row.save()


@pytest.mark.parametrize(
    "fields",
    [
        {"manually_revoked_at": None},
        {"revoked_by": None},
        {"revoked_by_id": None},
        {"revoked_reason": "another"},
        {"manually_revoked_at": None, "description": "x"},
    ],
)
def test_an_update_cannot_undo_or_change_a_revocation(api_key, fields):
    api_key.revoke(reason="lost")
    with pytest.raises(ValueError, match=r"revoke\(\)"):
        UserApiKey.objects.update(**fields)
    assert UserApiKey.objects.get().revoked_reason == "lost"


def test_an_update_that_revokes_does_not_change_earlier_revocations(user, api_key):
    api_key.revoke(reason="first")
    user.api_keys.create_key()
    moment = timezone.now() + timedelta(days=1)
    assert user.api_keys.update(manually_revoked_at=moment, revoked_reason="second") == 1
    assert set(user.api_keys.values_list("revoked_reason", flat=True)) == {"first", "second"}
    assert not user.api_keys.valid().exists()


@pytest.mark.parametrize("name", ASSIGNED)
def test_bulk_operations_cannot_undo_a_revocation(api_key, name):
    api_key.revoke()
    api_key.manually_revoked_at = None
    with pytest.raises(ValueError, match=r"revoke\(\)"):
        UserApiKey.objects.bulk_update([api_key], ["description", name])
    with pytest.raises(ValueError, match=r"revoke\(\)"):
        UserApiKey.objects.bulk_create(
            [api_key], update_conflicts=True, update_fields=[name], unique_fields=["id"]
        )
    assert UserApiKey.objects.get().status == "revoked"


@pytest.mark.parametrize(
    ("model", "factory"), [(UserApiKey, UserFactory), (TeamApiKey, TeamFactory)]
)
def test_loading_an_older_dump_does_not_undo_a_revocation(model, factory, tmp_path):
    revoker = UserFactory()
    api_key, _value = factory().api_keys.create_key(description="before")
    dump = tmp_path / "dump.json"
    call_command("dumpdata", "stack_apikeys", output=str(dump), verbosity=0)
    api_key.rename("after")
    api_key.revoke(by=revoker, reason="lost")
    call_command("loaddata", str(dump), verbosity=0)
    stored = model.objects.get()
    assert (stored.description, stored.status) == ("before", "revoked")
    assert (stored.manually_revoked_at, stored.revoked_by, stored.revoked_reason) == (
        api_key.manually_revoked_at,
        revoker,
        "lost",
    )


def test_loading_a_dump_into_an_empty_table_restores_revoked_keys(user, api_key):
    api_key.revoke(by=user, reason="lost")
    dump = serializers.serialize("json", UserApiKey.objects.all())
    UserApiKey.objects.all().delete()
    for loaded in serializers.deserialize("json", dump):
        loaded.save()
    stored = UserApiKey.objects.get()
    assert (stored.status, stored.revoked_reason) == ("revoked", "lost")


@pytest.mark.django_db(transaction=True)
def test_loading_a_dump_that_revokes_a_key_updates_the_cache(user, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"VERIFICATION_CACHE_SECONDS": 60}
    api_key, value = user.api_keys.create_key()
    assert get_user(api_key=value) == user
    api_key.manually_revoked_at = timezone.now()
    dump = serializers.serialize("json", [api_key])
    for loaded in serializers.deserialize("json", dump):
        loaded.save()
    with pytest.raises(ApiKeyRevoked):
        verify_api_key(value)
