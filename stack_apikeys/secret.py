"""A string that does not appear in error reports, logs or pickles."""

import hmac
from typing import Final

HIDDEN: Final = "<secret>"


class Revealed(str):
    """The text of a `Secret`, for functions that need a string. Only its ``repr()`` is hidden.

    Error trackers and Django's error reports print variables with ``repr()``. ``str()`` returns the
    text, because password hashers and database drivers call it.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return HIDDEN


class Secret:
    """A key's value, a password or a token.

    ``repr()``, ``str()`` and formatting return a placeholder, and a pickle contains an empty
    secret, so that no error report, log or cache can contain the text. `reveal` returns it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = Revealed(text)

    @classmethod
    def of(cls, value: "str | Secret") -> "Secret":
        """Return ``value`` as a secret. A secret is returned unchanged."""
        return value if isinstance(value, Secret) else cls(value)

    def reveal(self) -> Revealed:
        """Return the text. Do not store it in a variable."""
        return self._text

    def __repr__(self) -> str:
        return HIDDEN

    __str__ = __repr__

    def __format__(self, format_spec: str) -> str:
        return HIDDEN

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(
            *(each.reveal().encode(errors="surrogatepass") for each in (self, other))
        )

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[type["Secret"], tuple[str]]:
        return Secret, ("",)

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self
