"""How long a key that is rotated can stay valid, as people choose it in the pages and the admin."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

OVERLAPS: Mapping[str, timedelta] = {
    "now": timedelta(0),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
}

_LABELS = {
    "now": _("Now"),
    "hour": _("In 1 hour"),
    "day": _("In 24 hours"),
    "week": _("In 7 days"),
}


class OverlapField(forms.TypedChoiceField):
    """One of `OVERLAPS`, as a timedelta."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("The old key stops working"),
            coerce=OVERLAPS.__getitem__,
            choices=[*_LABELS.items()],
            initial="day",
            **kwargs,
        )
