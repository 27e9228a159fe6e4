"""The calendar itself, and the page where people get its address."""

from typing import Any

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.views.generic import View

from stack_apikeys import mails
from stack_apikeys._redaction.urls import hide_in_url
from stack_apikeys.pages.base import SectionFormView
from stack_apikeys.reminders import feeds
from stack_apikeys.secret import Revealed, Secret


class FeedView(View):
    """The calendar, for everybody who knows its address, as calendar programs send no cookies."""

    http_method_names = ["get", "head", "options"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Keep the secret out of logs and error reports."""
        hide_in_url(request, kwargs["token"])
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest, token: Secret) -> HttpResponse:
        """Return the calendar in the language of its person."""
        from stack_apikeys.reminders.calendars import calendar_of  # needs icalendar

        found = feeds.opened_by(token)
        if found is None:
            raise Http404
        person, section = found
        with mails.language_of(person):
            content = calendar_of(section)
        response = HttpResponse(
            content,
            content_type="text/calendar; charset=utf-8",
            headers={
                "Content-Disposition": 'inline; filename="api-keys.ics"',
                "Referrer-Policy": "no-referrer",
                "X-Content-Type-Options": "nosniff",
                "X-Robots-Tag": "noindex, nofollow",
            },
        )
        add_never_cache_headers(response)
        return response


class CalendarForm(forms.Form):
    """What to do with the calendar."""

    action = forms.ChoiceField(choices=[("open", "open"), ("close", "close")])


class CalendarPage(SectionFormView):
    """Subscribe to a calendar of the keys, get a new address for it, or end it.

    The address is shown once, in the response to the POST request.
    """

    template_name = "stack_apikeys_reminders/calendar.html"
    form_class = CalendarForm

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the calendar, if there is one.

        Raises Http404 for somebody who acts as another user, to whom the address would belong.
        """
        if not self.section.is_manager:
            raise Http404
        feed = feeds.find_feed(self.request.user, self.section)
        return super().get_context_data(feed=feed, **kwargs)

    def form_valid(self, form: CalendarForm) -> HttpResponse:
        """Show the new address, or go back to the page."""
        if not self.section.is_manager:
            raise Http404
        if form.cleaned_data["action"] == "close":
            feeds.close_feed(self.request.user, self.section)
            return redirect(self.section.url("api-key-calendar"))
        token = feeds.open_feed(self.request.user, self.section)
        path = reverse("stack_apikeys:feed", kwargs={"token": token})
        # `render` instead of `render_to_response`, whose response keeps its context.
        context = self.get_context_data(form=form)
        context["address"] = Revealed(self.request.build_absolute_uri(path))
        return render(self.request, self.template_name, context)
