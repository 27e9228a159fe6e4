"""What the settings pages show: the way to the calendar."""

from typing import TYPE_CHECKING

from django.template.loader import render_to_string

from stack_apikeys.pages.panels import Panel

if TYPE_CHECKING:
    from stack_apikeys.pages.listing import Listing


class CalendarPanel(Panel):
    """A link to the calendar, below the list."""

    def footer(self, listing: "Listing") -> str:
        """Return the link, unless somebody acts as another user."""
        section = listing.section
        if not section.is_manager:
            return ""
        return render_to_string(
            "stack_apikeys_reminders/footer.html",
            {"url": section.url("api-key-calendar", next=listing.current_url)},
        )
