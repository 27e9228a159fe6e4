"""The page that revokes several keys, which the user has ticked in the list."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext, ngettext

from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.models import ApiKey
from stack_apikeys.pages import drafts, notices, panels
from stack_apikeys.pages.base import SectionFormView
from stack_apikeys.pages.forms import RevokeManyForm
from stack_apikeys.pages.list_form import ROWS_PER_PAGE

MOST_KEYS = ROWS_PER_PAGE[-1] + 1
"""How many keys can be revoked at once: those on the longest page of the list, which can have one
row more, for a key that was just changed."""


@dataclass(frozen=True)
class SelectedKey:
    """A key, and what other apps know about its use."""

    api_key: ApiKey
    uses: list[str]


class RevokeManyView(SectionFormView):
    """Ask for confirmation, and revoke several keys for one reason.

    The list sends the selection by POST, so that no URL has the ids. That request changes nothing,
    and is answered with the form, which holds the selection.
    """

    template_name = "stack_apikeys/revoke_many.html"
    form_class = RevokeManyForm

    def changes_nothing(self) -> bool:
        """Return whether the request comes from the list."""
        return "keys" not in self.request.POST

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form that the user had to leave to sign in again."""
        draft = drafts.take(request)
        return self._ask("") if draft is None else self.show_again(draft)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the form for the keys that are ticked in the list, or handle it."""
        if self.changes_nothing():
            return self._ask(" ".join(request.POST.getlist("key")))
        return super().post(request, *args, **kwargs)

    def _ask(self, keys: str) -> HttpResponse:
        form = self.get_form_class()(request=self.request, initial={"keys": keys})
        return self.render_to_response(self.get_context_data(form=form))

    def get_form_kwargs(self) -> dict[str, Any]:
        """Add the request, from which the form knows how recent the sign-in is."""
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the selected keys, or why they cannot be revoked."""
        form = kwargs["form"]
        api_keys, refusal = self._selection(form["keys"].value() or "")
        remaining = [each for each in api_keys if each.status != "revoked"]
        if form.is_bound and not remaining:
            kwargs["draft"] = {"reason": form["reason"].value() or ""}
        return super().get_context_data(
            refusal=refusal,
            selected=self._with_uses(remaining or api_keys),
            remaining=len(remaining),
            not_changed=[each for each in api_keys if remaining and each.status == "revoked"],
            **kwargs,
        )

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Respond with the status 400 to a selection that is none."""
        if context["refusal"]:
            kwargs["status"] = 400
        return super().render_to_response(context, **kwargs)

    def _selection(self, keys: str) -> tuple[list[ApiKey], str]:
        """Return the keys with these ids, or the reason why they cannot be revoked together."""
        names = [*dict.fromkeys(keys.split())]
        if not names:
            return [], gettext("Tick the keys that you want to revoke.")
        if len(names) > MOST_KEYS:
            text = ngettext(
                "At most %(limit)d key can be revoked at once.",
                "At most %(limit)d keys can be revoked at once.",
                MOST_KEYS,
            )
            return [], text % {"limit": MOST_KEYS}
        try:
            ids = [UUID(name) for name in names]
        except ValueError:
            ids = []
        api_keys = self.section.api_keys().select_related("revoked_by").filter(pk__in=ids)
        found = sorted(api_keys, key=lambda api_key: ids.index(api_key.pk))  # as in the list
        if len(found) < len(names):
            return [], gettext(
                "A key that you ticked does not exist any more. Nothing was changed."
            )
        return found, ""

    def _with_uses(self, api_keys: list[ApiKey]) -> list[SelectedKey]:
        uses = [each.uses(api_keys) for each in panels.registered()]
        return [
            SelectedKey(api_key, [use for each in uses if (use := each.get(api_key.pk))])
            for api_key in api_keys
        ]

    @repeat_on_conflict
    def form_valid(self, form: RevokeManyForm) -> HttpResponse:
        """Revoke the keys, or say that somebody else has revoked all of them."""
        api_keys, refusal = self._selection(form.cleaned_data["keys"])
        if refusal:
            return self.form_invalid(form)
        reason = form.cleaned_data["reason"]
        with self.hold_rights(api_keys=api_keys):
            rows = self.section.api_keys().filter(pk__in=[each.pk for each in api_keys])
            revoked = {each.pk for each in rows.revoke_each(by=self.actor, reason=reason)}
            others = [each for each in api_keys if each.pk not in revoked]
            for each in others:
                each.revoke(by=self.actor, reason=reason)  # reads the first revocation
        # The same person with the same reason has submitted the form twice.
        others = [
            each
            for each in others
            if (each.revoked_by, each.revoked_reason) != (self.actor, reason)
        ]
        if len(others) == len(api_keys):
            return self.render_to_response(self.get_context_data(form=form))
        notices.leave_of_many(self.request, self.section, len(api_keys) - len(others), others)
        return redirect(self.return_url)
