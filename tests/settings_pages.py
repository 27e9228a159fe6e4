"""Helpers for tests of the settings pages."""

import re
from html import unescape
from urllib.parse import urlencode

from django.contrib.sessions.models import Session
from django.urls import reverse

from tests.factories import PASSWORD

PAGES = ["api-keys", "api-keys-csv", "api-key-calendar", "api-key-create"]
PAGES_OF_A_KEY = [
    "api-key",
    "api-key-rename",
    "api-key-rotate",
    "api-key-networks",
    "api-key-revoke",
]


def address(name, /, api_key=None, team=None, **query):
    """The URL of a page of the user's keys, or of the team's."""
    kind = "team" if team else "user"
    arguments = ({"team_id": team.pk} if team else {}) | ({"pk": api_key.pk} if api_key else {})
    url = reverse(f"stack_apikeys:{kind}-{name}", kwargs=arguments)
    return f"{url}?{urlencode(query, safe='/')}" if query else url


def all_pages(user, team):
    """The URLs of all pages, with a new key of each owner."""
    for owner, owning_team in ((user, None), (team, team)):
        api_key = make_key(owner)
        yield from (address(page, team=owning_team) for page in PAGES)
        yield from (address(page, api_key, owning_team) for page in PAGES_OF_A_KEY)


def make_key(owner, **fields):
    """Create a key of the owner."""
    api_key, _value = owner.api_keys.create_key(**{"description": "CI", **fields})
    return api_key


def filled_in(client, team=None, **changes):
    """The fields of the form that creates a key, as a browser submits them."""
    page = client.get(address("api-key-create", team=team)).text
    key_id = re.search(r'name="key_id" value="([^"]+)"', page)[1]
    return {"key_id": key_id, "description": "CI", "expires_in": "30", **changes}


def create(client, team=None, **changes):
    """Submit the form that creates a key."""
    return client.post(address("api-key-create", team=team), filled_in(client, team, **changes))


def hidden_fields(page):
    """The hidden fields of a page's forms, as a browser submits them."""
    fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page)
    return {name: unescape(value) for name, value in fields}


def field_value(page, name):
    """The text in an input field of a page, or None if there is no such field."""
    field = re.search(rf'<input[^>]* name="{name}"[^>]*>', page)
    value = field and re.search(r' value="([^"]*)"', field[0])
    return unescape(value[1]) if value else field and ""


def chosen(page, name):
    """The value of the radio button that is chosen on a page, or None."""
    buttons = re.findall(rf'<input type="radio" name="{name}"[^>]*>', page)
    values = [re.search(r' value="([^"]*)"', each)[1] for each in buttons if " checked" in each]
    return values[0] if values else None


def is_created(answer):
    """Whether a page shows a new key."""
    return "Key created: " in answer.text and 'id="apikeys-value"' in answer.text


def was_signed_out(client):
    """End the client's session, as if it had expired."""
    Session.objects.filter(session_key=client.cookies["sessionid"].value).delete()


def sign_in(client, user, next_url=""):
    """Sign in with the form of the example project, and return its response."""
    sent = {"username": user.email, "password": PASSWORD, "next": next_url}
    return client.post(reverse("login"), sent)
