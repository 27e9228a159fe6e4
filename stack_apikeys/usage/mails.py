"""Sends e-mails about unusual use, if the setting ``UNUSUAL_USE_MAIL`` says so.

The templates are ``stack_apikeys_usage/email/unusual_use_subject.txt``, ``unusual_use.txt`` and
``unusual_use.html``.
"""

import logging
from datetime import timedelta
from typing import Any

from django.core.mail import EmailMultiAlternatives
from django.utils.translation import gettext

from stack_apikeys import mails
from stack_apikeys.bidi import isolate_left_to_right
from stack_apikeys.conf import conf
from stack_apikeys.models import MODELS, ApiKey
from stack_apikeys.pages.dates import long_moment
from stack_apikeys.policy import get_policy
from stack_apikeys.usage.models import UnusualUse

logger = logging.getLogger("stack_apikeys.usage")


def mail_owner(unusual_use: UnusualUse, **_: Any) -> None:
    """Tell the user, or the members of the team who manage its keys, unless they heard today."""
    if not conf.UNUSUAL_USE_MAIL or _is_told(unusual_use):
        return
    model: Any = MODELS[unusual_use.kind]  # type: ignore[index]
    api_key = model.objects.select_related(model.KIND).filter(pk=unusual_use.key_id).first()
    try:
        for person in mails.people_to_tell(api_key) if api_key else ():
            _message_to(person, unusual_use, api_key).send()
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


def _message_to(person: Any, unusual_use: UnusualUse, api_key: ApiKey) -> EmailMultiAlternatives:
    """Return the e-mail in the person's language, whoever has sent the request."""
    with mails.language_of(person):
        variables = {
            **mails.names_of(api_key),
            "rule": unusual_use.rule,
            "what": _what(unusual_use),
            "moment": long_moment(unusual_use.moment),
        }
        headers = get_policy().mail_headers(person, api_key, "unusual_use")
        template = "stack_apikeys_usage/email/unusual_use"
        return mails.message_to(person, template, variables, headers)


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
