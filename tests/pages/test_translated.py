"""Every text of the pages can be translated."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone, translation

from tests.factories import PASSWORD, TeamFactory, UserFactory
from tests.settings_pages import address, filled_in, hidden_fields, make_key, was_signed_out

pytestmark = pytest.mark.django_db

NOT_WORDS = re.compile(r"[sp]k_…\w{4}|X-Stack-Api-Key|Data\d?")
"""Text that is the same in every language: masked keys, the header, and test data."""

ATTRIBUTES = re.compile(
    r'(?:aria-label|title|placeholder|alt|data-label|data-apikeys-(?!copy=)\w+)="([^"]*)"'
)
"""Attributes that people read. ``data-apikeys-copy`` is the id of an element."""

UNTRANSLATED = re.compile(
    r"""<(time)\b.*?</\1>|<(\w+)[^>]*\btranslate="no"[^>]*>.*?</\2>""", re.DOTALL
)
"""Dates, which Django formats, and what browsers are told not to translate: keys, ids and code."""


@pytest.fixture
def marked(monkeypatch):
    """Put every translated text in brackets."""

    def gettext(message):
        return f"⟦{message}⟧"

    def ngettext(singular, plural, number):
        return f"⟦{singular if number == 1 else plural}⟧"

    translation.gettext("")  # loads the functions to replace
    translation.ngettext("", "", 1)
    monkeypatch.setattr(translation._trans, "gettext", gettext)
    monkeypatch.setattr(translation._trans, "ngettext", ngettext)


def words(answer):
    """Return the words of the page's title and content that are not translated."""
    title = re.search(r"<title>.*</title>", answer.text, re.DOTALL)[0]
    main = title + re.search(r"<main.*</main>", answer.text, re.DOTALL)[0]
    main = UNTRANSLATED.sub("", main)
    text = " ".join([re.sub(r"<[^>]*>", " ", main), *ATTRIBUTES.findall(main)])
    while "⟦" in text:
        text = re.sub(r"⟦[^⟦⟧]*⟧", "", text)
    return re.findall(r"[^\W\d_]+", NOT_WORDS.sub("", text))


@pytest.fixture
def user():
    return UserFactory(display_name="Data1")


@pytest.fixture(params=["user", "team"])
def team(request, user):
    """The team whose pages are opened, or None for the pages of the user."""
    if request.param == "team":
        return TeamFactory(display_name="Data3", creator=user)
    return None


@pytest.fixture
def soon(user, team):
    """A key without a description that expires soon, and more than a page of others."""
    owner = team or user
    for _number in range(11):
        make_key(owner, description="Data", created_by=user)
    make_key(owner, description="Data", expires_at=timezone.now() - timedelta(days=3))
    return make_key(
        owner, description="", expires_at=timezone.now() + timedelta(days=3), is_public=True
    )


@pytest.fixture
def over(user, team):
    """A revoked key, created by a user who has left the team."""
    former = UserFactory(display_name="Data2")
    api_key = make_key(team or user, description="Data", created_by=former)
    api_key.revoke(by=user, reason="Data")
    return api_key


@pytest.mark.parametrize(
    "query",
    [{"rows": 50}, {"page": 2, "sort": "description"}, {"q": "Data", "status": "expiring"}],
)
@pytest.mark.usefixtures("soon", "over", "marked")
def test_every_word_of_the_list(client, team, query):
    assert words(client.get(address("api-keys", team=team, **query))) == []


@pytest.mark.usefixtures("soon", "over", "marked")
@pytest.mark.parametrize("query", [{"q": "x" * 300}, {"q": "no such key"}, {"q": "", "page": 2}])
def test_every_word_of_a_search(client, team, query):
    assert words(client.get(address("api-keys", team=team, **query))) == []
    assert words(client.post(address("api-keys", team=team), {"q": "abcdefgh12345678"})) == []


def test_every_word_of_an_empty_list(client, team, marked):
    assert words(client.get(address("api-keys", team=team))) == []


def test_every_word_of_a_keys_pages(client, team, soon, over, marked):
    for api_key in (soon, over):
        for name in ("api-key", "api-key-rename", "api-key-revoke"):
            assert words(client.get(address(name, api_key, team))) == []


def test_every_word_about_scopes(client, user, team, marked, configure):
    owner, create = team or user, address("api-key-create", team=team)
    configure(SCOPES={})
    unscoped = make_key(owner, description="Data")
    configure(SCOPES={"data:read": "Data", "data:write": "Data"})
    api_key = make_key(owner, description="Data", scopes=["data:read"])
    pages = [client.get(create), client.post(create, {"description": "Data", "expires_in": "7"})]
    pages += [client.get(address("api-key", each, team)) for each in (unscoped, api_key)]
    pages.append(client.get(address("api-key-scopes", api_key, team)))
    answer = client.post(address("api-key-scopes", api_key, team), {"scopes": ["data:read"]})
    pages.append(client.get(answer.url))
    configure(SCOPELESS_KEYS="full")
    pages.append(client.get(address("api-key", unscoped, team)))
    assert [words(page) for page in pages] == [[]] * 7


def test_every_word_of_what_is_refused(client, team, soon, marked, settings):
    settings.STACK_APIKEYS = {
        "REAUTHENTICATE_AFTER_SECONDS": 0,
        "MAX_VALID_KEYS_PER_OWNER": 1,
    }
    create = address("api-key-create", team=team)
    for sent in ({"expires_in": "custom"}, {"description": "Data", "password": PASSWORD}):
        assert words(client.post(create, {"expires_in": "7"} | sent)) == []
    assert words(client.post(address("api-key-revoke", soon, team), {"password": "wrong"})) == []


def test_every_word_of_what_was_done(client, team, soon, marked):
    sent = filled_in(client, team, description="Data")
    for _twice in range(2):
        assert words(client.post(address("api-key-create", team=team), sent)) == []
    answer = client.post(address("api-key-rename", soon, team), {"description": "Data"})
    assert words(client.get(answer.url)) == []
    answer = client.post(address("api-key-revoke", soon, team), {"understood": "on"})
    assert words(client.get(answer.url, {"status": "valid"})) == []
    answer = client.post(address("api-key-rename", soon, team), {"description": "Data"})
    assert words(client.get(address("api-key", soon, team))) == []


def test_every_word_above_a_form_that_was_not_accepted(client, user, team, soon, over, marked):
    url = address("api-key-rename", soon, team)
    sent = hidden_fields(client.get(url).text) | {"description": "Data"}
    was_signed_out(client)
    client.post(url, sent, headers={"origin": "http://testserver"})
    client.force_login(user)
    restored = client.get(url)
    assert "had to sign in again" in restored.text
    assert words(restored) == []
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(user)
    assert words(strict.post(url, sent)) == []
    for reason in ("", "Data4"):
        assert words(client.post(address("api-key-revoke", over, team), {"reason": reason})) == []
