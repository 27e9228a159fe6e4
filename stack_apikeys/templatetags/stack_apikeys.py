"""The sections, to embed in any page of a host's own, and what our templates need beside them."""

from datetime import datetime
from typing import Any

from django import template
from django.template import RequestContext
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeysNotEnabled,
    StackApiKeysError,
    UserAuthenticationRequired,
)
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.views.section import ApiKeyModel, Listing, Section

register = template.Library()


@register.inclusion_tag("stack_apikeys/partials/embedded.html", takes_context=True)
def user_api_keys(
    context: RequestContext, *, prefix: str = "user", heading_level: int = 2
) -> dict[str, Any]:
    """The visitor's own keys; their pages lead back to this one.

    ``prefix`` stands before the list's parameters in the address of the page. Renders nothing for
    anonymous visitors, and where users' keys are switched off.
    """
    user = context.request.user
    return _embed(context, UserApiKey, user.pk, prefix, heading_level)


@register.inclusion_tag("stack_apikeys/partials/embedded.html", takes_context=True)
def team_api_keys(
    context: RequestContext, team: Any, *, prefix: str = "team", heading_level: int = 2
) -> dict[str, Any]:
    """A team's keys, as `user_api_keys` shows a person's.

    Visitors without the permission ``$manage_api_keys`` read a sentence in its place.
    """
    return _embed(context, TeamApiKey, team.pk, prefix, heading_level)


@register.inclusion_tag("stack_apikeys/partials/sidebar.html", takes_context=True)
def api_keys_sidebar(context: RequestContext) -> dict[str, Any]:
    """The settings' pages: the host's, the visitor's keys, and each team whose keys they manage.

    Stands in our own pages, and may stand in a host's settings pages beside them.
    """
    request = context.request
    if not request.user.is_authenticated:
        return {}
    account = [(label, reverse(url_name)) for label, url_name in conf.SIDEBAR_ITEMS]
    if conf.ALLOW_USER_API_KEYS:
        account.append((gettext("API keys"), reverse("stack_apikeys:user-api-keys")))
    adapter = get_team_adapter()
    teams = [
        (adapter.display_name(team), Section(TeamApiKey, team).url())
        for team in (TeamApiKey.teams_managed_by(request.user) if conf.ALLOW_TEAM_API_KEYS else ())
    ]
    here = max(
        (url for _label, url in account + teams if request.path.startswith(url)),
        key=len,
        default=None,
    )
    return {"account": account, "teams": teams, "here": here, "is_page": here == request.path}


def _embed(
    context: RequestContext, model: ApiKeyModel, owner_id: Any, prefix: str, heading_level: int
) -> dict[str, Any]:
    request = context.request
    try:
        section = Section.managed_by(request.user, model, owner_id)
    except (ApiKeysNotEnabled, UserAuthenticationRequired):
        return {}
    except StackApiKeysError:
        return {"is_refused": True, "heading_level": heading_level}
    listing = Listing(section, request, prefix=prefix)
    return {
        "section": section,
        "listing": listing,
        "return_url": listing.current_url,
        "heading_level": heading_level,
    }


@register.simple_tag(takes_context=True)
def api_keys_url(context: RequestContext, page: str, api_key: Any = None) -> str:
    """The address of one of the section's pages, from which the visitor comes back to this one."""
    section: Section = context["section"]
    return_url = context["return_url"]
    # The list is where the pages lead back to anyway.
    return section.url(page, api_key, next="" if return_url == section.url() else return_url)


@register.filter
def days_until(moment: datetime) -> str:
    """How long until a moment in the near future, in days, for a person."""
    days = (moment - timezone.now()).days
    if days < 1:
        return gettext("in less than a day")
    return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
