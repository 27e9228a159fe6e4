"""Validate the parts of a request, and report every mistake in one error."""

from collections.abc import Iterable, Sequence
from typing import Any

from rest_framework import serializers

from stack_apikeys.wire.exceptions import SchemaError
from stack_apikeys.wire.fields import mistyped, shorten


class RequestPart(serializers.Serializer[Any]):
    """One part of a request: ``params``, which are in the path, ``query`` or ``body``."""

    def mistakes(self, name: str) -> list[str]:
        """Validate the fields, and return a message about each one that is invalid."""
        data = self.initial_data
        if data is None:
            return [f"{name} must be defined"]
        if not isinstance(data, dict):
            return [f"{name} {mistyped('object', data, self.context)}"]
        self.is_valid()
        return [
            f"{name}.{field} {message}"
            for field, messages in self.errors.items()
            for message in messages
        ]

    def unknown_fields(self, name: str) -> list[str]:
        """Return one message about all unknown fields, or none."""
        data = self.initial_data
        if not isinstance(data, dict):
            return []
        unknown = [str(field) for field in data if field not in self.fields]
        if not unknown:
            return []
        if self.context.get("takes_secrets"):
            properties = "property" if len(unknown) == 1 else "properties"
            return [f"{name} contains {len(unknown)} unknown {properties}"]
        return [f"{name} contains unknown properties: {shorten(', '.join(unknown))}"]


def validate(request_line: str, parts: Sequence[tuple[str, RequestPart]]) -> dict[str, Any]:
    """Return the validated fields of all parts. Raises `SchemaError`, which lists all problems."""
    problems = [problem for name, part in parts for problem in part.mistakes(name)]
    problems += [problem for name, part in parts for problem in part.unknown_fields(name)]
    if problems:
        raise schema_error(request_line, problems)
    fields: dict[str, Any] = {}
    for _name, part in parts:
        fields |= part.validated_data
    return fields


def schema_error(request_line: str, problems: Iterable[str]) -> SchemaError:
    """Return the error that lists these problems."""
    lines = "".join(f"\n  - {problem}" for problem in problems)
    message = f"Request validation failed on {request_line}:{lines}"
    # It may repeat lone surrogates from the request, which cannot be encoded in a response.
    return SchemaError(message=message.encode(errors="backslashreplace").decode())
