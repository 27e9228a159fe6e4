"""The fields of requests that only the endpoints of this app have."""

import json
import re
from typing import Any

from django.core.exceptions import ValidationError as DjangoValidationError
from rest_framework import serializers

from stack_apikeys import validators
from stack_apikeys._database.primary_keys import UNSTORABLE
from stack_apikeys.secret import Secret
from stack_apikeys.wire.fields import REQUIRED, StringField, ValueField

LONGEST_SECRET = 4096
"""The maximum number of characters of a password or token. Longer ones would be slow to hash."""

LONGEST_CALLBACK_URL = 2048
"""The maximum number of characters."""

LONGEST_METADATA = 65_536
"""The maximum size of compact JSON, in bytes of UTF-8."""

DEEPEST_METADATA = 32
"""The maximum nesting of JSON. Deeper values can be parsed but may not be serializable again."""


class SecretField(ValueField):
    """A password or a token. Its error messages do not repeat the value."""

    def to_internal_value(self, data: object) -> Secret:
        """Return the secret as it was sent, including white space."""
        if not isinstance(data, Secret):
            raise serializers.ValidationError("must be a `string` type")
        if len(data.reveal()) > LONGEST_SECRET:
            raise serializers.ValidationError(f"must be at most {LONGEST_SECRET} characters")
        if UNSTORABLE.search(data.reveal()):
            raise serializers.ValidationError("must not contain null or surrogate characters")
        return data


class CallbackUrlField(StringField):
    """The absolute HTTP or HTTPS URL of the page that a link in an e-mail opens."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=LONGEST_CALLBACK_URL, **kwargs)

    def to_internal_value(self, data: object) -> str:
        """Return the URL, which must not contain spaces or characters outside ASCII."""
        text = super().to_internal_value(data)
        if not re.fullmatch("https?://[!-~]+", text, re.IGNORECASE):
            raise serializers.ValidationError("must be a valid URL")
        return text


class ImageUrlField(StringField):
    """The URL of an image, or a small image as a data URL."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, max_length=validators.LONGEST, **kwargs)

    def to_internal_value(self, data: object) -> str:
        """Return the URL if `validators.validate_picture` accepts it."""
        text = super().to_internal_value(data)
        try:
            validators.validate_picture(text)
        except DjangoValidationError:
            raise serializers.ValidationError("must be a valid URL") from None
        return text


class MetadataField(serializers.Field[Any, Any, Any, Any]):
    """Any JSON value that every supported database can store, up to `LONGEST_METADATA`."""

    default_error_messages = REQUIRED

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_null=True, **kwargs)

    def to_internal_value(self, data: object) -> object:
        """Return the value if it is not too long, not too deeply nested and can be stored."""
        # Check the length first, because it bounds the work of the other checks.
        text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        if len(text.encode(errors="surrogatepass")) > LONGEST_METADATA:
            raise serializers.ValidationError(f"must be at most {LONGEST_METADATA} bytes of JSON")
        _check_storable(data, DEEPEST_METADATA)
        return data


def _check_storable(value: object, levels: int) -> None:
    if levels == 0:
        raise serializers.ValidationError("is nested too deep")
    match value:
        case dict():
            for name, each in value.items():
                _check_storable(name, levels - 1)
                _check_storable(each, levels - 1)
        case list():
            for each in value:
                _check_storable(each, levels - 1)
        case str() if UNSTORABLE.search(value):
            raise serializers.ValidationError("must not contain null or surrogate characters")
        case float() if value in (float("inf"), float("-inf")):
            raise serializers.ValidationError("contains a number that is too large")


class OneOfField(serializers.ChoiceField):
    """A string from a list of choices."""

    def __init__(self, choices: list[str], **kwargs: Any) -> None:
        message = f"must be one of the following values: {', '.join(choices)}"
        super().__init__(choices, error_messages=REQUIRED | {"invalid_choice": message}, **kwargs)


class CountField(serializers.Field[Any, Any, Any, Any]):
    """A whole number in a range, sent as a number or as its digits."""

    default_error_messages = REQUIRED

    def __init__(self, *, smallest: int, largest: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smallest = smallest
        self.largest = largest

    def to_internal_value(self, data: object) -> int:
        """Return the number."""
        text = str(data)
        is_number = text.isascii() and text.isdecimal() and len(text) <= len(str(self.largest))
        if not is_number or not self.smallest <= int(text) <= self.largest:
            raise serializers.ValidationError(
                f"must be a whole number from {self.smallest} to {self.largest}"
            )
        return int(text)
