"""Keys are created, renamed, revoked, and deleted with their owner."""

import copy
import pickle
import re
import uuid
from datetime import UTC, date, datetime, timedelta

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection
from django.utils import timezone
from django.views.debug import ExceptionReporter

from stack_apikeys import exceptions, keys, signals
from stack_apikeys.bidi import isolate
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.verification import verify_api_key
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def received():
    """The signals sent during a test, as (name, sender, primary key of the key)."""
    heard = []

    def created(sender, api_key, **kwargs):
        heard.append(("created", sender, api_key.pk))

    def revoked(sender, api_key, **kwargs):
        heard.append(("revoked", sender, api_key.pk))

    signals.api_key_created.connect(created)
    signals.api_key_revoked.connect(revoked)
    yield heard
    signals.api_key_created.disconnect(created)
    signals.api_key_revoked.disconnect(revoked)


def everything_stored() -> str:
    """Return all rows of both tables as text."""
    with connection.cursor() as cursor:
        texts = []
        for model in (UserApiKey, TeamApiKey):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
            texts += [str(row) for row in cursor.fetchall()]
    return "\n".join(texts)


def test_a_user_creates_a_key(user):
    expires_at = timezone.now() + timedelta(days=90)
    api_key, value = user.api_keys.create_key(
        description="CI", expires_at=expires_at, created_by=user
    )
    stored = UserApiKey.objects.get()
    assert stored == api_key
    assert keys.parse(value) == keys.ParsedKey(api_key.pk, "user", is_public=False)
    assert (stored.user, stored.created_by, stored.description) == (user, user, "CI")
    assert stored.last_four == value[-4:]
    assert stored.is_valid()


def test_a_team_creates_a_public_key(team):
    api_key, value = team.api_keys.create_key(is_public=True)
    assert keys.parse(value) == keys.ParsedKey(api_key.pk, "team", is_public=True)
    assert api_key.owner == team
    assert api_key.created_by is None


@pytest.mark.django_db(transaction=True)
def test_a_key_is_created_by_one_query(user, django_assert_num_queries):
    with django_assert_num_queries(1):
        user.api_keys.create_key(description="CI")


def test_a_key_is_created_renamed_and_revoked_in_asynchronous_code(user):
    api_key, value = async_to_sync(user.api_keys.acreate_key)(description="CI")
    async_to_sync(api_key.arename)("CI, staging")
    async_to_sync(api_key.arevoke)(reason="done")
    assert value.startswith("sk_")
    stored = UserApiKey.objects.get()
    assert (stored.description, stored.revoked_reason) == ("CI, staging", "done")


def test_the_value_is_not_stored_in_the_database(user, team):
    values = [
        user.api_keys.create_key(description="a")[1],
        team.api_keys.create_key(description="b", is_public=True)[1],
    ]
    stored = everything_stored()
    for value in values:
        assert value not in stored
        assert value[3:48] not in stored


def test_the_row_shows_only_the_prefix_and_the_last_four_characters_of_the_value(user):
    api_key, value = user.api_keys.create_key(description="CI")
    assert api_key.masked == f"sk_…{value[-4:]}"
    assert str(api_key) == f"CI (sk_…{value[-4:]})"
    assert value[3:48] not in repr(vars(api_key)) + repr(api_key) + str(api_key)


@pytest.mark.parametrize("description", ["مفتاح", "Büro", "evil\u202e\u2069", "two\nlines"])
def test_a_row_in_a_sentence_keeps_the_order_of_its_description_to_itself(user, description):
    api_key, _value = user.api_keys.create_key(description=description)
    assert str(api_key) == f"{isolate(description)} ({api_key.masked})"


def test_the_value_is_not_in_the_report_of_an_error(user, rf):
    api_key = user.api_keys.create_key()[0]
    with pytest.raises(IntegrityError) as caught:
        user.api_keys.create_key(id=api_key.pk)
    error = caught.value
    report = ExceptionReporter(rf.get("/"), type(error), error, error.__traceback__)
    html = report.get_traceback_html()
    assert str(api_key.pk) in html
    assert not re.search(f"[sp]k_[0-9a-z]{{45}}{api_key.pk.hex}", html)


def test_times_are_stored_with_millisecond_precision(user):
    moment = datetime(2030, 1, 2, 3, 4, 5, 678_999, tzinfo=UTC)
    api_key, _value = user.api_keys.create_key(expires_at=moment)
    api_key.revoke()
    in_memory = (api_key.created_at, api_key.expires_at, api_key.manually_revoked_at)
    api_key.refresh_from_db()
    assert in_memory == (api_key.created_at, api_key.expires_at, api_key.manually_revoked_at)
    assert api_key.expires_at == moment.replace(microsecond=678_000)
    assert [moment.microsecond % 1000 for moment in in_memory] == [0, 0, 0]


def test_an_expiry_in_two_hundred_years_can_be_stored(user):
    moment = datetime(2226, 11, 23, tzinfo=UTC)
    user.api_keys.create_key(expires_at=moment)
    assert UserApiKey.objects.get().expires_at == moment


def test_keys_are_ordered_newest_first(user):
    made = [user.api_keys.create_key(description=str(n))[0] for n in range(3)]
    moments = [timezone.now().replace(microsecond=0) + timedelta(seconds=n) for n in range(3)]
    for api_key, moment in zip(made, moments, strict=True):
        UserApiKey.objects.filter(pk=api_key.pk).update(created_at=moment)
    assert list(user.api_keys.all()) == made[::-1]


def test_the_related_manager_has_only_the_owners_keys(user, team):
    api_key, _value = user.api_keys.create_key()
    UserFactory().api_keys.create_key()
    team.api_keys.create_key()
    assert list(user.api_keys.all()) == [api_key]


def test_every_key_is_in_one_of_three_states(user):
    past, future = timezone.now() - timedelta(days=1), timezone.now() + timedelta(days=1)
    endless, _value = user.api_keys.create_key()
    valid, _value = user.api_keys.create_key(expires_at=future)
    expired, _value = user.api_keys.create_key(expires_at=past)
    revoked, _value = user.api_keys.create_key(expires_at=future)
    both, _value = user.api_keys.create_key(expires_at=past)
    revoked.revoke()
    both.revoke()
    assert set(user.api_keys.valid()) == {endless, valid}
    assert set(user.api_keys.expired()) == {expired}
    assert set(user.api_keys.revoked()) == {revoked, both}
    states = [api_key.status for api_key in (endless, valid, expired, revoked, both)]
    assert states == ["valid", "valid", "expired", "revoked", "revoked"]
    reasons = [api_key.why_invalid() for api_key in (endless, expired, both)]
    assert reasons == [None, "expired", "manually-revoked"]


@pytest.mark.parametrize(
    ("days", "soon"), [(None, False), (-1, False), (1, True), (6, True), (8, False)]
)
def test_a_valid_key_expires_soon_in_its_last_week(user, days, soon):
    expires_at = days and timezone.now() + timedelta(days=days)
    api_key, _value = user.api_keys.create_key(expires_at=expires_at)
    assert api_key.expires_soon() is soon


def test_a_revoked_key_can_be_renamed(user):
    api_key, _value = user.api_keys.create_key(description="old")
    api_key.revoke()
    api_key.rename("new")
    assert (api_key.description, UserApiKey.objects.get().description) == ("new", "new")


def test_a_revocation_stores_who_revoked_the_key_and_why(user):
    api_key, _value = user.api_keys.create_key()
    api_key.revoke(by=user, reason="left on a train")
    stored = UserApiKey.objects.get()
    assert stored.why_invalid() == "manually-revoked"
    assert (stored.revoked_by, stored.revoked_reason) == (user, "left on a train")


def test_revoking_again_keeps_the_first_revocation(user):
    api_key, _value = user.api_keys.create_key()
    stale = UserApiKey.objects.get()
    api_key.revoke(by=user, reason="first")
    stale.revoke(reason="second")
    assert stale.manually_revoked_at == api_key.manually_revoked_at
    assert (stale.revoked_by, stale.revoked_reason) == (user, "first")
    stored = UserApiKey.objects.get()
    assert stored.manually_revoked_at == api_key.manually_revoked_at
    assert stored.revoked_reason == "first"


def test_saving_a_row_that_was_read_earlier_does_not_undo_a_revocation(user):
    api_key, _value = user.api_keys.create_key(description="old")
    stale = UserApiKey.objects.get()
    api_key.revoke()
    stale.description = "new"
    stale.save()
    stored = UserApiKey.objects.get()
    assert stored.description == "new"
    assert stored.manually_revoked_at == api_key.manually_revoked_at


def test_a_save_cannot_write_a_revocation(user):
    api_key, _value = user.api_keys.create_key()
    stale = UserApiKey.objects.get()
    api_key.revoke()
    for names in (["manually_revoked_at"], ["description", "revoked_by"]):
        with pytest.raises(ValueError, match="revoke"):
            stale.save(update_fields=names)
    assert UserApiKey.objects.get().status == "revoked"


@pytest.mark.parametrize("expires_at", [datetime(2030, 1, 1), date(2030, 1, 1), "2030-01-01"])  # noqa: DTZ001  # naive on purpose
def test_an_expiry_that_is_not_an_aware_datetime_is_refused(user, expires_at):
    with pytest.raises(ValidationError) as caught:
        user.api_keys.create_key(expires_at=expires_at)
    assert "expires_at" in caught.value.message_dict
    assert not UserApiKey.objects.exists()


def test_saving_a_row_that_was_read_in_part_writes_only_that_part(user):
    api_key, _value = user.api_keys.create_key(description="old")
    partial = UserApiKey.objects.only("description").get()
    partial.description = "new"
    partial.save()
    api_key.refresh_from_db()
    assert api_key.description == "new"
    assert len(api_key.digest) == 64


def test_changing_a_key_that_was_deleted_meanwhile_raises_not_found(user):
    api_key, _value = user.api_keys.create_key()
    UserApiKey.objects.all().delete()
    with pytest.raises(exceptions.ApiKeyNotFound):
        api_key.revoke()
    with pytest.raises(exceptions.ApiKeyNotFound):
        api_key.rename("gone")


@pytest.mark.parametrize("kind", ["user", "team"])
def test_deleting_the_owner_deletes_its_keys(kind, request):
    owner = request.getfixturevalue(kind)
    owner.api_keys.create_key()
    owner.delete()
    assert not UserApiKey.objects.exists()
    assert not TeamApiKey.objects.exists()


def test_deleting_the_creator_and_the_revoker_keeps_the_key_of_a_team(team, user):
    api_key, _value = team.api_keys.create_key(created_by=user)
    api_key.revoke(by=user)
    user.delete()
    api_key.refresh_from_db()
    assert (api_key.created_by, api_key.revoked_by) == (None, None)
    assert api_key.status == "revoked"


def test_creating_a_second_key_with_the_same_id_raises_integrity_error(user):
    api_key_id = uuid.uuid4()
    user.api_keys.create_key(id=api_key_id)
    with pytest.raises(IntegrityError):
        user.api_keys.create_key(id=api_key_id)


def test_a_description_or_reason_that_is_too_long_is_refused(user):
    with pytest.raises(ValidationError, match="255"):
        user.api_keys.create_key(description="x" * 256)
    api_key, _value = user.api_keys.create_key(description="x" * 255)
    with pytest.raises(ValidationError, match="255"):
        api_key.rename("y" * 256)
    with pytest.raises(ValidationError, match="255"):
        api_key.revoke(reason="z" * 256)
    stored = UserApiKey.objects.get()
    assert (stored.description, stored.status) == ("x" * 255, "valid")


def test_the_limit_counts_valid_keys_of_this_owner_only(user, settings):
    settings.STACK_APIKEYS = {"MAX_VALID_KEYS_PER_OWNER": 2}
    UserFactory().api_keys.create_key()
    user.api_keys.create_key(expires_at=timezone.now() - timedelta(days=1))
    first, _value = user.api_keys.create_key()
    user.api_keys.create_key()
    with pytest.raises(exceptions.TooManyApiKeys, match=r"limit of valid API keys \(2\)"):
        user.api_keys.create_key()
    first.revoke()
    UserApiKey.objects.create_key(user=user)
    with pytest.raises(exceptions.TooManyApiKeys):
        UserApiKey.objects.create_key(user=user)


@pytest.mark.parametrize("kind", ["user", "team"])
def test_no_keys_are_created_of_a_kind_that_is_not_enabled(kind, request, settings):
    owner = request.getfixturevalue(kind)
    settings.STACK_APIKEYS = {f"ALLOW_{kind.upper()}_API_KEYS": False}
    with pytest.raises(exceptions.ApiKeysNotEnabled, match=f"^{kind.capitalize()} API keys"):
        owner.api_keys.create_key()


def test_creation_and_revocation_each_send_one_signal_after_the_commit(
    user, received, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        api_key, _value = user.api_keys.create_key()
        api_key.revoke()
        api_key.revoke()
        assert received == []
    assert received == [("created", UserApiKey, api_key.pk), ("revoked", UserApiKey, api_key.pk)]


def test_the_value_is_returned_even_if_a_receiver_raises_an_exception(
    user, django_capture_on_commit_callbacks
):
    def fail(**kwargs):
        raise RuntimeError("a bug in the receiver")

    signals.api_key_created.connect(fail)
    try:
        with django_capture_on_commit_callbacks(execute=True):
            _api_key, value = user.api_keys.create_key()
    finally:
        signals.api_key_created.disconnect(fail)
    assert value.startswith("sk_")


@pytest.mark.parametrize("owner_id", [uuid.UUID(int=1), "nonsense", None])
def test_an_owner_that_does_not_exist_raises_not_found(owner_id):
    with pytest.raises(exceptions.UserNotFound):
        UserApiKey.get_owner(owner_id)
    with pytest.raises(exceptions.TeamNotFound):
        TeamApiKey.get_owner(owner_id)


@pytest.mark.parametrize(
    "copied", [copy.deepcopy, lambda api_key: pickle.loads(pickle.dumps(api_key))]
)
def test_a_copy_of_a_verified_key_can_be_saved(user, copied):
    _api_key, value = user.api_keys.create_key()
    api_key = copied(verify_api_key(value))
    api_key.description = "CI"
    api_key.save()
    assert user.api_keys.get().description == "CI"
