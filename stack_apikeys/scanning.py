"""Find API keys and other secrets in a text, and redact them."""

import re
from collections.abc import Iterator

from stack_apikeys import keys
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import MalformedApiKey
from stack_apikeys.secret import Secret

PREFIXES = ("sk_", "pk_")
"""The prefixes of keys, secret and public."""

LONGEST_NAME = 20
"""The maximum length of a word with the prefix of a key that is assumed to be a name."""

LONGEST_RUN = 36
"""The length of a UUID. Longer runs of letters, digits, ``_`` and ``-`` may be secrets."""

REMOVED = "…"
"""The placeholder for a secret that is not a key."""

_WORD = re.compile(r"[0-9A-Za-z_]+")
_RUN = re.compile(r"[0-9A-Za-z_\-]+")
# A word of letters and digits, longer than people write, but no UUID without its hyphens.
_PART = re.compile(
    r"(?<![0-9a-z])(?![0-9a-f]{32}(?![0-9a-z]))(?=[a-z]*[0-9])(?=[0-9]*[a-z])[0-9a-z]{16,}"
)
_JWT = re.compile(r"(?<![0-9A-Za-z_\-])eyJ[0-9A-Za-z_\-]*+\.[0-9A-Za-z_\-]++(\.[0-9A-Za-z_\-]*+)*+")


def looks_like_a_key(text: str) -> bool:
    """Return whether the text has the prefix and the marker of a key. It may be damaged."""
    return text.startswith(PREFIXES) and conf.MARKER in text


def may_hold_a_key(text: str) -> bool:
    """Return whether the text contains a key or may be a part of one, such as its first half."""
    return holds_a_secret(text) or _PART.search(text.lower()) is not None


def find_all(text: str) -> Iterator[Secret]:
    """Yield the values of the well-formed keys in the text, whether or not they exist."""
    for match in keys.FORM.finditer(text):
        value = Secret(match.group())
        try:
            keys.parse(value.reveal())
        except MalformedApiKey:
            continue
        yield value


def find_key(text: str) -> keys.ParsedKey | None:
    """Return the parts of the first well-formed key in the text, or None."""
    return next((keys.parse(value.reveal()) for value in find_all(text)), None)


def holds_a_secret(text: str) -> bool:
    """Return whether the text contains a key, even a damaged one, or a secret of the settings."""
    return any(_is_like_a_key(word) for word in _WORD.findall(text)) or any(
        secret in text for secret in _project_secrets()
    )


def redact(text: str) -> str:
    """Return the text with placeholders for anything that may be a secret.

    A key is replaced with its masked form, ``sk_…ab12``. The secret keys of the settings, JSON Web
    Tokens, and runs of more than `LONGEST_RUN` letters, digits, ``_`` and ``-`` are replaced with
    ``…``. UUIDs are kept.
    """
    return _RUN.sub(_remove_long_run, redact_known(text))


def redact_known(text: str) -> str:
    """Do the same as `redact`, but keep long runs, which may be names of functions."""
    for secret in _project_secrets():
        text = text.replace(secret, REMOVED)
    text = _JWT.sub(REMOVED, text)
    return _WORD.sub(_mask_key, text)


def mask(value: str) -> str:
    """Return the masked form of a key's value: its prefix and its last four characters.

    The last characters are omitted if they may be a part of the secret.
    """
    prefix = value[:3] if value[:3].lower() in PREFIXES else ""
    return f"{prefix}…{last_four(value)}"


def last_four(text: str) -> str:
    """Return the last four characters of a text that ends with a key, or an empty string.

    It is empty if the marker is not in its place, because they may then be a part of the secret.
    """
    return text[-4:] if text[keys.MARKER] == conf.MARKER else ""


def _project_secrets() -> list[str]:
    """The keys for server and admin access in the settings, longest first."""
    configured = (conf.SECRET_SERVER_KEYS, conf.SUPER_SECRET_ADMIN_KEYS)
    # System checks report wrong types, and redacting must not fail because of them.
    lists = (each for each in configured if isinstance(each, list | tuple))
    secrets = [secret for each in lists for secret in each if isinstance(secret, str) and secret]
    return sorted(secrets, key=len, reverse=True)


def _is_like_a_key(word: str) -> bool:
    word = word.lower()
    return conf.MARKER in word or (word.startswith(PREFIXES) and len(word) > LONGEST_NAME)


def _mask_key(word: re.Match[str]) -> str:
    return mask(word.group()) if _is_like_a_key(word.group()) else word.group()


def _remove_long_run(run: re.Match[str]) -> str:
    return REMOVED if len(run.group()) > LONGEST_RUN else run.group()
