"""The networks of a key over HTTP, and the address that a backend tells about its client."""

import pytest

from tests.wire import admin, assert_not_found, browser, new_key, server

pytestmark = pytest.mark.django_db

NETWORKS = ["192.0.2.0/24", "2001:db8::/32"]
SENTENCE = (
    'body.networks must be a list of 1 to 50 networks such as "192.0.2.0/24" or "2001:db8::/32"'
)


@pytest.fixture(params=["client", "server", "admin"])
def caller(request, manager):
    return {"client": browser(manager), "server": server(), "admin": admin()}[request.param]


def test_every_access_changes_and_removes_the_networks_of_a_key(owner, endpoint, caller):
    api_key, _value = owner.api_keys.create_key()
    url = f"{endpoint}/{api_key.pk}"
    body = {"networks": ["2001:db8::/32", "192.0.2.0/24"]}
    assert caller.patch(url, body).json()["networks"] == NETWORKS
    assert caller.get(url).json()["networks"] == NETWORKS
    assert caller.patch(url, {"description": "CI"}).json()["networks"] == NETWORKS
    assert "networks" not in caller.patch(url, {"networks": None}).json()
    api_key.refresh_from_db()
    assert (api_key.networks, api_key.description) == (None, "CI")


@pytest.mark.parametrize("networks", [[], "192.0.2.0/24", ["192.0.2.1/24"], ["nowhere"], [7], {}])
def test_what_are_no_networks_is_refused_and_changes_nothing(owner, endpoint, caller, networks):
    api_key, _value = owner.api_keys.create_key()
    answer = caller.patch(
        f"{endpoint}/{api_key.pk}", {"networks": networks, "description": "New", "revoked": True}
    )
    assert answer.status_code == 400
    assert SENTENCE in answer.json()["error"]
    api_key.refresh_from_db()
    assert (api_key.networks, api_key.description, api_key.status) == (None, "", "valid")


def test_a_client_must_have_signed_in_recently_to_change_networks(
    owner, manager, endpoint, configure
):
    configure(REAUTHENTICATE_AFTER_SECONDS=0)
    api_key, _value = owner.api_keys.create_key(networks=NETWORKS)
    url = f"{endpoint}/{api_key.pk}"
    assert browser(manager).patch(url, {"networks": None}).status_code == 403
    assert browser(manager).patch(url, {"description": "CI"}).status_code == 200
    api_key.refresh_from_db()
    assert api_key.networks == NETWORKS
    assert server().patch(url, {"networks": None}).status_code == 200


def test_a_checked_key_is_bound_to_the_address_that_the_backend_tells_or_has(owner, endpoint):
    networks = ["127.0.0.0/8", "192.0.2.0/24"]
    _api_key, value = owner.api_keys.create_key(networks=networks)

    def check(**told):
        return server().post(f"{endpoint}/check", {"api_key": value, **told})

    for address in ("192.0.2.7", "::ffff:192.0.2.7"):
        assert check(address=address).json()["networks"] == networks
    for address in ("", "198.51.100.1", "2001:db8::1"):
        assert_not_found(check(address=address))
    for told in ({}, {"address": None}):  # the backend's own address, 127.0.0.1
        assert check(**told).json()["networks"] == networks
    _api_key, value = owner.api_keys.create_key(networks=["192.0.2.0/24"])
    for told in ({}, {"address": None}):
        assert_not_found(check(**told))


@pytest.mark.parametrize("address", ["nowhere", "192.0.2.0/24", 7, ["192.0.2.7"], {}])
def test_an_address_that_is_none_is_named(user, address):
    value = user.api_keys.create_key()[1]
    answer = server().post("/user-api-keys/check", {"api_key": value, "address": address})
    assert answer.status_code == 400
    assert "\n  - body.address must be a" in answer.json()["error"]


def test_backends_create_keys_with_rates_and_owners_do_not(kind, owner, manager, endpoint):
    for caller, rates, stored in (
        (server(), ["20/second"], ["20/second"]),
        (admin(), "unlimited", []),
    ):
        answer = caller.post(endpoint, new_key(kind, owner, rates=rates))
        assert answer.json()["rates"] == stored
    assert "rates" not in server().post(endpoint, new_key(kind, owner, rates=None)).json()
    refused = browser(manager).post(endpoint, new_key(kind, owner, rates=["20/second"]))
    assert "body contains unknown properties: rates" in refused.json()["error"]
    refused = server().post(endpoint, new_key(kind, owner, rates=["often"]))
    assert "body.rates must be a list of rates" in refused.json()["error"]
    assert owner.api_keys.count() == 3
