"""The lifetimes that the form of a new key offers, as far as the settings allow them."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from tests.settings_pages import address, chosen, create, is_created

pytestmark = pytest.mark.django_db


def offered(client):
    """The values and the labels of the choices, and the one that is chosen first."""
    page = client.get(address("api-key-create")).text
    choices = re.findall(r'name="expires_in" value="(\w+)".*?<label[^>]*>(.*?)</label>', page)
    return dict(choices), chosen(page, "expires_in")


@pytest.mark.parametrize(
    ("limits", "values", "first"),
    [
        ({}, ["1", "7", "30", "90", "365", "never", "custom"], "30"),
        ({"MAX_LIFETIME": timedelta(days=90)}, ["1", "7", "30", "90", "custom"], "30"),
        (
            {"MAX_LIFETIME": timedelta(days=90), "ALLOW_KEYS_WITHOUT_EXPIRY": True},
            ["1", "7", "30", "90", "never", "custom"],
            "30",
        ),
        (
            {"ALLOW_KEYS_WITHOUT_EXPIRY": False},
            ["1", "7", "30", "90", "365", "custom"],
            "30",
        ),
        ({"MAX_LIFETIME": timedelta(days=14)}, ["1", "7", "longest", "custom"], "longest"),
        ({"MAX_LIFETIME": timedelta(days=7, hours=5)}, ["1", "longest", "custom"], "longest"),
        ({"MAX_LIFETIME": timedelta(hours=36)}, ["longest", "custom"], "longest"),
        ({"MAX_LIFETIME": timedelta(hours=12)}, ["longest", "custom"], "longest"),
        (
            {"MAX_LIFETIME": timedelta(days=7), "ALLOW_KEYS_WITHOUT_EXPIRY": True},
            ["1", "7", "never", "custom"],
            "7",
        ),
    ],
)
def test_what_the_settings_do_not_allow_is_not_offered(
    client, user, configure, limits, values, first
):
    configure(**limits)
    choices, is_first = offered(client)
    assert [*choices] == values
    assert is_first == first
    for value in values:
        if value != "custom":
            assert is_created(create(client, expires_in=value))


@pytest.mark.parametrize(
    ("longest", "label"),
    [
        (timedelta(days=14), "14 days"),
        (timedelta(days=14, hours=5), "14 days"),
        (timedelta(days=1, hours=23), "1 day"),
        (timedelta(hours=12), "12 hours"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(days=730), "730 days"),
    ],
)
def test_the_longest_lifetime_is_offered(client, user, configure, longest, label):
    configure(MAX_LIFETIME=longest)
    assert offered(client)[0]["longest"] == label
    assert is_created(create(client, expires_in="longest"))
    api_key = user.api_keys.get()
    lifetime = api_key.expires_at - api_key.created_at
    assert timedelta(0) <= longest - lifetime < timedelta(minutes=5)


def test_the_last_date_is_the_last_that_can_be_chosen(client, user, configure):
    configure(MAX_LIFETIME=timedelta(days=90))
    last = timezone.localdate() + timedelta(days=90)
    assert f'max="{last}"' in client.get(address("api-key-create")).text
    too_late = create(client, expires_in="custom", expires_on=str(last + timedelta(days=2)))
    assert " or an earlier date." in too_late.text
    assert is_created(create(client, expires_in="custom", expires_on=str(last)))
    api_key = user.api_keys.get()
    assert api_key.expires_at - api_key.created_at <= timedelta(days=90, minutes=5)


@pytest.mark.parametrize(
    ("allowed", "text"), [(True, "earlier date, or “Never”."), (False, "Choose an earlier date.")]
)
def test_never_is_only_named_if_it_is_offered(client, user, configure, allowed, text):
    configure(ALLOW_KEYS_WITHOUT_EXPIRY=allowed)
    assert text in create(client, expires_in="custom", expires_on="9999-12-31").text
