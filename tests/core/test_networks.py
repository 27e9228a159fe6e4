"""A key that is bound to networks is refused from everywhere else, and where nobody knows from where."""

from datetime import timedelta

import pytest
from asgiref.sync import async_to_sync
from django.test import RequestFactory
from django.utils import timezone

from stack_apikeys.exceptions import ApiKeyExpired, ApiKeyNotFound, ApiKeyRevoked, OutsideNetworks
from stack_apikeys.signals import api_key_rejected
from stack_apikeys.verification import (
    aget_user,
    averify_api_key,
    get_team,
    get_user,
    verify_api_key,
)

pytestmark = pytest.mark.django_db

NETWORKS = ["192.0.2.0/24", "2001:db8::/32"]


@pytest.fixture
def proxies(settings):
    """A function that sets the number of proxies in front of the site."""

    def set_number(number):
        settings.REST_FRAMEWORK = {"NUM_PROXIES": number}

    return set_number


def request_from(address, **headers):
    return RequestFactory().get("/", REMOTE_ADDR=address, headers=headers)


@pytest.mark.parametrize(
    "address", ["192.0.2.7", "::ffff:192.0.2.7", "::FFFF:c000:0207", "2001:db8:1::1"]
)
def test_a_key_can_be_used_from_its_networks(owner, address):
    api_key, value = owner.api_keys.create_key(networks=NETWORKS)
    assert verify_api_key(value, request=request_from(address)) == api_key
    assert verify_api_key(value, address=address) == api_key


@pytest.mark.parametrize(
    "address", ["192.0.3.7", "::ffff:192.0.3.7", "2001:db9::1", "", "unix:", "192.0.2.7:80"]
)
def test_a_key_cannot_be_used_from_elsewhere(owner, address, django_assert_num_queries):
    _api_key, value = owner.api_keys.create_key(networks=NETWORKS)
    with pytest.raises(OutsideNetworks), django_assert_num_queries(1):
        verify_api_key(value, request=request_from(address))
    with pytest.raises(OutsideNetworks):
        verify_api_key(value, address=address)


def test_a_key_with_networks_is_refused_where_no_address_is_known(user, team):
    _api_key, value = user.api_keys.create_key(networks=NETWORKS)
    with pytest.raises(ApiKeyNotFound):
        verify_api_key(value)
    with pytest.raises(ApiKeyNotFound):
        async_to_sync(averify_api_key)(value)
    assert get_user(api_key=value) is None
    assert async_to_sync(aget_user)(api_key=value) is None
    assert get_team(api_key=team.api_keys.create_key(networks=NETWORKS)[1]) is None


def test_the_address_of_the_client_counts_and_not_that_of_the_request(user):
    _api_key, value = user.api_keys.create_key(networks=NETWORKS)
    inside, outside = request_from("192.0.2.7"), request_from("10.0.0.1")
    assert verify_api_key(value, request=outside, address="192.0.2.7")
    for address in ("10.0.0.1", ""):
        with pytest.raises(OutsideNetworks):
            verify_api_key(value, request=inside, address=address)


@pytest.mark.parametrize(
    ("number", "forwarded", "is_accepted"),
    [
        (None, "192.0.2.7", False),
        (0, "192.0.2.7", False),
        (1, "192.0.2.7", True),
        (1, "192.0.2.7, 198.51.100.1", False),
        (2, "192.0.2.7, 198.51.100.1", True),
        (1, "unknown", False),
    ],
)
def test_a_header_tells_the_address_only_behind_a_proxy(
    user, proxies, number, forwarded, is_accepted
):
    proxies(number)
    _api_key, value = user.api_keys.create_key(networks=NETWORKS)
    request = request_from("10.0.0.1", X_Forwarded_For=forwarded)
    try:
        verify_api_key(value, request=request)
    except OutsideNetworks:
        assert not is_accepted
    else:
        assert is_accepted


def test_behind_a_proxy_the_address_of_the_proxy_is_not_that_of_the_client(user, proxies):
    proxies(1)
    _api_key, value = user.api_keys.create_key(networks=["10.0.0.0/8"])
    with pytest.raises(OutsideNetworks):
        verify_api_key(value, request=request_from("10.0.0.1", X_Forwarded_For="198.51.100.1"))


@pytest.mark.parametrize("seconds", [0, 60], ids=["uncached", "cached"])
@pytest.mark.django_db(transaction=True)
def test_networks_that_are_changed_count_at_once(user, configure, seconds):
    configure(VERIFICATION_CACHE_SECONDS=seconds)
    api_key, value = user.api_keys.create_key(networks=NETWORKS)
    request = request_from("198.51.100.1")
    with pytest.raises(OutsideNetworks):
        verify_api_key(value, request=request)
    api_key.set_networks(["198.51.100.0/24"])
    assert verify_api_key(value, request=request) == api_key
    api_key.set_networks(NETWORKS)
    with pytest.raises(OutsideNetworks):
        verify_api_key(value, request=request)
    api_key.set_networks(None)
    assert verify_api_key(value) == api_key


def test_a_key_that_has_ended_says_so_from_everywhere(user):
    api_key, value = user.api_keys.create_key(networks=NETWORKS)
    api_key.revoke()
    with pytest.raises(ApiKeyRevoked):
        verify_api_key(value)
    yesterday = timezone.now() - timedelta(days=1)
    _api_key, value = user.api_keys.create_key(networks=NETWORKS, expires_at=yesterday)
    with pytest.raises(ApiKeyExpired):
        verify_api_key(value)


def test_a_usable_key_is_unknown_elsewhere_whatever_else_is_wrong(user):
    _api_key, value = user.api_keys.create_key(networks=NETWORKS, is_public=True)
    with pytest.raises(OutsideNetworks):
        verify_api_key(value, kind="team")
    with pytest.raises(OutsideNetworks):
        verify_api_key(value, accept_public_keys=False)


def test_the_caller_learns_what_they_learn_of_an_unknown_key_and_the_log_why(user, caplog):
    caplog.set_level("INFO", "stack_apikeys.verification")
    reasons = []

    def note(reason, api_key_id, **_):
        reasons.append((reason, api_key_id))

    api_key, value = user.api_keys.create_key(networks=NETWORKS)
    api_key_rejected.connect(note)
    try:
        with pytest.raises(ApiKeyNotFound) as refused:
            verify_api_key(value)
    finally:
        api_key_rejected.disconnect(note)
    unknown = ApiKeyNotFound()
    for shown in ("code", "status", "message", "translated_message", "details"):
        assert getattr(refused.value, shown) == getattr(unknown, shown)
    assert reasons == [("outside_networks", api_key.pk)]
    assert caplog.messages == [f"Refused key {api_key.pk}: outside_networks"]
