"""Sends e-mails about unusual use, if the setting ``UNUSUAL_USE_MAIL`` says so.

The templates are ``stack_apikeys_usage/email/unusual_use_subject.txt``, ``unusual_use.txt`` and
``unusual_use.html``.
"""

import logging
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import timezone, translation
from django.utils.translation import gettext

from stack_apikeys.adapters import MANAGE_API_KEYS, get_team_adapter
from stack_apikeys.bidi import isolate, isolate_left_to_right
from stack_apikeys.conf import conf
from stack_apikeys.models import MODELS, ApiKey
from stack_apikeys.pages.dates import long_moment
from stack_apikeys.scanning import redact
from stack_apikeys.usage.models import UnusualUse

logger = logging.getLogger("stack_apikeys.usage")


def mail_owner(unusual_use: UnusualUse, **_: Any) -> None:
    """Tell the user, or the members of the team who manage its keys, unless they heard today."""
    if not conf.UNUSUAL_USE_MAIL or _is_told(unusual_use):
        return
    model: Any = MODELS[unusual_use.kind]  # type: ignore[index]
    api_key = model.objects.select_related(model.KIND).filter(pk=unusual_use.key_id).first()
    addresses = _addresses(api_key) if api_key else []
    if not addresses:
        return
    messages = _messages(unusual_use, api_key, addresses)
    try:
        for message in messages:
            message.send()
    except Exception as error:  # noqa: BLE001  # e-mail backends raise exceptions of their own
        text = "The e-mail about unusual use of the key %s could not be sent: %s."
        logger.error(text, unusual_use.key_id, type(error).__name__)  # noqa: TRY400  # no addresses


def _is_told(unusual_use: UnusualUse) -> bool:
    """Return whether the same rule has found something about the key in the day before."""
    return (
        UnusualUse.objects.using(unusual_use._state.db)
        .filter(
            key_id=unusual_use.key_id,
            rule=unusual_use.rule,
            moment__gt=unusual_use.moment - timedelta(days=1),
            pk__lt=unusual_use.pk,
        )
        .exists()
    )


def _addresses(api_key: ApiKey) -> list[str]:
    users: Iterable[Any] = [api_key.owner]
    if api_key.KIND == "team":
        users = get_team_adapter().users_with_permission(api_key.owner, MANAGE_API_KEYS)
    found = [getattr(each, each.get_email_field_name(), "") for each in users if each.is_active]
    return [address for address in found if address]


def _messages(
    unusual_use: UnusualUse, api_key: ApiKey, addresses: Iterable[str]
) -> list[EmailMultiAlternatives]:
    """Return a message for each address, in the site's language: the request is a stranger's."""
    with (
        translation.override(settings.LANGUAGE_CODE),
        timezone.override(timezone.get_default_timezone()),
    ):
        is_team = api_key.KIND == "team"
        variables = {
            "key": isolate(redact(str(api_key))),
            "team": isolate(get_team_adapter().display_name(api_key.owner)) if is_team else "",
            "rule": unusual_use.rule,
            "what": _what(unusual_use),
            "moment": long_moment(unusual_use.moment),
        }
        subject, text, html = (
            render_to_string(f"stack_apikeys_usage/email/unusual_use{ending}", variables)
            for ending in ("_subject.txt", ".txt", ".html")
        )
    messages = []
    for address in addresses:
        message = EmailMultiAlternatives(
            subject=" ".join(subject.split()),
            body=text,
            to=[address],
            headers={"Auto-Submitted": "auto-generated"},
        )
        message.attach_alternative(html, "text/html")
        messages.append(message)
    return messages


def _what(unusual_use: UnusualUse) -> str:
    match unusual_use.rule:
        case "network":
            text = gettext("It was used from the network %(network)s, which is new.")
            return text % {"network": isolate_left_to_right(unusual_use.about)}
        case "busy":
            text = gettext(
                "There were many more requests than usual in the hour from %(hour)s UTC."
            )
            return text % {"hour": isolate_left_to_right(unusual_use.about)}
        case "ended":
            return gettext("It was revoked or has expired, and somebody still sends it.")
    return gettext("It had not been used for a long time.")
