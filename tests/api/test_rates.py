"""The rates of a key over HTTP: backends change them, owners see them."""

import pytest

from tests.wire import admin, browser, server

pytestmark = pytest.mark.django_db


def test_backends_change_the_rates_of_a_key(owner, endpoint):
    api_key, _value = owner.api_keys.create_key()
    for caller, rates, stored in (
        (server(), ["20/second", "1000/hour"], ["20/second", "1000/hour"]),
        (admin(), "unlimited", []),
        (admin(), [], []),
    ):
        answer = caller.patch(f"{endpoint}/{api_key.pk}", {"rates": rates})
        assert answer.json()["rates"] == stored
        assert caller.get(f"{endpoint}/{api_key.pk}").json()["rates"] == stored
        api_key.refresh_from_db()
        assert (api_key.rates, api_key.description) == (stored, "")
    assert "rates" not in server().patch(f"{endpoint}/{api_key.pk}", {"rates": None}).json()


def test_a_key_without_rates_of_its_own_looks_as_the_official_sdks_know_it(
    kind, owner, manager, endpoint
):
    api_key, _value = owner.api_keys.create_key()
    page = browser(manager)
    assert "rates" not in page.get(f"{endpoint}/{api_key.pk}").json()
    assert "rates" not in page.get(f"{endpoint}?{kind}_id={owner.pk}").json()["items"][0]
    api_key.set_rates(["20/second"])
    assert page.get(f"{endpoint}/{api_key.pk}").json()["rates"] == ["20/second"]
    listed = page.get(f"{endpoint}?{kind}_id={owner.pk}").json()["items"][0]
    assert listed["rates"] == ["20/second"]


def test_owners_cannot_change_the_rates_of_their_keys(owner, manager, endpoint):
    api_key, _value = owner.api_keys.create_key()
    for rates in (["20/second"], "unlimited", None):
        answer = browser(manager).patch(
            f"{endpoint}/{api_key.pk}", {"rates": rates, "description": "Mine"}
        )
        assert (answer.status_code, answer.json()["code"]) == (400, "SCHEMA_ERROR")
        assert "body contains unknown properties: rates" in answer.json()["error"]
    api_key.refresh_from_db()
    assert (api_key.rates, api_key.description) == (None, "")


@pytest.mark.parametrize(
    "rates", ["20/second", ["20/year"], [20], 20, {}, ["20/second", "30/s"], [None], ["0/day"]]
)
def test_what_are_no_rates_is_refused(owner, endpoint, rates):
    api_key, _value = owner.api_keys.create_key()
    body = {"rates": rates, "description": "New"}
    answer = server().patch(f"{endpoint}/{api_key.pk}", body)
    assert "body.rates must be a list of rates" in answer.json()["error"]
    assert answer.status_code == 400
    api_key.refresh_from_db()
    assert (api_key.rates, api_key.description) == (None, "")


def test_a_key_that_a_backend_checks_is_counted(owner, endpoint, configure):
    configure(RATES=["2/minute"])
    _api_key, value = owner.api_keys.create_key()
    answers = [server().post(f"{endpoint}/check", {"api_key": value}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[-1]["Retry-After"] == "10"
    assert answers[-1]["Content-Type"] == "text/plain; charset=utf-8"
    assert answers[0]["RateLimit-Policy"] == '"minute";q=2;w=60'
    assert answers[0]["RateLimit"] == '"minute";r=1;t=30'
    assert answers[-1]["RateLimit"].startswith('"minute";r=0;t=')
    assert "RateLimit" not in server().get("/users/me")


def test_wrong_values_that_a_backend_checks_are_not_guesses_of_the_backend(endpoint, configure):
    configure(GUESS_RATE="1/minute")
    answers = [server().post(f"{endpoint}/check", {"api_key": "sk_mistyped"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [404] * 3
