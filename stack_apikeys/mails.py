"""E-mails about keys: who gets them, in which language, and how they are put together."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.bidi import isolate
from stack_apikeys.models import ApiKey
from stack_apikeys.policy import get_policy
from stack_apikeys.scanning import redact


def people_to_tell(api_key: ApiKey) -> list[Any]:
    """Return the users whom the site's policy names, if they have an e-mail address."""
    return [each for each in get_policy().people_to_tell(api_key) if _address_of(each)]


@contextmanager
def language_of(person: Any) -> Iterator[None]:
    """Translate into the person's language, with times in the site's time zone."""
    language = get_policy().language_of(person) or settings.LANGUAGE_CODE
    with translation.override(language), timezone.override(timezone.get_default_timezone()):
        yield


def names_of(api_key: ApiKey) -> dict[str, str]:
    """Return the ``key`` and its ``team``, if any, for the sentences of a template."""
    is_team = api_key.KIND == "team"
    return {
        "key": isolate(redact(str(api_key))),
        "team": isolate(get_team_adapter().display_name(api_key.owner)) if is_team else "",
    }


def message_to(
    person: Any, template: str, variables: Mapping[str, Any], headers: Mapping[str, str]
) -> EmailMultiAlternatives:
    """Return a message as text and HTML, from ``{template}_subject.txt``, ``.txt`` and ``.html``.

    The latter two also get the ``subject``.
    """
    subject = " ".join(render_to_string(f"{template}_subject.txt", variables).split())
    context = {**variables, "subject": subject}
    message = EmailMultiAlternatives(
        subject=subject,
        body=render_to_string(f"{template}.txt", context),
        to=[_address_of(person)],
        headers={"Auto-Submitted": "auto-generated", **headers},
    )
    message.attach_alternative(render_to_string(f"{template}.html", context), "text/html")
    return message


def _address_of(person: Any) -> str:
    return getattr(person, person.get_email_field_name(), "") or ""
