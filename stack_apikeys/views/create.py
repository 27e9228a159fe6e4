"""A new key: the form that asks for it, and the one page that ever shows it."""

from urllib.parse import parse_qsl, urlsplit

from django.db import IntegrityError, router, transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.debug import sensitive_variables

from stack_apikeys.exceptions import TooManyApiKeys
from stack_apikeys.forms import CreateApiKeyForm
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.views.base import FormSectionView


class ShownOnce:
    """A key's value on its way into the page.

    The report of an error that happens there shows variables, and must not show this one.
    """

    def __init__(self, value: str) -> None:
        self._value = value

    def __str__(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "<the value of a key>"


class ApiKeyCreateView(FormSectionView):
    """Makes a key, and shows it in the answer to the very request that made it.

    The key never waits anywhere to be shown: no redirect, no session, no message.
    """

    template_name = "stack_apikeys/create.html"

    def make_form(self, data: QueryDict | None = None) -> CreateApiKeyForm:
        """A form for this person and this owner."""
        return CreateApiKeyForm(data, request=self.request, owner=self.section.owner)

    @sensitive_variables("value")
    def form_valid(self, form: CreateApiKeyForm) -> HttpResponse:
        """Make the key, or tell of the one that the same form has made already."""
        fields = form.cleaned_data
        database = router.db_for_write(self.model, instance=self.section.owner)
        try:
            with transaction.atomic(using=database):
                api_key, value = self.section.api_keys().create_key(
                    id=fields["key_id"],
                    description=fields["description"],
                    expires_at=fields["expires_at"],
                    created_by=self.request.user,  # type: ignore[arg-type]  # nobody else gets here
                )
        except (IntegrityError, TooManyApiKeys) as error:
            rows = self.section.api_keys().using(database)
            made_before = rows.filter(pk=fields["key_id"]).first()
            if made_before is not None:
                return self._render("stack_apikeys/created_before.html", made_before)
            if isinstance(error, TooManyApiKeys):
                form.add_error(None, error.translated_message)
                return self.form_invalid(form)
            raise
        return self._render("stack_apikeys/created.html", api_key, value=ShownOnce(value))

    def _render(
        self, template_name: str, api_key: UserApiKey | TeamApiKey, **more: ShownOnce
    ) -> HttpResponse:
        """The page, rendered at once: no response that still waits for it holds the value."""
        done = urlsplit(self.row_url(api_key))
        context = self.get_context_data(
            api_key=api_key,
            base_url=self.request.build_absolute_uri("/"),
            done_action=done._replace(query="").geturl(),
            done_parameters=parse_qsl(done.query, keep_blank_values=True),
            **more,
        )
        return render(self.request, template_name, context)
