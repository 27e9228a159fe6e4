"""What all errors of ours have in common, and the two ways in which the wire tells them."""

from functools import partial
from typing import ClassVar

from django.utils.translation import gettext


class StackApiKeysError(Exception):
    """Base of all that this app raises on purpose.

    Keyword arguments fill the placeholders of the message.
    """

    code: ClassVar[str]
    status: ClassVar[int] = 400
    message_format: ClassVar[str]

    def __init__(self, **params: str) -> None:
        self.params = params
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, tuple[()]]:
        # Exceptions are pickled on their way out of a worker, and know only of positions.
        return partial(type(self), **self.params), ()

    @property
    def message(self) -> str:
        """The message in English, as the wire has it."""
        return self.message_format.format(**self.params)

    @property
    def translated_message(self) -> str:
        """The message in the active language, for a person."""
        return gettext(self.message_format).format(**self.params)

    @property
    def details(self) -> dict[str, object] | None:
        """What the wire's error body says beside code and message, if anything."""
        return None


class KnownError(StackApiKeysError):
    """An error that the official SDKs know by its code."""


class PlainError(StackApiKeysError):
    """An error that the wire tells in a bare sentence, without a code."""
