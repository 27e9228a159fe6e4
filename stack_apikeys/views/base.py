"""What all settings pages share: who may see them, their headers, and the way back."""

from functools import cached_property
from typing import Any
from urllib.parse import urldefrag

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import get_object_or_404
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View

from stack_apikeys.exceptions import StackApiKeysError, UserAuthenticationRequired
from stack_apikeys.models import AbstractApiKey, TeamApiKey, UserApiKey
from stack_apikeys.views.section import ApiKeyModel, Section


@method_decorator(sensitive_post_parameters("password"), name="dispatch")
class SectionView(TemplateResponseMixin, ContextMixin, View):
    """A page about one owner's keys, for the people who manage them.

    Anonymous visitors are sent to sign in. All else that the hall refuses is 404: who may not
    manage the keys does not learn whether there are any, or such an owner.
    """

    model: ApiKeyModel = UserApiKey

    section: Section

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Answer only those who manage the keys."""
        response: HttpResponseBase
        try:
            # A caller for whom a key stands has signed in to nothing: a key can never mint keys.
            by_key = isinstance(getattr(request, "auth", None), AbstractApiKey)
            user = AnonymousUser() if by_key else request.user
            self.section = Section.managed_by(user, self.model, kwargs.get("team_id", user.pk))
            response = super().dispatch(request, *args, **kwargs)
        except UserAuthenticationRequired:
            response = redirect_to_login(request.get_full_path())
        except StackApiKeysError as error:
            raise Http404 from error
        _protect(request, response)
        return response

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """What every page's template may use."""
        context = {"section": self.section, "return_url": self.return_url, **kwargs}
        return super().get_context_data(**context)

    @cached_property
    def return_url(self) -> str:
        """The page that the visitor came from and goes back to: ``next``, or the list."""
        url = self.request.POST.get("next") or self.request.GET.get("next", "")
        is_ours = url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return url if is_ours else self.section.url()

    def row_url(self, api_key: UserApiKey | TeamApiKey) -> str:
        """The way back, to the key's row if the page has it."""
        return f"{urldefrag(self.return_url).url}#api-key-{api_key.pk}"


class FormSectionView(SectionView):
    """A page with one form. What the form refuses is shown again, with what was typed."""

    def make_form(self, data: QueryDict | None = None) -> Form:
        """The form, empty or with what was sent."""
        raise NotImplementedError

    def form_valid(self, form: Any) -> HttpResponse:
        """Do what the form asks for."""
        raise NotImplementedError

    def form_invalid(self, form: Form) -> HttpResponse:
        """Show the form with its errors."""
        return self.render_to_response(self.get_context_data(form=form))

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form."""
        return self.render_to_response(self.get_context_data(form=self.make_form()))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Take the form."""
        form = self.make_form(request.POST)
        return self.form_valid(form) if form.is_valid() else self.form_invalid(form)


class ApiKeyMixin(SectionView):
    """A page about one of the section's keys; 404 for any other key."""

    @cached_property
    def api_key(self) -> UserApiKey | TeamApiKey:
        """The key that the address names."""
        api_key: UserApiKey | TeamApiKey = get_object_or_404(
            self.section.api_keys().select_related("created_by", "revoked_by"), pk=self.kwargs["pk"]
        )
        return api_key

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """The key too."""
        return super().get_context_data(api_key=self.api_key, **kwargs)


def _protect(request: HttpRequest, response: HttpResponseBase) -> None:
    """Let nobody keep the page, frame it, or learn its address from a link."""
    add_never_cache_headers(response)
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    # Django's middleware, and django-csp's, add no policy where there is one. The host's is worth
    # more than ours, and both leave a nonce by which we know them.
    if not (hasattr(request, "_csp_nonce") or hasattr(request, "csp_nonce")):
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
