import pytest
from django.test import RequestFactory

from stack_apikeys.client_address import client_address


@pytest.mark.parametrize(
    ("number", "forwarded", "address"),
    [
        (None, "192.0.2.1", "10.0.0.1"),
        (0, "192.0.2.1", "10.0.0.1"),
        (1, "192.0.2.1", "192.0.2.1"),
        (1, "192.0.2.66, 192.0.2.1", "192.0.2.1"),
        (2, "192.0.2.66, 192.0.2.1, 10.0.0.2", "192.0.2.1"),
        (1, "nonsense", "nonsense"),
    ],
)
def test_x_forwarded_for_is_read_as_far_as_num_proxies_says(settings, number, forwarded, address):
    settings.REST_FRAMEWORK = {"NUM_PROXIES": number}
    request = RequestFactory().get(
        "/", REMOTE_ADDR="10.0.0.1", headers={"X-Forwarded-For": forwarded}
    )
    assert client_address(request) == address


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
    ],
)
def test_an_ipv6_address_is_replaced_by_its_network(remote, address):
    assert client_address(RequestFactory().get("/", REMOTE_ADDR=remote)) == address
