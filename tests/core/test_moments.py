"""Every way to store an expiry refuses times that a database or a time zone cannot represent."""

from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import F
from django.urls import reverse
from django.utils import timezone

from stack_apikeys import timestamps
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.pages.forms import CreateApiKeyForm
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db

ZONES = ["UTC", "Asia/Tokyo", "America/Los_Angeles"]

OUTSIDE = [
    datetime.max.replace(tzinfo=UTC),
    datetime.min.replace(tzinfo=UTC),
    datetime(9998, 12, 31, 23, tzinfo=UTC),
    datetime(999, 12, 31, 1, tzinfo=UTC),
]


def create_key(owner, expires_at):
    owner.api_keys.create_key(expires_at=expires_at)


def bulk_create_keys(owner, expires_at):
    owner.api_keys.bulk_create_keys(2, expires_at=expires_at)


def issue_keys(owner, expires_at):
    list(owner.api_keys.model.objects.issue_keys([owner.pk], expires_at=expires_at))


def save(owner, expires_at):
    api_key, _value = owner.api_keys.create_key()
    api_key.expires_at = expires_at
    api_key.save()


def save_in_part(owner, expires_at):
    api_key, _value = owner.api_keys.create_key()
    api_key.expires_at = expires_at
    api_key.save(update_fields=["expires_at"])


def update(owner, expires_at):
    owner.api_keys.create_key()
    owner.api_keys.update(expires_at=expires_at)


def bulk_update(owner, expires_at):
    api_key, _value = owner.api_keys.create_key()
    api_key.expires_at = expires_at
    owner.api_keys.bulk_update([api_key], ["expires_at"])


def bulk_create(owner, expires_at):
    api_key, _value = owner.api_keys.create_key()
    api_key.pk, api_key.expires_at = uuid4(), expires_at
    owner.api_keys.bulk_create([api_key])


WAYS = [
    create_key,
    bulk_create_keys,
    issue_keys,
    save,
    save_in_part,
    update,
    bulk_update,
    bulk_create,
]


@pytest.mark.parametrize("write", WAYS)
@pytest.mark.parametrize("factory", [UserFactory, TeamFactory])
def test_a_time_outside_of_the_range_is_refused(factory, write):
    owner = factory()
    for zone, moment in product(ZONES, OUTSIDE):
        with pytest.raises(ValidationError) as caught, transaction.atomic():
            write(owner, moment.replace(tzinfo=ZoneInfo(zone)))
        assert list(caught.value.message_dict) == ["expires_at"]
    assert not owner.api_keys.exclude(expires_at=None).exists()


@pytest.mark.parametrize("write", [create_key, bulk_create_keys, issue_keys, save, save_in_part])
def test_the_transaction_can_be_used_after_a_refusal(write):
    user = UserFactory()
    with pytest.raises(ValidationError):
        write(user, datetime.max.replace(tzinfo=UTC))
    assert not user.api_keys.exclude(expires_at=None).exists()


@pytest.mark.parametrize("write", [save, update, bulk_update])
@pytest.mark.parametrize("wrong", ["soon", datetime(2030, 1, 1), 7])  # noqa: DTZ001  # naive on purpose
def test_a_value_that_is_not_an_aware_datetime_is_refused(write, wrong):
    user = UserFactory()
    with pytest.raises(ValidationError) as caught, transaction.atomic():
        write(user, wrong)
    assert list(caught.value.message_dict) == ["expires_at"]


@pytest.mark.parametrize("moment", [timestamps.EARLIEST, timestamps.LATEST])
@pytest.mark.parametrize("zone", ZONES)
def test_the_earliest_and_the_latest_time_can_be_stored_and_shown(client, settings, zone, moment):
    settings.TIME_ZONE = zone
    user = UserFactory(is_staff=True, is_superuser=True)
    for write in WAYS:
        write(user, moment)
    assert user.api_keys.filter(expires_at=moment).count() >= len(WAYS)
    client.force_login(user)
    assert client.get(reverse("stack_apikeys:user-api-keys")).status_code == 200
    assert client.get(reverse("stack_apikeys:user-api-keys-csv")).getvalue()
    assert client.get(reverse("admin:stack_apikeys_userapikey_changelist")).status_code == 200


@pytest.mark.parametrize("model", [UserApiKey, TeamApiKey])
def test_the_database_refuses_an_expression_outside_of_the_range(model):
    owner = {"user": UserFactory, "team": TeamFactory}[model.KIND]()
    owner.api_keys.create_key(expires_at=timestamps.LATEST)
    name = f"{model.KIND}apikey_expires_in_range"
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        model.objects.update(expires_at=F("expires_at") + timedelta(days=1))


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    ("date", "time"),
    [("9999-12-31", "23:59:59"), ("0001-01-01", "00:00:00"), ("0999-06-01", "0:0")],
)
def test_the_admin_refuses_times_outside_of_the_range(client, settings, zone, date, time):
    settings.TIME_ZONE = zone
    staff = UserFactory(is_staff=True, is_superuser=True)
    client.force_login(staff)
    form = {
        "user": staff.pk,
        "description": "CI",
        "new_id": uuid4(),
        "expires_at_0": date,
        "expires_at_1": time,
    }
    answer = client.post(reverse("admin:stack_apikeys_userapikey_add"), form)
    assert answer.status_code == 200
    assert "expires_at" in answer.context["adminform"].form.errors
    assert not UserApiKey.objects.exists()


@pytest.fixture
def expiry_in(rf, monkeypatch):
    """A function that returns the expiry in a number of days, as the form calculates it."""

    def expiry_in(days, *, now):
        monkeypatch.setattr(timezone, "now", lambda: now.astimezone(UTC))
        request = rf.get("/")
        request.user = user = UserFactory.build()
        data = {"description": "CI", "expires_in": str(days), "key_id": "x"}
        form = CreateApiKeyForm(data, request=request, owner=user)
        assert form.is_valid(), form.errors
        return form.cleaned_data["expires_at"]

    return expiry_in


@pytest.mark.parametrize(
    ("zone", "now", "days", "expected"),
    [
        ("America/New_York", (2026, 3, 1, 12), 30, (2026, 3, 31, 12)),
        ("America/New_York", (2026, 10, 20, 12), 30, (2026, 11, 19, 12)),
        ("Europe/Berlin", (2026, 3, 28, 9, 30), 1, (2026, 3, 29, 9, 30)),
        ("Europe/Berlin", (2026, 3, 28, 2, 30), 1, (2026, 3, 29, 3, 30)),  # 2:30 did not exist
        ("UTC", (2026, 3, 1, 12), 30, (2026, 3, 31, 12)),
    ],
)
def test_a_number_of_days_keeps_the_local_time_of_day(expiry_in, zone, now, days, expected):
    zone = ZoneInfo(zone)
    with timezone.override(zone):
        expires_at = expiry_in(days, now=datetime(*now, tzinfo=zone))
    assert expires_at.astimezone(zone) == datetime(*expected, tzinfo=zone)
    assert expires_at.tzinfo is UTC
