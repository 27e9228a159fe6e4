"""What is typed into forms, and submitted after the session has ended."""

from stack_apikeys.pages import drafts
from tests.settings_pages import hidden_fields, was_signed_out

HERE = {"Origin": "http://testserver"}

NOTICE = "Nothing was changed yet, because you had to sign in again."

CREATE = {"description": "Nightly <backup>", "expires_in": "custom", "expires_on": "2091-02-03"}
RENAME = {"description": "Renamed"}
ROTATE = {"overlap": "week"}
REVOKE = {"reason": "It leaked", "understood": "on"}


def open_form(client, url):
    """Open a page, and return the hidden fields of its form."""
    fields = hidden_fields(client.get(url).text)
    assert drafts.FIELD in fields
    return fields


def submit(client, url, fields, **headers):
    return client.post(url, fields, headers=HERE | headers)


def lose(client, url, typed):
    """Type into a form, and submit it after the session has ended."""
    fields = open_form(client, url) | typed
    was_signed_out(client)
    return submit(client, url, fields)
