"""The e-mails of this app: which there are, which are wanted, and what they say."""

from collections.abc import Callable
from datetime import datetime, timedelta
from email.utils import parseaddr
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone
from django.utils.translation import gettext

from stack_apikeys import mails
from stack_apikeys.bidi import isolate
from stack_apikeys.conf import NOTICES, conf
from stack_apikeys.models import ApiKey
from stack_apikeys.pages.dates import long_moment
from stack_apikeys.pages.section import Section
from stack_apikeys.policy import get_policy
from stack_apikeys.scanning import redact

DAY = timedelta(days=1)


def kind_of(notice: str) -> str:
    """Return the kind of e-mail, by its name in the setting ``NOTICES``."""
    return notice.partition("-")[0]


def is_wanted(notice: str) -> bool:
    """Return whether the settings say that such e-mails are sent."""
    kind = kind_of(notice)
    return conf.NOTICES.get(kind, NOTICES[kind])


def reminder_at(api_key: ApiKey, now: datetime) -> str | None:
    """Return the reminder of the expiry that belongs to this time, or None.

    It is the last one whose time has come. A number of days counts only if the key lives longer.
    """
    end = api_key.expires_at
    days = [days for days in conf.REMINDER_DAYS if end and now < end <= now + days * DAY]
    if not days or end is None or api_key.created_at >= end - min(days) * DAY:
        return None
    return f"expiring-{min(days)}"


def successor_of(api_key: Any) -> Any:
    """Return the key that replaces this one, or None."""
    rows = type(api_key)._base_manager.using(api_key._state.db)  # no replica, which may lag behind
    return rows.filter(rotated_from=api_key).first()


def people_to_tell(api_key: ApiKey, notice: str) -> list[Any]:
    """Return who gets the e-mail. Nobody is told of a revocation of their own."""
    people = mails.people_to_tell(api_key)
    if notice == "revoked":
        return [each for each in people if each != api_key.revoked_by]
    return people


def message_to(person: Any, api_key: ApiKey, notice: str) -> EmailMultiAlternatives:
    """Return the e-mail, in the person's language.

    Its ``Message-ID`` depends on the notice and the person only. Should it be sent twice, many mail
    servers and programs deliver it once.
    """
    kind = kind_of(notice)
    domain = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2] or "localhost"
    name = f"{api_key._meta.label_lower}/{api_key.pk}/{notice}/{person.pk}"
    with mails.language_of(person):
        variables = {
            **mails.names_of(api_key),
            **_VARIABLES[kind](api_key, person),
            "url": _url(api_key),
        }
        return mails.message_to(
            person,
            f"stack_apikeys_reminders/email/{kind}",
            variables,
            {
                "Message-ID": f"<{uuid5(NAMESPACE_URL, name)}@{domain}>",
                **get_policy().mail_headers(person, api_key, kind),
            },
        )


def _created(api_key: Any, person: Any) -> dict[str, Any]:
    who = gettext("Created by {name}"), gettext("Created by the server")
    return {"who": _who(api_key.created_by, person, *who), "moment": _moment(api_key.expires_at)}


def _rotated(api_key: Any, _person: Any) -> dict[str, Any]:
    successor = successor_of(api_key)
    return {
        "successor": isolate(redact(str(successor))) if successor else "",
        "moment": _moment(api_key.expires_at) if api_key.is_valid() else "",
    }


def _revoked(api_key: Any, person: Any) -> dict[str, Any]:
    who = gettext("Revoked by {name}"), gettext("Revoked by the server")
    reason = redact(api_key.revoked_reason)
    return {
        "who": _who(api_key.revoked_by, person, *who),
        "reason": isolate(reason) if reason else "",
    }


def _expiring(api_key: Any, _person: Any) -> dict[str, Any]:
    # A reminder of 7 days is sent when there are a bit less.
    days = -((timezone.now() - api_key.expires_at) // DAY)
    return {"days": max(days, 1), "moment": _moment(api_key.expires_at)}


_VARIABLES: dict[str, Callable[[Any, Any], dict[str, Any]]] = {
    "created": _created,
    "expiring": _expiring,
    "idle": lambda _api_key, _person: {},
    "revoked": _revoked,
    "rotated": _rotated,
}


def _who(who: Any, person: Any, by_name: str, by_server: str) -> str:
    """Return a sentence about who did it, or an empty string if the person did."""
    if who == person:
        return ""
    return by_name.format(name=isolate(redact(str(who)))) if who else by_server


def _moment(moment: datetime | None) -> str:
    return long_moment(moment) if moment else ""


def _url(api_key: Any) -> str:
    """Return the URL of the key's page, or an empty string if no address of the site is known."""
    if not conf.SITE_URL:
        return ""
    try:
        path = Section(type(api_key), api_key.owner).url("api-key", api_key)
    except ImproperlyConfigured:  # The project has no settings pages.
        return ""
    return f"{conf.SITE_URL.rstrip('/')}{path}"
