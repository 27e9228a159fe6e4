"""Every way to let a key in keeps to its networks, and answers as to an unknown key."""

import pytest
from django.test import Client

from stack_apikeys.keys import generate
from stack_apikeys.usage.recorder import recorder
from tests.drf.test_rates import BEHIND_THE_MIDDLEWARE, MIDDLEWARE, VIEWS

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.drf.test_rates")]


def get(view, value, address):
    return Client(REMOTE_ADDR=address).get(f"/{view}", headers={"X-Stack-Api-Key": value})


def shown(response):
    return response.status_code, response.content, response.headers.items()


@pytest.mark.parametrize(
    ("view", "with_middleware"),
    [*((view, False) for view in VIEWS), *((view, True) for view in BEHIND_THE_MIDDLEWARE)],
)
def test_a_key_is_let_in_from_its_networks_and_unknown_elsewhere(
    user, settings, view, with_middleware
):
    if with_middleware:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    api_key, value = user.api_keys.create_key(networks=["192.0.2.0/24"])
    another_secret = generate(kind="user", id=api_key.pk)
    assert get(view, value, "192.0.2.7").status_code == 200
    unknown = get(view, another_secret, "198.51.100.1")
    assert unknown.status_code == 401
    for address in ("198.51.100.1", ""):
        answer = get(view, value, address)
        assert [*map(str, shown(answer))] == [*map(str, shown(unknown))]


def test_a_use_from_elsewhere_counts_as_a_guess(user, configure):
    configure(GUESS_RATE="2/min")
    _api_key, value = user.api_keys.create_key(networks=["192.0.2.0/24"])
    answers = [get("drf", value, "198.51.100.1") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 429, 429]
    assert get("drf", value, "192.0.2.7").status_code == 200


def test_a_use_from_elsewhere_takes_nothing_from_the_rates_of_the_key(user, configure):
    _api_key, value = user.api_keys.create_key(networks=["192.0.2.0/24"], rates=["2/min"])
    for _ in range(5):
        get("drf", value, "198.51.100.1")
    assert [get("drf", value, "192.0.2.7").status_code for _ in range(3)] == [200, 200, 429]


def test_a_use_from_elsewhere_is_counted_as_such(user):
    api_key, value = user.api_keys.create_key(networks=["192.0.2.0/24"])
    get("drf", value, "198.51.100.1")
    [hour] = recorder.gathered(api_key.pk).hours.values()
    assert (hour.accepted, {**hour.refused}) == (0, {"network": 1})
