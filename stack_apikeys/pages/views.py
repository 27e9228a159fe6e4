"""The settings pages: list, CSV file, create, detail, rename and revoke.

Each view serves the keys of users or of teams, depending on its ``model``.
"""

from functools import cached_property
from itertools import islice
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.db import IntegrityError, router
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.text import slugify

from stack_apikeys import scanning
from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys._redaction.urls import mask_url
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeyCreationNotAllowed,
    FieldNotAllowed,
    LimitError,
    TooManyApiKeys,
)
from stack_apikeys.models import ApiKey
from stack_apikeys.pages import csv_export, notices, panels
from stack_apikeys.pages.base import ApiKeyMixin, SectionFormView, SectionView
from stack_apikeys.pages.forms import CreateApiKeyForm, RenameApiKeyForm, RevokeApiKeyForm
from stack_apikeys.pages.history import history
from stack_apikeys.pages.list_form import fit_for_url, search_url
from stack_apikeys.pages.listing import Listing
from stack_apikeys.pages.scopes import described
from stack_apikeys.pages.show_once import ShowOnceView
from stack_apikeys.rates import describe, rates_of
from stack_apikeys.secret import Revealed

# The list -------------------------------------------------------------------------------------


class ApiKeyListView(SectionView):
    """The list of keys. Its search, filter, order and page are in the query string.

    The search is a POST request. It redirects to the URL with the search, which can be bookmarked,
    unless the text may be a part of a key.
    """

    template_name = "stack_apikeys/api_keys.html"

    def changes_nothing(self) -> bool:
        """Return True: the POST request is a search."""
        return True

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the list; a search for a key redirects to a URL without the key."""
        search = request.GET.get("q", "")
        if scanning.may_hold_a_key(search):
            mask_url(request)
            return redirect(Listing(self.section, request).url(q=fit_for_url(search)))
        return self._show(Listing(self.section, request))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Search the list at the URL in ``next``, which may be embedded in another page."""
        # PostgreSQL refuses null characters.
        search = Revealed(request.POST.get("q", "").replace("\0", "").strip())
        fit = fit_for_url(search)
        if search and not fit:
            return self._show(Listing(self.section, request, secret_search=search))
        return redirect(search_url(self.return_url, request.POST.get("prefix", ""), fit))

    def _show(self, listing: Listing) -> HttpResponse:
        context = self.get_context_data(
            listing=listing, return_url=listing.current_url, heading_level=1
        )
        return self.render_to_response(context)


class ApiKeyCsvView(SectionView):
    """The list as a CSV file, with the same search, filter and order, but all pages."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> StreamingHttpResponse:
        """Stream the file."""
        columns = csv_export.columns(with_creator=self.section.kind == "team")
        api_keys = Listing(self.section, request, has_all=True).api_keys
        lines = csv_export.csv_lines(columns, api_keys)
        return StreamingHttpResponse(
            csv_export.in_batches(lines) if isinstance(request, ASGIRequest) else lines,
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="{self.get_filename()}"'},
        )

    def get_filename(self) -> str:
        """Return a name with the date and, for a team's keys, the name of the team."""
        parts = ["api-keys", timezone.localdate().isoformat()]
        if self.section.kind == "team":
            parts.insert(1, slugify(self.section.owner_name) or str(self.section.owner.pk))
        return f"{'-'.join(parts)}.csv"


# A new key ------------------------------------------------------------------------------------


class ApiKeyCreateView(ShowOnceView):
    """Create a key, and show its value once."""

    template_name = "stack_apikeys/create.html"
    form_class = CreateApiKeyForm

    def changes_nothing(self) -> bool:
        """Return whether the user leaves the page that shows the key."""
        return "done" in self.request.POST

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Create the key, or leave the page that shows it."""
        if self.changes_nothing():
            return redirect(self.return_url)
        return super().post(request, *args, **kwargs)

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form, or the reason why the user is not allowed to create keys."""
        response = super().get(request, *args, **kwargs)
        response.status_code = 403 if self.section.refusal else 200
        return response

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add what the form needs to sign the id of the new key, and to offer scopes."""
        return {
            **super().get_form_kwargs(),
            "request": self.request,
            "owner": self.section.owner,
            "grantable_scopes": self.section.grantable_scopes(),
        }

    def form_valid(self, form: CreateApiKeyForm) -> HttpResponse:
        """Create the key, unless an earlier submission of the same form has created it."""
        try:
            self.count_creation()
            api_key, value = self._create_key(form.cleaned_data)
        except FieldNotAllowed as error:
            field = "expires_in" if error.field == "expires_at" else error.field
            form.add_error(field, error.translated_message)
            return self.form_invalid(form)
        except (ApiKeyCreationNotAllowed, IntegrityError, LimitError, TooManyApiKeys) as error:
            api_keys = self.section.api_keys().using(self._database)
            existing = api_keys.filter(pk=form.cleaned_data["key_id"]).first()
            if existing is not None:
                return self.show_once(
                    "stack_apikeys/created_before.html", form=form, api_key=existing
                )
            if isinstance(error, IntegrityError):
                raise
            form.add_error(None, error.translated_message)
            form.limit_error = error if isinstance(error, LimitError) else None
            return self.form_invalid(form)
        notices.leave(self.request, "created", api_key)
        return self.show_once("stack_apikeys/created.html", form=form, api_key=api_key, value=value)

    @cached_property
    def _database(self) -> str:
        return router.db_for_write(self.model, instance=self.section.owner)

    @repeat_on_conflict
    def _create_key(self, cleaned_data: dict[str, Any]) -> tuple[ApiKey, Revealed]:
        owner: dict[str, Any] = {self.section.kind: self.section.owner}
        with self.hold_rights():
            api_key, value = self.model.objects.db_manager(self._database).create_key(
                **owner,
                id=cleaned_data["key_id"],
                description=cleaned_data["description"],
                expires_at=cleaned_data["expires_at"],
                scopes=cleaned_data.get("scopes"),
                networks=cleaned_data["networks"],
                actor=self.actor,
            )
            # The commit may fail, and error reports show local variables.
            value = Revealed(value)
        return api_key, value


# One key --------------------------------------------------------------------------------------


MOST_PREDECESSORS = 5
"""The number of predecessors that the page of a key shows."""


class ApiKeyDetailView(ApiKeyMixin):
    """The details of a key."""

    template_name = "stack_apikeys/api_key.html"

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the key, with its history and what other apps know about it."""
        context = self.get_context_data(
            here=request.get_full_path(),
            notice=notices.take(request, self.section, self.api_key.pk),
            history=history(self.api_key),
            predecessors=[*islice(self.api_key.predecessors(), MOST_PREDECESSORS)],
            scopes=described(self.api_key),
            has_all_scopes=bool(conf.SCOPES) and self.api_key.scopes_in_force is None,
            rates=[describe(rate) for rate in rates_of(self.api_key)],
            details=[each.details(request, self.api_key) for each in panels.registered()],
        )
        return self.render_to_response(context)


class ApiKeyRenameView(ApiKeyMixin, SectionFormView):
    """Change the description of a key."""

    template_name = "stack_apikeys/rename.html"
    form_class = RenameApiKeyForm

    def get_initial(self) -> dict[str, Any]:
        """Return the current description."""
        return {"description": self.api_key.description}

    @repeat_on_conflict
    def form_valid(self, form: RenameApiKeyForm) -> HttpResponse:
        """Rename the key."""
        try:
            with self.hold_rights(self.api_key):
                self.api_key.rename(form.cleaned_data["description"])
        except FieldNotAllowed as error:
            form.add_error(error.field, error.translated_message)
            return self.form_invalid(form)
        notices.leave(self.request, "renamed", self.api_key)
        return super().form_valid(form)


class ApiKeyRevokeView(ApiKeyMixin, SectionFormView):
    """Ask for confirmation, and revoke a key."""

    template_name = "stack_apikeys/revoke.html"
    form_class = RevokeApiKeyForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add what other apps know about the key's use."""
        uses = [each.use(self.api_key) for each in panels.registered()]
        return super().get_context_data(uses=uses, **kwargs)

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the request, from which the form knows how recent the sign-in is."""
        return {**super().get_form_kwargs(), "request": self.request}

    @repeat_on_conflict
    def form_valid(self, form: RevokeApiKeyForm) -> HttpResponse:
        """Revoke the key, or say that somebody else has revoked it, or for another reason."""
        reason = form.cleaned_data["reason"]
        with self.hold_rights(self.api_key):
            self.api_key.revoke(by=self.actor, reason=reason)
        if (self.api_key.revoked_by, self.api_key.revoked_reason) != (self.actor, reason):
            return self._show_first_revocation(reason)
        notices.leave(self.request, "revoked", self.api_key)
        return super().form_valid(form)

    def form_invalid(self, form: RevokeApiKeyForm) -> HttpResponse:
        """Show the form with its errors, unless the key was revoked while it was open."""
        if self.api_key.status == "revoked":
            return self._show_first_revocation(form["reason"].value() or "")
        return super().form_invalid(form)

    def _show_first_revocation(self, reason: str) -> HttpResponse:
        context = self.get_context_data(form=None, draft={"reason": reason})
        return self.render_to_response(context)
