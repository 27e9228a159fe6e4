"""The networks of a key in the settings pages."""

import pytest

from stack_apikeys.pages import drafts
from tests.pages.drafts.forms import CREATE, lose
from tests.pages.lists import team_of, text_of
from tests.settings_pages import address, create, field_value, is_created, make_key

pytestmark = pytest.mark.django_db

NETWORKS = ["192.0.2.0/24", "2001:db8::/32"]


@pytest.fixture
def team_or_none(owner):
    return team_of(owner)


def test_a_new_key_can_be_bound_to_networks(client, owner, team_or_none):
    answer = create(client, team_or_none, networks="2001:db8::/32, 192.0.2.0/24")
    assert is_created(answer)
    assert owner.api_keys.get().networks == NETWORKS


def test_a_new_key_can_be_used_from_anywhere_by_default(client, user):
    page = client.get(address("api-key-create")).text
    assert field_value(page, "networks") == ""
    assert "<details class=" in page
    assert " open>" not in page
    assert is_created(create(client, networks=" "))
    assert user.api_keys.get().networks is None


def test_a_network_that_is_none_is_named_and_what_was_typed_kept(client, user):
    answer = create(client, networks="192.0.2.0/24, nowhere")
    assert "“nowhere” is not a network such as" in answer.text
    assert field_value(answer.text, "networks") == "192.0.2.0/24, nowhere"
    assert " open>" in answer.text
    assert not user.api_keys.exists()


def test_networks_are_kept_while_somebody_signs_in_again(client, user):
    typed = ", ".join(f"2001:db8:aaaa:{number}::/64" for number in range(10, 60))
    lose(client, address("api-key-create"), CREATE | {"networks": typed})
    [draft] = client.session[drafts.SESSION_KEY]
    assert draft["typed"]["networks"] == typed


def test_the_page_of_a_key_shows_its_networks(client, owner, team_or_none):
    api_key = make_key(owner, networks=NETWORKS)
    page = client.get(address("api-key", api_key, team_or_none))
    assert all(f'<code dir="ltr" translate="no">{each}</code>' in page.text for each in NETWORKS)
    assert address("api-key-networks", api_key, team_or_none) in page.text
    api_key.set_networks(None)
    assert "Anywhere" in text_of(client.get(address("api-key", api_key, team_or_none)).text)
    api_key.revoke()
    page = client.get(address("api-key", api_key, team_or_none)).text
    assert address("api-key-networks", api_key, team_or_none) not in page


def test_the_networks_of_a_key_are_changed_and_removed(client, owner, team_or_none):
    api_key = make_key(owner, networks=NETWORKS)
    here = address("api-key", api_key, team_or_none)
    url = address("api-key-networks", api_key, team_or_none, next=here)
    assert field_value(client.get(url).text, "networks") == ", ".join(NETWORKS)
    for typed, stored in (("10.0.0.0/8", ["10.0.0.0/8"]), ("", None)):
        answer = client.post(url, {"networks": typed, "next": here}, follow=True)
        assert answer.redirect_chain[0][0].startswith(here)
        assert "Networks changed." in answer.text
        api_key.refresh_from_db()
        assert api_key.networks == stored


def test_wrong_networks_change_nothing(client, user):
    api_key = make_key(user, networks=NETWORKS)
    answer = client.post(address("api-key-networks", api_key), {"networks": "192.0.2.1/24"})
    assert "“192.0.2.1/24” is not a network such as" in answer.text
    assert field_value(answer.text, "networks") == "192.0.2.1/24"
    api_key.refresh_from_db()
    assert api_key.networks == NETWORKS


def test_only_who_has_signed_in_recently_changes_networks(client, user, configure):
    configure(REAUTHENTICATE_AFTER_SECONDS=0)
    api_key = make_key(user, networks=NETWORKS)
    url = address("api-key-networks", api_key)
    assert 'name="password"' in client.get(url).text
    assert client.post(url, {"networks": ""}).status_code == 200
    api_key.refresh_from_db()
    assert api_key.networks == NETWORKS
