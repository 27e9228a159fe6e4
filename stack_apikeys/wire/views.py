"""The base class of all endpoints of the HTTP API."""

from collections.abc import Callable, Iterable
from http.cookies import Morsel, SimpleCookie
from typing import Any, cast
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.encoding import escape_uri_path
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from stack_apikeys._redaction.urls import mask_url
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import HttpsRequired
from stack_apikeys.wire.access import Access, ClientAccess, StackAuthentication
from stack_apikeys.wire.body import forget_body, read_body
from stack_apikeys.wire.cors import allow_every_origin, answer_preflight
from stack_apikeys.wire.errors import exception_handler, log_error, override_status
from stack_apikeys.wire.headers import FAMILIES, take_secrets
from stack_apikeys.wire.validation import RequestPart, schema_error, validate


class _WireRenderer(JSONRenderer):
    """Render JSON, with the charset in the content type (section 2.1)."""

    charset = "utf-8"


class _NoCookies(SimpleCookie):
    """The cookies of a response, which stay empty even if a middleware sets one."""

    def __setitem__(self, name: str, value: object) -> None:
        pass

    def __missing__(self, name: str) -> Morsel[str]:
        return Morsel()  # `set_cookie` sets attributes of what it gets


class _AlwaysJson(BaseContentNegotiation):
    """Respond with JSON, whatever the request accepts."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> None:
        """Select no parser, because `read_body` reads the body."""

    def select_renderer(
        self,
        request: Request,
        renderers: Iterable[BaseRenderer],
        format_suffix: str | None = None,
    ) -> tuple[BaseRenderer, str]:
        """Return the only renderer."""
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class StackApiView(APIView):
    """An endpoint of the wire contract. The project's own settings for DRF have no effect on it.

    Set ``takes_secrets`` to True if the body has a key, a password or a token: error messages then
    repeat nothing that was sent, not even the name of an unknown field. Set ``ignores_body`` to
    True to accept a body of any type and length without reading it.
    """

    authentication_classes = [StackAuthentication]
    permission_classes = [ClientAccess]
    throttle_classes = []
    parser_classes = []
    renderer_classes = [_WireRenderer]
    content_negotiation_class = _AlwaysJson
    versioning_class = None
    schema = None  # described in the wire contract, not in the project's OpenAPI document

    ignores_body = False
    takes_secrets = False

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer preflight requests; handle others in English, which is the wire's language."""
        request.sensitive_post_parameters = "__ALL__"  # type: ignore[attr-defined]  # Django's name
        take_secrets(request)
        self._url_has_key = mask_url(request)
        if request.method == "OPTIONS":
            response = answer_preflight()
            response.cookies = _NoCookies()
            return response
        self.request_id = uuid4().hex
        with translation.override(None):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check the request before its method is called, in the order of section 3."""
        if conf.https_required and not request.is_secure():
            raise HttpsRequired
        if self._url_has_key:
            problem = "the URL must not contain a key. Revoke the key, because URLs are logged"
            raise schema_error(self.request_line(request), [problem])
        # Queries and forms are UTF-8, even if the content type names another charset. This reads
        # the query, for which Django may raise SuspiciousOperation.
        request._request.encoding = "utf-8"
        self.body = None if self.ignores_body else read_body(request._request)
        super().initial(request, *args, **kwargs)

    @property
    def access(self) -> Access:
        """The access of the request, which is also ``request.auth``."""
        return cast(Access, self.request.auth)

    def validated(self, request: Request, **parts: type[RequestPart]) -> dict[str, Any]:
        """Validate the request, and return its fields by name.

        ``parts`` are the serializers of ``params``, ``query`` and ``body``. Raises `SchemaError`,
        which lists every mistake in all of them.
        """
        context = {"user": request.user, "takes_secrets": self.takes_secrets}
        data = {"params": self.kwargs, "query": request.query_params.dict(), "body": self.body}
        return validate(
            self.request_line(request),
            [(name, part(data=data[name], context=context)) for name, part in parts.items()],
        )

    def request_line(self, request: Request) -> str:
        """Return the method and the path, as the message of a `SchemaError` has them."""
        return f"{request.method} {escape_uri_path(request.path)}"

    def handle_exception(self, exc: Exception) -> Any:
        """Discard the body first, so that no error report can contain it."""
        forget_body(self.request._request)
        return super().handle_exception(exc)

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        """Return the wire's exception handler instead of the project's."""
        return exception_handler

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers of section 2 to every response, including errors."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store, max-age=0"
        for family in FAMILIES:
            response[f"{family}Request-Id"] = self.request_id
        response.cookies = _NoCookies()
        allow_every_origin(response)
        override_status(request._request, response)
        if response.status_code >= 400:
            log_error(request._request, response)
        return response


class StubView(StackApiView):
    """An endpoint with a constant answer: ``StubView.as_view(answer={"status": "ok"})``.

    It answers GET; for POST, pass ``http_method_names=["post", "options"]``.
    """

    answer: object = None
    http_method_names = ["get", "head", "options"]

    def check_request(self, request: Request) -> None:
        """Override this to raise an exception for requests that are not allowed."""

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Return the answer."""
        self.check_request(request)
        return Response(self.answer)

    post = get


class NotFoundView(StackApiView):
    """Return the wire's 404 for every other path of the API, so that scripts can read it."""

    permission_classes = []

    def initial(self, *args: Any, **kwargs: Any) -> None:
        """Raise Http404 before anything else is checked."""
        raise Http404
