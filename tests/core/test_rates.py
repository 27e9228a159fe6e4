"""Keys may have rates of their own."""

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction

from stack_apikeys.exceptions import ApiKeyNotFound
from stack_apikeys.models import UserApiKey
from stack_apikeys.rates import clean_rates, describe, rates_of
from stack_apikeys.verification import verify_api_key

NOT_RATES = [
    "20/second",
    ["20"],
    ["20/year"],
    ["0/day"],
    ["-1/day"],
    [20],
    [None],
    [["20/day"]],
    {"20/day": 1},
    20,
    True,
    "",
    ["20/second", "30/s"],
    [f"{2**31}/day"],
    ["20/second\n"],
]


@pytest.mark.parametrize("rates", NOT_RATES)
def test_what_are_no_rates_is_refused(rates):
    with pytest.raises(ValidationError):
        clean_rates(rates)


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, None),
        ([], []),
        ("unlimited", []),
        (["20/second"], ["20/second"]),
        (("1000/hour", "20/s"), ["1000/hour", "20/s"]),
    ],
)
@pytest.mark.django_db
def test_rates_of_a_key_are_stored(user, given, stored):
    api_key, value = user.api_keys.create_key()
    api_key.set_rates(given)
    assert api_key.rates == UserApiKey.objects.get().rates == stored
    assert verify_api_key(value).rates == stored


@pytest.mark.parametrize("rates", NOT_RATES)
@pytest.mark.django_db
def test_nothing_else_reaches_the_row(user, rates):
    api_key, _value = user.api_keys.create_key()
    with pytest.raises(ValidationError, match="rates"):
        api_key.set_rates(rates)
    with pytest.raises(ValidationError, match="rates"), transaction.atomic():
        UserApiKey.objects.update(rates=rates)
    api_key.rates = rates
    with pytest.raises(ValidationError, match="rates"):
        api_key.save()
    assert UserApiKey.objects.get().rates is None


@pytest.mark.django_db
def test_a_key_that_was_deleted_meanwhile_has_no_rates(user):
    api_key, _value = user.api_keys.create_key()
    UserApiKey.objects.all().delete()
    with pytest.raises(ApiKeyNotFound):
        api_key.set_rates([])


@pytest.mark.django_db
def test_rates_take_effect_at_once_though_verifications_are_cached(user, configure):
    configure(VERIFICATION_CACHE_SECONDS=60)
    api_key, value = user.api_keys.create_key()
    assert verify_api_key(value).rates is None
    api_key.set_rates(["1/day"])
    verify_api_key(value).rates.append("2/hour")
    assert verify_api_key(value).rates == ["1/day"]


def test_the_settings_have_the_rates_of_other_keys(configure):
    secret, public = UserApiKey(), UserApiKey(is_public=True)
    assert [*rates_of(secret), *rates_of(public)] == []
    configure(RATES=["1000/hour", "20/second"])
    assert rates_of(secret) == rates_of(public) == [(20, 1), (1000, 3600)]
    configure(RATES=["20/second"], PUBLIC_RATES=["5/min"])
    assert (rates_of(secret), rates_of(public)) == ([(20, 1)], [(5, 60)])
    configure(PUBLIC_RATES=[])
    assert [*rates_of(public)] == []
    assert rates_of(UserApiKey(rates=["1/day"])) == [(1, 86400)]
    assert [*rates_of(UserApiKey(rates=[]))] == []


def test_people_read_rates_in_words():
    rates = rates_of(UserApiKey(rates=["20/s", "1000/min", "5/hour", "1/day"]))
    assert [describe(rate) for rate in rates] == [
        "20 per second",
        "1,000 per minute",
        "5 per hour",
        "1 per day",
    ]
