"""The base of the settings pages: who may open them, and how their forms fail."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Any
from urllib.parse import urldefrag

from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils.cache import add_never_cache_headers
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import FormView
from django.views.generic.base import ContextMixin, TemplateResponseMixin, View

from stack_apikeys._redaction.urls import mask_url
from stack_apikeys.credentials import carries_a_key, session_user
from stack_apikeys.exceptions import (
    LimitError,
    StackApiKeysError,
    UserAuthenticationRequired,
)
from stack_apikeys.limits import log_as_warning
from stack_apikeys.models import ApiKey, ApiKeyModel, UserApiKey
from stack_apikeys.pages import csrf, drafts
from stack_apikeys.pages.section import Section
from stack_apikeys.reauthentication import sign_in_of
from stack_apikeys.rights import actor_of, hold_rights


@method_decorator(
    [csrf_exempt, csrf.note_csrf_failure, sensitive_post_parameters("password", "q")],
    name="dispatch",
)
class SectionView(TemplateResponseMixin, ContextMixin, View):
    """A page about the keys of one owner, for users who manage them.

    Anonymous users are redirected to the sign-in page. A user who does not manage the keys gets a
    404, as for an owner who does not exist.
    """

    model: ApiKeyModel = UserApiKey

    section: Section
    actor: Any

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Set ``section`` and ``actor``, and handle the request if the user manages the keys."""
        response: HttpResponseBase
        try:
            # A middleware may have set `request.user` from an API key, but only a user who has
            # signed in may manage keys.
            user = AnonymousUser() if carries_a_key(request) else session_user(request)
            request.user = user  # type: ignore[assignment]
            self.actor = actor_of(request)
            owner_id = kwargs.get("team_id", user.pk)
            self.section = Section.managed_by(user, self.model, owner_id, actor=self.actor)
            if csrf.csrf_failure(request) and not self.changes_nothing():
                response = self.csrf_failed()
                csrf.log_csrf_failure(request, response)
            else:
                response = super().dispatch(request, *args, **kwargs)
        except UserAuthenticationRequired:
            drafts.keep_until_sign_in(request)
            mask_url(request)  # The URL becomes a parameter of the sign-in page.
            response = redirect_to_login(request.get_full_path())
        except StackApiKeysError as error:
            mask_url(request)  # Django logs the URL.
            raise Http404 from error
        _set_security_headers(request, response)
        return response

    def changes_nothing(self) -> bool:
        """Return whether the request is harmless whoever sends it, so that it needs no token."""
        return False

    def csrf_failed(self) -> HttpResponse:
        """Return the response to a request that the CSRF check refused."""
        return csrf.failure_page(self.request)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the section and the URL to go back to."""
        context = {"section": self.section, "return_url": self.return_url, **kwargs}
        return super().get_context_data(**context)

    @cached_property
    def return_url(self) -> str:
        """The page to go back to: the parameter ``next`` if it is a URL of this site, or the list."""
        url = self.request.POST.get("next") or self.request.GET.get("next", "")
        is_safe = url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return url if is_safe else self.section.url()

    def row_url(self, api_key: ApiKey) -> str:
        """Return the URL to go back to, with the key's row in the list as the fragment."""
        return f"{urldefrag(self.return_url).url}#api-key-{api_key.pk}"

    def hold_rights(
        self,
        api_key: ApiKey | None = None,
        *,
        api_keys: Sequence[ApiKey] = (),
        is_rotation: bool = False,
    ) -> AbstractContextManager[Model]:
        """Lock the user's right to create a key, or to change ``api_key`` or these ``api_keys``.

        See `rights.hold_rights`.
        """
        user: Any = self.request.user  # `dispatch` lets no anonymous user through.
        return hold_rights(
            self.model,
            self.section.owner.pk,
            user=user,
            sign_in=sign_in_of(self.request),
            actor=self.actor,
            api_key=api_key,
            api_keys=api_keys,
            is_rotation=is_rotation,
        )


class SectionFormView(SectionView, FormView):  # type: ignore[type-arg]  # in the stubs only
    """A page with a form."""

    http_method_names = ["get", "head", "post", "options"]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, with what the user typed before they had to sign in again."""
        draft = drafts.take(request)
        return super().get(request, *args, **kwargs) if draft is None else self.show_again(draft)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Handle the form, or go to the page where the user confirms who they are."""
        drafts.forget(request)
        if "confirm" not in request.POST:
            return super().post(request, *args, **kwargs)
        confirmation_url = getattr(self.get_form(), "confirmation_url", None)
        if confirmation_url is None:  # The user has confirmed it in another tab.
            return self.show_again(drafts.typed(request))
        drafts.keep(request)
        return redirect(confirmation_url)

    def csrf_failed(self) -> HttpResponse:
        """Show the form again with what was typed, unless another site has sent it."""
        if csrf.is_from_elsewhere(self.request):
            return super().csrf_failed()
        message = gettext(
            "This form was open for too long, or you signed in again. Nothing was changed. "
            "Please submit it again."
        )
        return self.show_again(drafts.typed(self.request), error=message)

    def show_again(self, draft: dict[str, str], *, error: str = "") -> HttpResponse:
        """Show a new form that begins with what the user typed into an earlier one."""
        kwargs = self.get_form_kwargs()
        kwargs |= {"data": None, "files": None, "initial": {**kwargs["initial"], **draft}}
        form = self.get_form_class()(**kwargs)
        for field in form.fields.values():
            field.widget.attrs.pop("autofocus", None)  # The text above the form gets the focus.
        if error:
            form.cleaned_data = {}  # `add_error` needs it.
            form.add_error(None, error)
        context = self.get_context_data(form=form, draft=draft)
        return self.render_to_response(context, status=403 if error else 200)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the signed field that `drafts` needs."""
        return super().get_context_data(rendered_for=drafts.seal(self.request), **kwargs)

    def form_invalid(self, form: Any) -> HttpResponse:
        """Show the form with its errors, with the status 429 or 503 if a rate limit refused it."""
        response = super().form_invalid(form)
        limit_error: LimitError | None = getattr(form, "limit_error", None)
        if limit_error is not None:
            response.status_code = limit_error.status
            response["Retry-After"] = str(limit_error.wait)
            log_as_warning(response, self.request)
        return response


class ApiKeyMixin(SectionView):
    """A page about one key of the section; any other key is a 404."""

    @cached_property
    def api_key(self) -> ApiKey:
        """The key whose id is in the URL."""
        api_key: ApiKey = get_object_or_404(
            self.section.api_keys().select_related("created_by", "revoked_by", "successor"),
            pk=self.kwargs["pk"],
        )
        return api_key

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the key."""
        return super().get_context_data(**{"api_key": self.api_key, **kwargs})

    def get_success_url(self) -> str:
        """Go back to the key's row in the list."""
        return self.row_url(self.api_key)


def _set_security_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    add_never_cache_headers(response)
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    # Django's middleware and django-csp's do not replace a policy that the response already has.
    # The project's policy says more than this one, so leave the header to them. Both set a nonce.
    if not (hasattr(request, "_csp_nonce") or hasattr(request, "csp_nonce")):
        response.headers["Content-Security-Policy"] = "frame-ancestors 'none'"
