"""Convert exceptions to error responses (sections 2.2 and 2.3 of the wire contract)."""

from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.encoding import escape_uri_path
from django.utils.log import log_response
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from stack_apikeys.exceptions import FieldNotAllowed, KnownError, LimitError, PlainError
from stack_apikeys.limits import log_as_warning
from stack_apikeys.scanning import redact
from stack_apikeys.wire.headers import FAMILIES

MAX_RETRY_AFTER = 10
"""Maximum ``Retry-After``, in seconds, because the official SDK waits that long, five times,
before it returns to its caller."""


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """Return the response to an exception.

    Returns None for an unexpected exception if ``DEBUG`` is True, so that Django shows its page.
    """
    if isinstance(error, KnownError):
        set_rollback()
        return _known(error)
    if isinstance(error, PlainError):
        set_rollback()
        refusal = _plain(error.status, _sentence(error))
        if isinstance(error, LimitError):
            refusal["Retry-After"] = str(min(error.wait, MAX_RETRY_AFTER))
            log_as_warning(refusal, context["request"]._request)
        return refusal
    if isinstance(error, SuspiciousOperation):
        # Django refuses to read the request, such as a form with too many fields.
        return _plain(400, str(error))
    # DRF's own exceptions, Http404 and PermissionDenied.
    response = drf_exception_handler(error, context)
    if response is None:
        return None if settings.DEBUG else _server_error(error, context)
    plain = _plain(response.status_code, str(response.data["detail"]))
    if "Retry-After" in response:
        plain["Retry-After"] = response["Retry-After"]
    return plain


def _known(error: KnownError) -> Response:
    body: dict[str, object] = {"code": error.code, "error": redact(error.message)}
    if error.details is not None:
        body["details"] = {
            name: redact(value) if isinstance(value, str) else value
            for name, value in error.details.items()
        }
    headers = {f"{family}Known-Error": error.code for family in FAMILIES}
    return Response(body, status=error.status, headers=headers)


def _sentence(error: PlainError) -> str:
    """Return the message, with the name that the field has in the request, if it is about one."""
    if not isinstance(error, FieldNotAllowed):
        return error.message
    name = {"expires_at": "expires_at_millis"}.get(error.field, error.field)
    return f"body.{name}: {error.message}"


def _plain(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(redact(sentence), status=status, content_type="text/plain; charset=utf-8")


def _server_error(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Return a 500 that scripts can read, and report the error as Django does."""
    request, request_id = context["request"]._request, context["view"].request_id
    set_rollback()
    got_request_exception.send(sender=None, request=request)
    response = _plain(
        500,
        "Something went wrong. Please make sure the data you entered is correct.\n\n"
        f"Request ID: {request_id}",
    )
    log_response(
        "%s: %s (request %s)",
        response.reason_phrase,
        _loggable_path(request),
        request_id,
        response=response,
        request=request,
        exception=error,
    )
    return response


def log_error(request: HttpRequest, response: HttpResponse) -> None:
    """Log an error response as Django would, but with a path that is safe to log.

    Does nothing if the response has been logged already.
    """
    path = _loggable_path(request)
    log_response("%s: %s", response.reason_phrase, path, response=response, request=request)


def _loggable_path(request: HttpRequest) -> str:
    """Return the path without secrets, and escaped so that it stays on one line of the log."""
    return escape_uri_path(redact(request.path))


def override_status(request: HttpRequest, response: HttpResponseBase) -> None:
    """Change the status of a 4xx to 200 if the request asks for it (section 2.3).

    The SDK asks for this because browsers log every 4xx to the console; it reads the true status
    from a header.
    """
    is_requested = any(f"{family}Override-Error-Status" in request.headers for family in FAMILIES)
    if is_requested and 400 <= response.status_code < 500:
        for family in FAMILIES:
            response[f"{family}Actual-Status"] = str(response.status_code)
        response.status_code = 200
