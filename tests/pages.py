"""Where the settings pages are, for their tests."""

import re
from urllib.parse import urlencode

from django.urls import reverse


def address(name, /, api_key=None, team=None, **query):
    """The address of the named page of the visitor's keys, or of the team's."""
    kind = "team" if team else "user"
    arguments = ({"team_id": team.pk} if team else {}) | ({"pk": api_key.pk} if api_key else {})
    url = reverse(f"stack_apikeys:{kind}-{name}", kwargs=arguments)
    return f"{url}?{urlencode(query)}" if query else url


def make_key(owner, **fields):
    """A key of the owner."""
    api_key, _value = owner.api_keys.create_key(**{"description": "CI", **fields})
    return api_key


def filled_in(client, team=None, **changes):
    """What a browser sends that got the form for a new key a moment ago."""
    page = client.get(address("api-key-create", team=team)).text
    key_id = re.search(r'name="key_id" value="([^"]+)"', page)[1]
    return {"key_id": key_id, "description": "CI", "expires_in": "30", **changes}
