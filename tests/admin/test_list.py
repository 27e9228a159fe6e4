"""The list of keys in Django admin, its filters and its search."""

import re
from datetime import timedelta

import pytest
from django.test import Client

from stack_apikeys.conf import conf
from stack_apikeys.models import TeamApiKey
from tests.admin.pages import NOW, address, expire, listed, text_of
from tests.factories import TeamFactory, UserFactory

pytestmark = pytest.mark.django_db


def test_the_list_shows_each_key_with_its_owner_status_and_mask(client, owner):
    valid, value = owner.api_keys.create_key(description="CI", expires_at=NOW + timedelta(days=9))
    revoked, _value = owner.api_keys.create_key()
    revoked.revoke()
    expired, _value = owner.api_keys.create_key(is_public=True)
    expire(expired)
    page = text_of(client.get(address("changelist", model=type(valid))))
    assert str(owner) in page
    assert "CI" in page
    for api_key, status in [(valid, "valid"), (revoked, "revoked"), (expired, "expired")]:
        assert api_key.masked in page
        assert f'<span class="api-key-status api-key-status-{status}">{status}</span>' in page
    assert value not in page
    assert valid.digest not in page


@pytest.mark.parametrize("factory", [UserFactory, TeamFactory])
@pytest.mark.parametrize("number", [1, 7])
def test_the_list_costs_as_many_queries_for_many_owners_as_for_one(
    client, django_assert_num_queries, factory, number
):
    for owner in factory.create_batch(number):
        api_key, _value = owner.api_keys.create_key()
    # The session, the person, the number of keys, the keys with their owners, their requests.
    with django_assert_num_queries(5):
        client.get(address("changelist", model=type(api_key)))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=valid", {"valid", "public"}),
        ("status=revoked", {"revoked"}),
        ("status=expired", {"expired"}),
        ("status=nonsense", {"valid", "public", "revoked", "expired"}),
        ("is_public__exact=1", {"public"}),
        ("expires=7", {"public"}),
        ("expires=30", {"public", "valid"}),
        ("expires=never", {"revoked"}),
        ("created_at__gte=2000-01-01T00:00:00Z", {"valid", "public", "revoked", "expired"}),
        ("created_at__lt=2000-01-01T00:00:00Z", set()),
    ],
)
def test_the_list_is_filtered(client, user, query, found):
    user.api_keys.create_key(description="valid", expires_at=NOW + timedelta(days=20))
    user.api_keys.create_key(
        description="public", is_public=True, expires_at=NOW + timedelta(days=2)
    )
    user.api_keys.create_key(description="revoked")[0].revoke()
    expire(user.api_keys.create_key(description="expired")[0])
    response = client.get(f"{address('changelist')}?{query}&_facets=True")
    assert {api_key.description for api_key in listed(response)} == found


@pytest.mark.parametrize(
    "term",
    [
        "ada@exam",
        "Nightly",
        "{key.last_four}",
        "{key.id}",
        "{key.id.hex}",
        " {key.id.urn} ",
        "{value}",
        "  Bearer {value}\n",
        'curl -H "X-Stack-Api-Key: {value}"',
    ],
)
def test_a_user_key_is_found(client, user, term):
    api_key, value = user.api_keys.create_key(description="Nightly build")
    UserFactory(email="bob@example.com").api_keys.create_key(description="Another")
    response = client.post(
        address("changelist"), {"q": term.format(key=api_key, value=value)}, follow=True
    )
    assert listed(response) == {api_key}
    assert value not in text_of(response)


def test_a_team_key_is_found_by_what_the_adapter_names(client, team):
    api_key, _value = team.api_keys.create_key()
    TeamFactory().api_keys.create_key()
    response = client.post(
        address("changelist", model=TeamApiKey), {"q": "analytical"}, follow=True
    )
    assert listed(response) == {api_key}


def test_a_search_by_id_reads_the_primary_key(client, user, django_assert_num_queries):
    api_key, _value = user.api_keys.create_key()
    with django_assert_num_queries(5) as queries:
        client.get(address("changelist"), {"q": str(api_key.id)})
    assert not any(" LIKE " in query["sql"] for query in queries.captured_queries)


def test_a_pasted_key_never_stands_in_an_address(client, user):
    api_key, value = user.api_keys.create_key()
    sent = {"q": f"the key is {value}"}
    page = address("changelist")
    for response in (client.post(page, sent), client.get(page, sent)):
        assert response.status_code == 302
        assert response["Location"] == f"{page}?q={api_key.id}"
        assert value not in text_of(response)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    "mistake",
    [
        lambda value: value[:-1],  # cut short
        lambda value: value[:50],  # without its second half
        lambda value: value[5:],  # without its beginning
        lambda value: value.upper(),
        lambda value: value[:9] + "u" + value[10:],
        lambda value: value.replace(conf.MARKER, "000000000"),
        lambda value: value[5:45],  # with neither its prefix nor its marker
        lambda value: f"({value[9:30].upper()})",
    ],
)
def test_a_mistyped_key_is_neither_searched_for_nor_repeated(client, user, method, mistake):
    _api_key, value = user.api_keys.create_key()
    mistyped = mistake(value)
    response = getattr(client, method)(address("changelist"), {"q": f"key {mistyped}"})
    assert response["Location"] == f"{address('changelist')}?"
    page = text_of(client.get(response["Location"]))
    assert "mistyped or incomplete" in page
    assert mistyped not in page
    assert mistyped not in client.cookies.output()


@pytest.mark.parametrize(
    "text",
    [
        "deploy of 3f786850e387550fdab836ed7e6dc881de23001b",
        "christopher.montgomery-featherstone@example.com",
        "Donaudampfschifffahrtsgesellschaft",
    ],
)
def test_a_description_that_is_no_part_of_a_key_is_searched_for(client, user, text):
    api_key, _value = user.api_keys.create_key(description=text)
    response = client.post(address("changelist"), {"q": text}, follow=True)
    assert listed(response) == {api_key}


def test_a_key_of_the_other_kind_is_said_to_be_one(client, team):
    api_key, value = team.api_keys.create_key()
    response = client.post(address("changelist"), {"q": value}, follow=True)
    assert response.redirect_chain == [(f"{address('changelist')}?q={api_key.id}", 302)]
    assert "Search for it in team API keys." in text_of(response)
    assert value not in text_of(response)


def test_a_search_keeps_the_filters_and_leaves_the_page(client):
    page = address("changelist")
    response = client.post(f"{page}?status=valid&is_public__exact=1&p=3&q=old", {"q": "new"})
    assert response["Location"] == f"{page}?status=valid&is_public__exact=1&q=new"
    response = client.post(f"{page}?status=valid&q=old", {"q": ""})
    assert response["Location"] == f"{page}?status=valid"


def test_the_search_form_is_sent_by_post_with_a_token(user):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(UserFactory(is_staff=True, is_superuser=True))
    page = text_of(browser.get(address("changelist") + "?q=words"))
    form = page[page.index('<form id="changelist-search"') :].partition("</form>")[0]
    assert 'method="post"' in form
    assert 'value="words"' in form
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)[1]
    sent = {"q": "x", "csrfmiddlewaretoken": token}
    assert browser.post(address("changelist"), sent).status_code == 302
