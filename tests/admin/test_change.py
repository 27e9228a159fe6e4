"""The page of a key in Django admin: its description, its networks and its rates can change."""

import re

import pytest
from django.contrib.admin.models import LogEntry
from django.test import override_settings

from stack_apikeys.models import UserApiKey
from tests.admin.pages import TOMORROW, address, new, text_of
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


def test_only_the_description_of_a_key_changes(client, user):
    api_key, _value = user.api_keys.create_key(description="old")
    before = UserApiKey.objects.filter(pk=api_key.pk).values().get()
    sent = new(UserFactory(), description="new", is_public="on", last_four="0000", **TOMORROW)
    response = client.post(address("change", api_key.pk), sent)
    assert response.status_code == 302
    assert UserApiKey.objects.filter(pk=api_key.pk).values().get() == before | {
        "description": "new"
    }


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("20/second, 1000/hour", ["20/second", "1000/hour"]),
        (" 1000/hour ", ["1000/hour"]),
        ("unlimited", []),
        ("", None),
    ],
)
def test_the_rates_of_a_key_can_change(client, user, typed, stored):
    api_key, _value = user.api_keys.create_key(description="CI")
    api_key.set_rates(["5/day"])
    page = text_of(client.get(address("change", api_key.pk)))
    assert 'name="rates" value="5/day"' in page
    client.post(address("change", api_key.pk), {"description": "CI", "rates": typed})
    api_key.refresh_from_db()
    assert (api_key.rates, api_key.description) == (stored, "CI")


def test_a_key_without_a_limit_is_shown_as_such(client, user):
    api_key, _value = user.api_keys.create_key()
    api_key.set_rates([])
    assert 'name="rates" value="unlimited"' in text_of(client.get(address("change", api_key.pk)))


def test_what_are_no_rates_is_refused_beside_its_field(client, user):
    api_key, _value = user.api_keys.create_key()
    response = client.post(address("change", api_key.pk), {"description": "", "rates": "often"})
    assert "Must be a list of rates" in text_of(response)
    api_key.refresh_from_db()
    assert api_key.rates is None


def test_the_networks_of_a_key_can_change(client, user):
    api_key, _value = user.api_keys.create_key(networks=["192.0.2.0/24", "2001:db8::/32"])
    page = text_of(client.get(address("change", api_key.pk)))
    assert 'name="networks" value="192.0.2.0/24, 2001:db8::/32"' in page
    for typed, stored in (("10.0.0.0/8 192.0.2.7", ["10.0.0.0/8", "192.0.2.7/32"]), ("", None)):
        client.post(address("change", api_key.pk), {"description": "CI", "networks": typed})
        api_key.refresh_from_db()
        assert (api_key.networks, api_key.description) == (stored, "CI")


def test_what_is_no_network_is_refused_beside_its_field(client, user):
    api_key, _value = user.api_keys.create_key(networks=["192.0.2.0/24"])
    sent = {"description": "", "networks": "192.0.2.0/24, nowhere"}
    response = client.post(address("change", api_key.pk), sent)
    assert "“nowhere” is not a network" in text_of(response)
    assert 'name="networks" value="192.0.2.0/24, nowhere"' in text_of(response)
    api_key.refresh_from_db()
    assert api_key.networks == ["192.0.2.0/24"]


def test_renaming_a_key_does_not_undo_a_revocation(client, user):
    api_key, _value = user.api_keys.create_key()
    api_key.revoke(reason="lost")
    client.post(address("change", api_key.pk), {"description": "new"})
    api_key.refresh_from_db()
    assert api_key.description == "new"
    assert api_key.revoked_reason == "lost"


def test_the_page_of_a_key_shows_all_but_its_digest(client, owner):
    api_key, value = owner.api_keys.create_key(created_by=UserFactory(display_name="Maker"))
    api_key.revoke(by=UserFactory(display_name="Revoker"), reason="It was lost")
    page = text_of(client.get(address("change", api_key.pk, model=type(api_key))))
    for shown in ("Maker", "Revoker", "It was lost", api_key.masked, str(api_key.id), str(owner)):
        assert shown in page
    assert api_key.digest not in page
    assert value not in page
    assert page.count("<textarea") == 0
    assert re.findall(r'<input type="text" name="(\w+)"', page) == [
        "description",
        "networks",
        "rates",
    ]


def test_a_key_without_a_creator_was_created_by_the_server(client, owner):
    api_key, _value = owner.api_keys.create_key()
    api_key.revoke()
    page = text_of(client.get(address("change", api_key.pk, model=type(api_key))))
    created, revoked = (
        re.search(rf'field-{name}">.*?<div class="readonly">(.*?)</div>', page, re.DOTALL)[1]
        for name in ("creator", "revoker")
    )
    assert created == revoked == "the server"


@override_settings(STACK_APIKEYS={"ADMIN_CAN_DELETE": True})
def test_characters_that_reverse_the_order_of_text_are_shown_nowhere_but_in_the_field(
    client, owner
):
    reversing = "\u2069\u202e"
    person = UserFactory(display_name=f"Grace{reversing}")
    owner.display_name += reversing
    owner.save()
    api_key, _value = owner.api_keys.create_key(description=f"Old{reversing}", created_by=person)
    model = type(api_key)
    client.post(address("change", api_key.pk, model=model), {"description": f"CI{reversing}"})
    assert LogEntry.objects.get().object_repr == f"\u2068CI\u2069 ({api_key.masked})"
    for page in ("changelist", "change", "history", "revoke", "delete"):
        keys = [] if page == "changelist" else [api_key.pk]
        shown = text_of(client.get(address(page, *keys, model=model)))
        assert "CI" in shown
        assert shown.count("\u202e") == (page == "change")
    api_key.revoke(by=person, reason=f"Leaked{reversing}")
    for page in ("change", "revoke"):
        shown = text_of(client.get(address(page, api_key.pk, model=model)))
        assert '<bdi dir="auto">Leaked</bdi>' in shown
        assert '<bdi dir="auto">Grace</bdi>' in shown
        assert shown.count("\u202e") == (page == "change")
