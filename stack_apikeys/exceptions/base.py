"""The base classes of all exceptions."""

from functools import partial
from typing import ClassVar

from django.utils.translation import gettext


class StackApiKeysError(Exception):
    """Base class of the app's exceptions. Keyword arguments are formatted into the message."""

    code: ClassVar[str]
    status: ClassVar[int] = 400
    message_format: ClassVar[str]
    has_details: ClassVar[bool] = False
    """Whether the HTTP API sends ``params`` as the details of the error."""

    def __init__(self, **params: str) -> None:
        self.params = params
        super().__init__(self.message)

    def __reduce__(self) -> tuple[object, tuple[()]]:
        # By default, exceptions are pickled with positional arguments only.
        return partial(type(self), **self.params), ()

    @property
    def message(self) -> str:
        """The message in English, as the HTTP API sends it."""
        return self.message_format.format(**self.params)

    @property
    def translated_message(self) -> str:
        """The message in the active language."""
        return gettext(self.message_format).format(**self.params)

    @property
    def reason(self) -> str:
        """Why, for logs and for `api_key_rejected`: the code, unless the caller must not learn it."""
        return self.code

    @property
    def details(self) -> dict[str, object] | None:
        """The details that the HTTP API sends with the code and the message, or None."""
        return dict(self.params) if self.has_details else None


class KnownError(StackApiKeysError):
    """An error whose code the official SDKs recognize."""


class PlainError(StackApiKeysError):
    """An error that the HTTP API sends as plain text, without a code."""
