"""The URLs that this app adds to the settings pages."""

from django.urls import path, register_converter

from stack_apikeys.models import MODELS
from stack_apikeys.reminders.views import CalendarPage, FeedView
from stack_apikeys.secret import Revealed, Secret


class SecretConverter:
    """The secret of a calendar, which no error report shows."""

    regex = "[0-9A-Za-z_-]{43}"

    def to_python(self, value: str) -> Secret:
        """Return the secret."""
        return Secret(value)

    def to_url(self, value: Secret) -> Revealed:
        """Return the text."""
        return value.reveal()


register_converter(SecretConverter, "stack_apikeys_secret")

_PREFIXES = {"user": "api-keys/", "team": "teams/<str:team_id>/api-keys/"}

urlpatterns = [
    path("api-keys/calendar/<stack_apikeys_secret:token>.ics", FeedView.as_view(), name="feed"),
    *(
        path(
            f"{_PREFIXES[kind]}calendar/",
            CalendarPage.as_view(model=model),
            name=f"{kind}-api-key-calendar",
        )
        for kind, model in MODELS.items()
    ),
]
