"""The base of the pages whose form makes a key, and whose answer shows its value once."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render

from stack_apikeys.conf import conf
from stack_apikeys.limits import Limit
from stack_apikeys.pages.base import SectionFormView


class ShowOnceView(SectionFormView):
    """A form that makes a key, and shows its value in the response to the POST request.

    The value is not kept anywhere to be shown later: not in a session, a message or a URL. That is
    why such a view does not redirect.
    """

    def count_creation(self) -> None:
        """Count a creation by ``CREATE_RATE``. Raises `RateLimited` and `LimitUnavailable`."""
        Limit("create", conf.CREATE_RATE, str(self.request.user.pk)).take()

    def show_once(self, template_name: str, **context: Any) -> HttpResponse:
        """Return a page about the new key, ``api_key``, which leads to its row or ``done_url``."""
        # `render` instead of `render_to_response`, whose response keeps its context, and with it
        # the value.
        urls = {"base_url": self._base_url(), "done_url": self.row_url(context["api_key"])}
        context = self.get_context_data(**{**urls, **context})
        return render(self.request, template_name, context)

    def _base_url(self) -> str:
        """Return the URL of the site, with its prefix (see ``FORCE_SCRIPT_NAME``)."""
        prefix = self.request.META["SCRIPT_NAME"].rstrip("/")
        return self.request.build_absolute_uri(f"{prefix}/")
