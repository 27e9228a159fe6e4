"""The CSRF check of the settings pages.

Django's middleware replaces a form by an error page, and what was typed is lost. Here the check is
Django's as well, but the view decides how to respond. It is made even if the project does not use
the middleware.
"""

import logging
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.urls import get_callable
from django.utils.decorators import decorator_from_middleware
from django.utils.log import log_response

from stack_apikeys.scanning import redact_known

_logger = logging.getLogger("django.security.csrf")


class _Check(CsrfViewMiddleware):
    """Stores the reason of a failure with the request, and lets the request through."""

    def process_request(self, request: HttpRequest) -> None:
        # The project's middleware may have done this, and the token may have changed since.
        if "CSRF_COOKIE" not in request.META:
            super().process_request(request)

    def _reject(self, request: HttpRequest, reason: str) -> None:
        cast(Any, request).stack_apikeys_csrf_failure = reason

    def accepts_origin(self, request: HttpRequest) -> bool:
        # Not in django-stubs.
        return self._origin_verified(request)  # type: ignore[attr-defined, no-any-return]


note_csrf_failure = decorator_from_middleware(_Check)
"""A decorator for views that respond to a `csrf_failure` themselves."""


def csrf_failure(request: HttpRequest) -> str:
    """Return why the check failed, or an empty string."""
    return getattr(request, "stack_apikeys_csrf_failure", "")


def is_from_elsewhere(request: HttpRequest) -> bool:
    """Return whether the browser says that a page of a site that is not trusted sent the form.

    Browsers send the header ``Origin`` with every POST request to another site.
    """
    return "Origin" in request.headers and not _Check(_respond).accepts_origin(request)


def failure_page(request: HttpRequest) -> HttpResponse:
    """Return the response of the project's ``CSRF_FAILURE_VIEW``."""
    view: Any = get_callable(settings.CSRF_FAILURE_VIEW)
    response: HttpResponse = view(request, reason=csrf_failure(request))
    return response


def _respond(_request: HttpRequest) -> HttpResponse:
    """Middleware needs a view, even if it only checks a request."""
    return HttpResponse()


def log_csrf_failure(request: HttpRequest, response: HttpResponse) -> None:
    """Log the failure as Django's middleware does."""
    log_response(
        "Forbidden (%s): %s",
        redact_known(csrf_failure(request)),  # It may quote a header.
        request.path,
        response=response,
        request=request,
        logger=_logger,
    )
