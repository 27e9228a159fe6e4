"""Send e-mails, from templates that projects can override.

The e-mails ``password_reset`` and ``verification`` each have three templates in
``stack_apikeys_sdk/email/``: ``<name>_subject.txt``, ``<name>.txt`` and ``<name>.html``.
"""

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.mail import EmailMultiAlternatives
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.timesince import timesince
from django.views.decorators.debug import sensitive_variables

from stack_apikeys.client_address import client_address
from stack_apikeys.conf import conf
from stack_apikeys.limits import Limit
from stack_apikeys.sdk.users.exceptions import EmailNotSent
from stack_apikeys.secret import Revealed
from stack_apikeys.sign_in_limits import folded

logger = logging.getLogger("stack_apikeys.sdk")


def count_email(request: HttpRequest, recipient: str) -> None:
    """Count an e-mail towards the limits of network address and recipient. Raises `LimitError`."""
    Limit("email", conf.EMAIL_RATE, "from", client_address(request)).take()
    Limit("email", conf.EMAIL_RECIPIENT_RATE, "to", folded(recipient)).take()


@dataclass(frozen=True)
class EmailContext:
    """The values in an e-mail that come from the request."""

    site_name: str
    language: str

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Return the site's name and the preferred language of the browser."""
        return cls(
            site_name=conf.PROJECT_DISPLAY_NAME or request.get_host(),
            language=translation.get_language_from_request(request),
        )


@sensitive_variables()
def send_email(
    name: str, user: AbstractBaseUser, *, to: str, link: Revealed, context: EmailContext
) -> None:
    """Send the e-mail ``name`` about ``user`` to the address ``to``.

    Raises `EmailNotSent`, after logging the type of the exception. A traceback or the message of a
    mail server could contain the link, so they are not logged.
    """
    failure = ""
    with translation.override(context.language):
        variables = {
            "user": user,
            "site_name": context.site_name,
            "language": context.language,
            "link": link,
            "valid_for": _valid_for(),
        }
        message = EmailMultiAlternatives(
            subject=" ".join(_render(f"{name}_subject.txt", variables).split()),
            body=_render(f"{name}.txt", variables),
            to=[to],
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(_render(f"{name}.html", variables), "text/html")
    try:
        message.send()
    except Exception as error:  # noqa: BLE001  # e-mail backends raise exceptions of their own
        failure = type(error).__name__
    # Outside the except block, so that neither the log record nor EmailNotSent refers to the error.
    if failure:
        logger.error("The e-mail %r for the user %s could not be sent: %s.", name, user.pk, failure)
        raise EmailNotSent


def _render(template: str, variables: dict[str, object]) -> str:
    return render_to_string(f"stack_apikeys_sdk/email/{template}", variables)


def _valid_for() -> str:
    """Return how long a link is valid, such as "3 days", in the active language."""
    now = timezone.now()
    return timesince(now - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT), now).replace(
        "\N{NO-BREAK SPACE}", " "
    )
