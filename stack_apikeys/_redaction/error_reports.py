"""Keep secrets out of Django's error reports.

A report lists cookies, headers, form data and variables. Django's filter hides some of them by
name, but not the cookies of the official SDK.
"""

from collections.abc import ItemsView, Iterable
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import (
    SafeExceptionReporterFilter,
    get_default_exception_reporter_filter,
)

from stack_apikeys._redaction.names import SECRET_FIELDS, hide_by_name
from stack_apikeys.scanning import holds_a_secret


def hide_secrets(request: HttpRequest) -> None:
    """Hide API keys, the secret keys of the settings and the SDK's cookies in error reports.

    The project's own exception reporter filter is applied too.
    """
    current = getattr(request, "exception_reporter_filter", None)
    if not isinstance(current, SecretsFilter):
        request.__dict__["exception_reporter_filter"] = (
            SecretsFilter(current) if current else _filter
        )


class SecretsFilter:
    """An exception reporter filter that hides this app's secrets in the results of another filter.

    The other filter is ``inner``, or the project's ``DEFAULT_EXCEPTION_REPORTER_FILTER``.
    """

    def __init__(self, inner: SafeExceptionReporterFilter | None = None) -> None:
        self._own_inner = inner

    @property
    def _inner(self) -> SafeExceptionReporterFilter:
        # Only error reports need it, so it is not looked up for each request.
        return self._own_inner or get_default_exception_reporter_filter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, Any]:
        """Return ``request.META``, which includes the headers, without secrets."""
        return hide_by_name(self._inner.get_safe_request_meta(request), self._substitute)

    def get_safe_cookies(self, request: HttpRequest) -> dict[str, Any]:
        """Return the cookies without secrets."""
        return hide_by_name(self._inner.get_safe_cookies(request), self._substitute)

    def get_post_parameters(self, request: HttpRequest | None) -> Any:
        """Return the form data without secrets."""
        data: Any = self._inner.get_post_parameters(request)
        # A middleware may fail before the view has declared its sensitive fields.
        secret = [
            name
            for name in data
            if name in SECRET_FIELDS or any(map(self._is_secret, _values(data, name)))
        ]
        if not secret:
            return data
        cleansed = data.copy()
        for name in secret:
            cleansed[name] = self._substitute
        return cleansed

    def get_traceback_frame_variables(
        self, request: HttpRequest, tb_frame: FrameType
    ) -> ItemsView[str, Any]:
        """Return the variables of a frame without secrets."""
        variables = self._inner.get_traceback_frame_variables(request, tb_frame)
        return {
            name: self._substitute if self._is_secret(value) else value for name, value in variables
        }.items()

    @property
    def _substitute(self) -> str:
        return self._inner.cleansed_substitute

    def _is_secret(self, value: object) -> bool:
        return isinstance(value, str) and holds_a_secret(value)


_filter = SecretsFilter()
"""For requests that have no exception reporter filter of their own."""


def _values(data: Any, name: str) -> Iterable[object]:
    return data.getlist(name) if hasattr(data, "getlist") else [data[name]]
