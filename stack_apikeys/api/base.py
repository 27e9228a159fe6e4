"""What every endpoint of the HTTP API has in common."""

from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

from django.http import Http404, HttpRequest, HttpResponseBase
from django.utils import translation
from django.utils.encoding import escape_uri_path
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from stack_apikeys.api.access import ClientAccess, StackAuthentication
from stack_apikeys.api.body import read_body
from stack_apikeys.api.cors import answer_preflight, open_to_every_origin
from stack_apikeys.api.errors import exception_handler, override_status
from stack_apikeys.api.serializers import RequestPart, validate
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import HttpsRequired


class WireRenderer(JSONRenderer):
    """JSON that names its charset, as the wire contract has it."""

    charset = "utf-8"


class AlwaysJson(BaseContentNegotiation):
    """The API speaks JSON, whatever the request would accept."""

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
    """An endpoint of the wire contract, deaf to the host's own defaults for DRF."""

    authentication_classes = [StackAuthentication]
    permission_classes = [ClientAccess]
    throttle_classes = []
    renderer_classes = [WireRenderer]
    content_negotiation_class = AlwaysJson
    versioning_class = None
    schema = None  # the wire contract describes it, not the host's OpenAPI document

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer preflights before anything else looks at the request, and speak English."""
        if request.method == "OPTIONS":
            return answer_preflight()
        self.request_id = uuid4().hex
        with translation.override(None):
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Check what concerns every request, in the order of section 3."""
        if conf.https_required and not request.is_secure():
            raise HttpsRequired
        # Whatever a content type claims, queries and forms on this wire are UTF-8.
        request._request.encoding = "utf-8"  # reads the query, which may be refused
        self.body = read_body(request._request)
        super().initial(request, *args, **kwargs)

    def validated(self, request: Request, **parts: type[RequestPart]) -> dict[str, Any]:
        """The request's fields by name; raises `SchemaError` with every problem at once.

        ``parts`` are serializers for ``params``, ``query`` and ``body``.
        """
        data = {"params": self.kwargs, "query": request.query_params.dict(), "body": self.body}
        return validate(
            self.request_line(request),
            [
                (name, part(data=data[name], context={"user": request.user}))
                for name, part in parts.items()
            ],
        )

    def request_line(self, request: Request) -> str:
        """What a `SchemaError` names the request by."""
        return f"{request.method} {escape_uri_path(request.path)}"

    def get_exception_handler(self) -> Callable[[Exception, dict[str, Any]], Any]:
        """Translate exceptions as the wire wants them, not as the host's own API does."""
        return exception_handler

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Give every answer, an error's too, the headers of section 2."""
        response = super().finalize_response(request, response, *args, **kwargs)
        response["Cache-Control"] = "no-store, max-age=0"
        response["X-Stack-Request-Id"] = self.request_id
        open_to_every_origin(response)
        override_status(request._request, response)
        return response


class NotFoundView(StackApiView):
    """Whatever else is asked for below the API's address: a 404 that scripts can read."""

    permission_classes = []

    def initial(self, *args: Any, **kwargs: Any) -> None:
        """Answer 404, whoever asks and however."""
        raise Http404
