"""The history on the page of a key."""

import re

import pytest

from stack_apikeys.pages.dates import long_moment
from stack_apikeys.pages.history import history
from tests.factories import UserFactory
from tests.pages.lists import in_days, team_of, text_of
from tests.settings_pages import address, make_key

pytestmark = pytest.mark.django_db


def events(client, api_key):
    """Return the text of each event on the key's page, in order."""
    page = client.get(address("api-key", api_key, team_of(api_key.owner))).text
    listed = re.search(r'<ol class="apikeys-history">(.*?)</ol>', page, re.DOTALL)[1]
    return [text_of(each) for each in re.findall("<li.*?</li>", listed, re.DOTALL)]


def past(owner, **fields):
    """Create a key ten days ago."""
    api_key = make_key(owner, **fields)
    owner.api_keys.filter(pk=api_key.pk).update(created_at=in_days(-10))
    api_key.refresh_from_db()
    return api_key


def test_a_new_key_has_been_created_and_will_expire(client, owner, user):
    api_key = make_key(owner, created_by=user, expires_at=in_days(90))
    assert events(client, api_key) == [
        f"Created by Ada {long_moment(api_key.created_at)}",
        f"Will expire {long_moment(api_key.expires_at)}",
    ]


def test_what_is_to_come_looks_different(client, user):
    api_key = make_key(user, expires_at=in_days(90))
    page = client.get(address("api-key", api_key)).text
    [to_come] = re.findall('<li class="apikeys-to-come">(.*?)</li>', page, re.DOTALL)
    assert text_of(to_come).startswith("Will expire ")


def test_a_key_of_the_server_that_never_expires_was_created(client, owner):
    api_key = make_key(owner)
    moment = long_moment(api_key.created_at)
    assert events(client, api_key) == [f"Created by the server {moment}"]


def test_an_expired_key_has_expired(client, owner):
    api_key = past(owner, expires_at=in_days(-1))
    assert [each.partition(" ")[0] for each in events(client, api_key)] == ["Created", "Expired"]


def test_a_revoked_key_tells_who_revoked_it_and_why(client, owner):
    api_key = make_key(owner, expires_at=in_days(90))
    api_key.revoke(by=UserFactory(display_name="Grace <G>"), reason="Left on a <train>")
    created, revoked = events(client, api_key)
    assert created.startswith("Created ")
    moment = long_moment(api_key.manually_revoked_at)
    assert revoked == f"Revoked by Grace <G> {moment} Left on a <train>"
    page = client.get(address("api-key", api_key, team_of(owner))).text
    assert '<blockquote><bdi dir="auto">Left on a &lt;train&gt;</bdi></blockquote>' in page


def test_a_key_that_was_revoked_after_it_had_expired_tells_both(client, owner):
    api_key = past(owner, expires_at=in_days(-1))
    api_key.revoke()
    assert [each.text for each in history(api_key)] == [
        "Created by the server",
        "Expired",
        "Revoked by the server",
    ]


def test_a_key_that_was_revoked_before_it_would_have_expired_did_not_expire(owner):
    api_key = past(owner, expires_at=in_days(1))
    api_key.revoke()
    assert [each.text for each in history(api_key)] == [
        "Created by the server",
        "Revoked by the server",
    ]
