"""Every word of the pages can be translated."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone, translation

from tests.factories import PASSWORD, TeamFactory, UserFactory
from tests.pages import address, filled_in, make_key

pytestmark = pytest.mark.django_db

NOT_WORDS = re.compile(r"[sp]k_…?\w+|X-Stack-Api-Key|UTC|[0-9a-f]{8}-[0-9a-f-]{27}|Data\d?")
"""What is the same in every language: keys, headers, ids, and the names that the tests give."""


@pytest.fixture
def marked(monkeypatch):
    """A language in which every translation stands in brackets."""

    def gettext(message):
        return f"⟦{message}⟧"

    def ngettext(singular, plural, number):
        return f"⟦{singular if number == 1 else plural}⟧"

    translation.gettext("")  # so that there is something to put these in the place of
    translation.ngettext("", "", 1)
    monkeypatch.setattr(translation._trans, "gettext", gettext)
    monkeypatch.setattr(translation._trans, "ngettext", ngettext)


def words(answer):
    """The words of a page's content that no translation has passed through."""
    main = re.search(r"<main.*</main>", answer.text, re.DOTALL)[0]
    main = re.sub(r"<(time|textarea).*?</\1>", "", main, flags=re.DOTALL)
    attributes = re.findall(
        r'(?:aria-label|placeholder|data-apikeys-\w+|data-label)="([^"]*)"', main
    )
    text = " ".join([re.sub(r"<[^>]*>", " ", main), *attributes])
    while "⟦" in text:
        text = re.sub(r"⟦[^⟦⟧]*⟧", "", text)
    return re.findall(r"[^\W\d_]+", NOT_WORDS.sub("", text))


@pytest.fixture
def user():
    return UserFactory(display_name="Data1")


@pytest.fixture(params=["user", "team"])
def team(request, user):
    """The team whose pages are looked at, or None for those of the user."""
    if request.param == "team":
        return TeamFactory(display_name="Data3", creator=user)
    return None


@pytest.fixture
def client(client, user):
    client.force_login(user)
    return client


@pytest.fixture
def soon(user, team):
    """A key with no description that expires soon, beside more than a page of others."""
    owner = team or user
    for _number in range(11):
        make_key(owner, description="Data", created_by=user)
    make_key(owner, description="Data", expires_at=timezone.now() - timedelta(days=3))
    return make_key(
        owner, description="", expires_at=timezone.now() + timedelta(days=3), is_public=True
    )


@pytest.fixture
def over(user, team):
    """A key that was revoked, made by someone who has left."""
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


def test_every_word_of_an_empty_list(client, team, marked):
    assert words(client.get(address("api-keys", team=team))) == []


def test_every_word_of_a_keys_pages(client, team, soon, over, marked):
    for api_key in (soon, over):
        for name in ("api-key", "api-key-rename", "api-key-revoke"):
            assert words(client.get(address(name, api_key, team))) == []


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
    assert words(client.get(answer.url)) == []
