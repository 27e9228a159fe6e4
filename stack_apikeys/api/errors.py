"""Exceptions become the wire's error bodies, and their status the one that the SDK wants.

Sections 2.2 and 2.3 of the wire contract.
"""

import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from rest_framework.response import Response
from rest_framework.views import exception_handler as drf_exception_handler
from rest_framework.views import set_rollback

from stack_apikeys.api.access import FAMILIES
from stack_apikeys.exceptions import KnownError, PlainError

logger = logging.getLogger("django.request")


def exception_handler(error: Exception, context: dict[str, Any]) -> HttpResponseBase | None:
    """Answer what the wire has for the exception.

    None for one that nobody raised on purpose while ``DEBUG`` is on: Django's page tells more.
    """
    if isinstance(error, KnownError):
        set_rollback()
        return _known(error)
    if isinstance(error, PlainError):
        set_rollback()
        return _plain(error.status, error.message)
    if isinstance(error, SuspiciousOperation):
        # What Django itself refuses to read, such as a query or a form with too many fields.
        return _plain(400, str(error))
    # The rest that is not a fault of ours: DRF's handler knows its status.
    response = drf_exception_handler(error, context)
    if response is None:
        return None if settings.DEBUG else _fault(error, context)
    plain = _plain(response.status_code, str(response.data["detail"]))
    if "Retry-After" in response:
        plain["Retry-After"] = response["Retry-After"]
    return plain


def _known(error: KnownError) -> Response:
    body: dict[str, object] = {"code": error.code, "error": error.message}
    if error.details is not None:
        body["details"] = error.details
    headers = {f"{family}Known-Error": error.code for family in FAMILIES}
    return Response(body, status=error.status, headers=headers)


def _plain(status: int, sentence: str) -> HttpResponse:
    return HttpResponse(sentence, status=status, content_type="text/plain; charset=utf-8")


def _fault(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """Answer a fault of ours in a form that scripts can read, and tell as Django does of it."""
    request, request_id = context["request"]._request, context["view"].request_id
    set_rollback()
    got_request_exception.send(sender=None, request=request)
    logger.error(
        "Internal Server Error: %s (request %s)",
        request.path,
        request_id,
        exc_info=error,
        extra={"status_code": 500, "request": request},
    )
    return _plain(
        500,
        "Something went wrong. Please make sure the data you entered is correct.\n\n"
        f"Request ID: {request_id}",
    )


def override_status(request: HttpRequest, response: HttpResponseBase) -> None:
    """Answer 200 for a client's error where the request asks for that, and tell the true status.

    Browsers log every 4xx to the console; the SDK restores the true status from the header.
    """
    asked = any(f"{family}Override-Error-Status" in request.headers for family in FAMILIES)
    if asked and 400 <= response.status_code < 500:
        for family in FAMILIES:
            response[f"{family}Actual-Status"] = str(response.status_code)
        response.status_code = 200
