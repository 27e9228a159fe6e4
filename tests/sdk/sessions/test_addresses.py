"""The network address of a session, which the list of active sessions shows."""

from datetime import timedelta

import pytest

from stack_apikeys.sdk.models import Session
from tests.factories import PASSWORD
from tests.wire import anyone, refresh, server

pytestmark = pytest.mark.django_db


def sign_in_from(user, address, **headers):
    caller = anyone()
    caller.client.defaults |= {"REMOTE_ADDR": address, **headers}
    response = caller.post("/auth/password/sign-in", {"email": user.email, "password": PASSWORD})
    return response.json()["refresh_token"]


def shown(user):
    [item] = server().get(f"/auth/sessions?user_id={user.pk}").json()["items"]
    return item.get("last_used_at_end_user_ip_info")


def make_older():
    session = Session.objects.get()
    Session.objects.update(last_used_at=session.last_used_at - timedelta(hours=1))


@pytest.mark.parametrize(
    ("address", "recorded"),
    [
        ("203.0.113.7", "203.0.113.7"),
        ("::ffff:203.0.113.7", "203.0.113.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ],
)
def test_a_session_shows_where_it_began(user, address, recorded):
    sign_in_from(user, address)
    assert shown(user) == {"ip": recorded}


def test_a_session_shows_where_it_was_last_used(user):
    refresh_token = sign_in_from(user, "203.0.113.7")
    make_older()
    refresh(refresh_token)
    assert shown(user) == {"ip": "127.0.0.1"}


def test_the_address_is_written_only_with_the_time_of_use(user, django_assert_num_queries):
    refresh_token = sign_in_from(user, "203.0.113.7")
    with django_assert_num_queries(2):  # the session with its user, and the profile
        refresh(refresh_token)
    assert shown(user) == {"ip": "203.0.113.7"}


def test_forwarded_addresses_are_recorded_only_from_trusted_proxies(user, settings):
    sign_in_from(user, "198.51.100.1", HTTP_X_FORWARDED_FOR="192.0.2.66, 203.0.113.7")
    assert shown(user) == {"ip": "198.51.100.1"}
    Session.objects.all().delete()
    settings.REST_FRAMEWORK = {"NUM_PROXIES": 1}
    sign_in_from(user, "198.51.100.1", HTTP_X_FORWARDED_FOR="192.0.2.66, 203.0.113.7")
    assert shown(user) == {"ip": "203.0.113.7"}


def test_a_setting_disables_addresses_and_clears_them_at_the_next_use(user, settings):
    refresh_token = sign_in_from(user, "203.0.113.7")
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"RECORD_SESSION_ADDRESSES": False}
    make_older()
    refresh(refresh_token)
    assert Session.objects.get().last_address == ""
    assert shown(user) is None


def test_a_long_address_is_truncated(user):
    sign_in_from(user, "unix:" + "x" * 100)
    assert len(Session.objects.get().last_address) == 64
