"""The list of keys as a visitor reads it, and keys that fill it."""

import re
from datetime import timedelta
from html import unescape

from django.utils import timezone

from stack_apikeys.models import UserApiKey
from tests.settings_pages import address, make_key


def in_days(days):
    return timezone.now() + timedelta(days=days)


def get(client, team=None, **query):
    return client.get(address("api-keys", team=team, **query))


def team_of(owner):
    """The argument ``team`` for the pages of this owner's keys: a team, or None for a user."""
    return owner if owner._meta.model_name == "team" else None


def text_of(html):
    """Return the text of a piece of HTML, with single spaces."""
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def table_rows(html):
    """Return the HTML of the rows of the table's body, in order, with those of notices."""
    return re.findall(r"<tr (?:id=|role=\"row\" class=\"apikeys-news\").*?</tr>", html, re.DOTALL)


def rows(answer):
    """Return the descriptions in the table, in order."""
    cells = re.findall(r'<th scope="row" role="rowheader">(.*?)</th>', answer.text, re.DOTALL)
    return [text_of(cell) for cell in cells]


def row(answer, description):
    """Return the text of the row with this description."""
    for each in table_rows(answer.text):
        name, _end, rest = each.partition("</th>")
        if text_of(name) == description:
            return text_of(rest)
    raise AssertionError(description)


def make_keys_in_every_state(owner):
    """Oldest first; the description names the state."""
    for number, (description, expires_at, is_revoked) in enumerate(
        [
            ("revoked", None, True),
            ("revoked and expired", in_days(-1), True),
            ("forever", None, False),
            ("expired", in_days(-1), False),
            ("next week", in_days(6.9), False),
            ("in eight days", in_days(8), False),
        ]
    ):
        api_key = make_key(owner, description=description, expires_at=expires_at)
        if is_revoked:
            api_key.revoke()
        owner.api_keys.filter(pk=api_key.pk).update(created_at=in_days(number - 100))


def make_many(model, owner, count):
    fields = {model.KIND: owner}
    now = timezone.now()
    model.objects.bulk_create(
        model(
            description=f"Key {number:05}",
            digest="0" * 64,
            last_four="0000",
            created_at=now - timedelta(minutes=number),
            expires_at=now + timedelta(days=number - 5000) if number % 3 == 1 else None,
            created_by=owner if model is UserApiKey else None,
            **fields,
        )
        for number in range(count)
    )
