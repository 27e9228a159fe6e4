"""Search for keys in Django admin, and keep a pasted key out of URLs, messages and logs."""

from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.views.main import ERROR_FLAG, PAGE_VAR, SEARCH_VAR
from django.core.exceptions import BadRequest
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.decorators import method_decorator
from django.utils.text import smart_split, unescape_string_literal
from django.utils.translation import gettext_lazy as _
from django.views.decorators.debug import sensitive_post_parameters

from stack_apikeys._database.primary_keys import parse_primary_key
from stack_apikeys._redaction.urls import mask_url
from stack_apikeys.admin.lists import KeyListAdmin, newest_for
from stack_apikeys.admin.owners import OwnerSearch
from stack_apikeys.models import MODELS
from stack_apikeys.models.querysets import condition_for_name
from stack_apikeys.newest import within
from stack_apikeys.scanning import find_key, may_hold_a_key, redact

LOOKUPS = {"^": "istartswith", "=": "iexact", "@": "search"}
"""The lookups that a character before a search field stands for, as in Django."""


class KeySearchAdmin(KeyListAdmin):
    """Finds keys by owner, description, id, last four characters, or the whole key."""

    # Django repeats an unknown id in messages and logs: it might be a pasted key ---------------

    def change_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """Show the key, and mask a key that was pasted into the URL."""
        mask_url(request)
        return super().change_view(request, redact(object_id), *args, **kwargs)

    def history_view(self, request: HttpRequest, object_id: str, *args: Any, **kwargs: Any) -> Any:
        """Show the key's history, and mask a key that was pasted into the URL."""
        mask_url(request)
        return super().history_view(request, redact(object_id), *args, **kwargs)

    # Search ----------------------------------------------------------------------------------

    @method_decorator(sensitive_post_parameters(SEARCH_VAR))
    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Show the list. The search form is sent by POST, and answered with a redirect.

        A key that is pasted into the form, or into the URL, is replaced by its id in the redirect,
        so that no log contains it. What may be a part of a key is dropped.
        """
        if any(
            parse_primary_key(self.model, each) is None
            for each in request.POST.getlist(ACTION_CHECKBOX_NAME)
        ):
            raise BadRequest("The selection contains an invalid id.")
        sent = request.POST if SEARCH_VAR in request.POST else request.GET
        text = " ".join(sent.getlist(SEARCH_VAR))
        if sent is request.GET and not _may_hold_a_secret(text):
            return super().changelist_view(request, extra_context)
        parameters = request.GET.copy()
        for name in (SEARCH_VAR, PAGE_VAR, ERROR_FLAG):
            parameters.pop(name, None)
        if fit_to_log := self._without_secrets(request, text):
            parameters[SEARCH_VAR] = fit_to_log
        return HttpResponseRedirect(f"{request.path}?{parameters.urlencode()}")

    def _without_secrets(self, request: HttpRequest, text: str) -> str:
        """Return the text, or the id of the key it contains.

        Returns an empty string and adds a message for what looks like a key but is not valid.
        """
        if parsed := find_key(text):
            if parsed.kind != self.model.KIND:
                others = MODELS[parsed.kind]._meta.verbose_name_plural
                message = _("This key is of another kind. Search for it in %(others)s.")
                self.message_user(request, message % {"others": others}, messages.WARNING)
            return str(parsed.id)
        if _may_hold_a_secret(text):
            message = _(
                "This looks like a key, but it is mistyped or incomplete. Paste the whole key, or "
                "search for its owner."
            )
            self.message_user(request, message, messages.WARNING)
            return ""
        return text

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Find keys by id, their own or that of the owner, by masked form, by value, or by words.

        Each word must be in a search field or in the name of the owner, which is compared only with
        the newest keys if there are very many, or be the last four characters, or identify the
        owner by an index.
        """
        parsed = find_key(search_term)  # pasted into an autocomplete field
        named = condition_for_name(str(parsed.id) if parsed else search_term)
        if named is not None:
            owner = parse_primary_key(self.model.owner_model(), search_term.strip())
            if owner is not None:
                named |= Q(**{f"{self.model.KIND}_id": owner})
            return queryset.filter(named), False
        words = _words(search_term)
        if not words:
            return queryset, False
        newest = newest_for(request, self.get_queryset(request))
        owners = OwnerSearch(self, request, queryset.db, is_whole=newest is None)
        for word in words:
            found = within(newest, self._condition(request, word) | owners.named(word))
            found |= Q(last_four=word.lower()) | owners.identified(word)
            if newest is not None:
                found |= owners.beginning(word)
            queryset = queryset.filter(found)
        return queryset, False

    def _condition(self, request: HttpRequest, word: str) -> Q:
        """Return the condition for keys with the word in one of the search fields."""
        fields = self.get_search_fields(request)
        return Q.create([(_lookup(field), word) for field in fields], connector=Q.OR)


def _may_hold_a_secret(text: str) -> bool:
    return may_hold_a_key(text)


def _words(search_term: str) -> list[str]:
    """Return the words of a search. Several in quotation marks count as one, as in Django."""
    return [
        unescape_string_literal(word) if word[0] in "\"'" and word[0] == word[-1] else word
        for word in smart_split(search_term)
    ]


def _lookup(field: str) -> str:
    lookup = LOOKUPS.get(field[0])
    return f"{field[1:]}__{lookup}" if lookup else f"{field}__icontains"
