"""The list of API keys as a CSV file."""

import csv
import re
import unicodedata
from collections.abc import AsyncIterator, Callable, Generator, Sequence
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from asgiref.sync import sync_to_async
from django.utils.translation import gettext

from stack_apikeys.models import ApiKey
from stack_apikeys.models.querysets import ApiKeyQuerySet

ROWS_AT_A_TIME = 500
"""The number of rows to hold in memory."""

_FORMULA_STARTS = ("=", "+", "-", "@", "\N{MINUS SIGN}")
"""Characters that start a formula in a spreadsheet (OWASP, "CSV Injection")."""

_SEPARATORS = re.compile("([,;|\t\r\n\v\f\x1c-\x1e\x85\u2028\u2029\uff0c\uff1b\uff5c])")
"""Characters at which a spreadsheet may split a cell, even a quoted one, depending on its own
settings for the import."""

_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
"""Invisible characters that Unicode classifies as letters or symbols."""

Column = tuple[str, Callable[[ApiKey], str]]
"""A heading, and a function that returns the cell of a key."""

_Lines = Generator[str, None, None]


def columns(*, with_creator: bool) -> list[Column]:
    """Return the columns of the file, with headings in the active language."""
    statuses = {
        "valid": gettext("Valid"),
        "expired": gettext("Expired"),
        "revoked": gettext("Revoked"),
    }
    result: list[Column] = [
        (gettext("ID"), lambda api_key: str(api_key.pk)),
        (gettext("Description"), lambda api_key: api_key.description),
        (gettext("Status"), lambda api_key: statuses[api_key.status]),
        (gettext("Key"), lambda api_key: api_key.masked),
        (gettext("Created"), lambda api_key: _format_time(api_key.created_at)),
        (gettext("Expires"), lambda api_key: _format_time(api_key.expires_at)),
        (gettext("Revoked"), lambda api_key: _format_time(api_key.manually_revoked_at)),
    ]
    if with_creator:
        result.append((gettext("Created by"), lambda api_key: str(api_key.created_by or "")))
    return result


def csv_lines(columns: Sequence[Column], api_keys: ApiKeyQuerySet[Any]) -> _Lines:
    """Yield the lines of the file."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield "\ufeff"  # Excel needs the byte order mark to recognize UTF-8.
    yield writer.writerow([heading for heading, _cell in columns])
    for api_key in api_keys.iterator(chunk_size=ROWS_AT_A_TIME):
        yield writer.writerow([escape_formulas(cell(api_key)) for _heading, cell in columns])


async def in_batches(lines: _Lines) -> AsyncIterator[str]:
    """Yield the lines asynchronously, many at a time.

    Under ASGI, Django reads a synchronous iterator to its end before it sends the first line.
    """

    def next_batch() -> str:
        return "".join(islice(lines, ROWS_AT_A_TIME))

    try:
        while batch := await sync_to_async(next_batch)():
            yield batch
    finally:
        # Closes the database cursor if the client disconnects early.
        await sync_to_async(lines.close)()


def escape_formulas(cell: str) -> str:
    """Put an apostrophe before each part of a cell that a spreadsheet would calculate."""
    escaped = "".join(
        f"'{part}" if _starts_like_a_formula(part) else part for part in _SEPARATORS.split(cell)
    )
    is_escaped = escaped.startswith("'")
    return f"'{escaped}" if _starts_like_a_formula(cell) and not is_escaped else escaped


def _starts_like_a_formula(text: str) -> bool:
    for character in unicodedata.normalize("NFKC", text):
        if character.startswith(_FORMULA_STARTS):
            return True
        # A spreadsheet may skip spaces, control characters, combining marks and quotes.
        is_skipped = unicodedata.category(character)[0] in "ZCM" or character in _BLANK_LETTERS
        if not is_skipped and character not in '",;|':
            return False
    return False


def _format_time(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""


class _Echo:
    """A file-like object for `csv.writer` that returns the line instead of storing it."""

    def write(self, line: str) -> str:
        return line
