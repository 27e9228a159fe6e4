"""Template tags that show API keys in any page, and those that the app's templates use."""

from typing import Any

from django import template
from django.template import RequestContext
from django.template.defaultfilters import stringfilter
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.bidi import isolate, isolate_html
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import (
    ApiKeysNotEnabled,
    StackApiKeysError,
    UserAuthenticationRequired,
)
from stack_apikeys.models import ApiKey, ApiKeyModel, TeamApiKey, UserApiKey
from stack_apikeys.pages import dates
from stack_apikeys.pages.listing import Listing
from stack_apikeys.pages.section import Section, page_url
from stack_apikeys.rights import actor_of, teams_managed_by

register = template.Library()


@register.inclusion_tag("stack_apikeys/partials/embedded.html", takes_context=True)
def user_api_keys(
    context: RequestContext, *, prefix: str = "user", heading_level: int = 2
) -> dict[str, Any]:
    """Show the user's own keys; the pages that it links to lead back to this one.

    ``prefix`` comes before the names of the list's parameters in the query string. Shows nothing
    to anonymous users, or if the setting ``ALLOW_USER_API_KEYS`` is False.
    """
    user = context.request.user
    return _embed(context, UserApiKey, user.pk, prefix, heading_level)


@register.inclusion_tag("stack_apikeys/partials/embedded.html", takes_context=True)
def team_api_keys(
    context: RequestContext, team: Any, *, prefix: str = "team", heading_level: int = 2
) -> dict[str, Any]:
    """Show a team's keys, as `user_api_keys` does for a user.

    Users without the permission ``$manage_api_keys`` see a message instead.
    """
    return _embed(context, TeamApiKey, team.pk, prefix, heading_level)


@register.inclusion_tag("stack_apikeys/partials/sidebar.html", takes_context=True)
def api_keys_sidebar(context: RequestContext) -> dict[str, Any]:
    """Show links to ``SIDEBAR_ITEMS``, the user's keys, and each team whose keys the user manages.

    The app's own pages have this sidebar. A project can use it on other settings pages too.
    """
    request = context.request
    if not request.user.is_authenticated:
        return {}
    account = [(label, reverse(url_name)) for label, url_name in conf.SIDEBAR_ITEMS]
    if conf.ALLOW_USER_API_KEYS:
        account.append((gettext("API keys"), page_url("user-api-keys")))
    teams = []
    if conf.ALLOW_TEAM_API_KEYS:
        display_name = get_team_adapter().display_name
        teams = [
            (display_name(team), Section(TeamApiKey, team).url())
            for team in teams_managed_by(request.user)
        ]
    urls = [url for _label, url in account + teams if request.path.startswith(url)]
    here = max(urls, key=len, default=None)
    return {"account": account, "teams": teams, "here": here, "is_page": here == request.path}


def _embed(
    context: RequestContext, model: ApiKeyModel, owner_id: Any, prefix: str, heading_level: int
) -> dict[str, Any]:
    request = context.request
    try:
        section = Section.managed_by(request.user, model, owner_id, actor=actor_of(request))
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
    """Return the URL of one of the section's pages, with the current page as ``next``."""
    section: Section = context["section"]
    return_url = context["return_url"]
    # The list is the default for `next`.
    return section.url(page, api_key, next="" if return_url == section.url() else return_url)


@register.simple_tag
def api_keys_expiry(api_key: ApiKey) -> str:
    """Say when a key expires, or when it ended."""
    moment = api_key.manually_revoked_at or api_key.expires_at
    if moment is None:
        return gettext("Never expires")
    if api_key.manually_revoked_at is not None:
        text = gettext("Revoked {date}")
    elif api_key.is_valid():
        text = gettext("Expires {date}")
    else:
        text = gettext("Expired {date}")
    return format_html(text, date=dates.time_tag(moment))


@register.simple_tag(takes_context=True)
def api_keys_rotated(context: RequestContext, api_key: ApiKey) -> SafeString:
    """Say that a key was rotated, and when it ends, with a link to its successor."""
    url = api_keys_url(context, "api-key", api_key.successor)
    if api_key.is_valid():
        text = gettext("Rotated, ends in {time}").format(time=dates.time_until(api_key.expires_at))
    else:
        text = gettext("Rotated")
    return format_html('<a href="{}">{}</a>', url, text)


@register.simple_tag(takes_context=True)
def api_keys_created(context: RequestContext, api_key: ApiKey) -> SafeString:
    """Say when a key was created, and by whom if that is not the owner."""
    date = dates.time_tag(api_key.created_at)
    if api_key.created_by_id is None:
        return format_html(gettext("Created {date} by the server"), date=date)
    if api_key.KIND == "user":
        return format_html(gettext("Created {date}"), date=date)
    text = format_html(
        gettext("Created {date} by {name}"), date=date, name=isolate_html(str(api_key.created_by))
    )
    if api_key.created_by_id in context["listing"].former_members:
        mark = gettext("left the team")
        return format_html('{} <span class="apikeys-badge">{}</span>', text, mark)
    return text


@register.simple_tag
def api_keys_revoked_before(api_key: ApiKey, user: object) -> SafeString:
    """Say when a key was revoked, and by whom if that was not this user."""
    date = dates.time_tag(api_key.manually_revoked_at)
    if api_key.revoked_by is None or api_key.revoked_by == user:
        return format_html(gettext("It was revoked on {date}."), date=date)
    name = isolate_html(str(api_key.revoked_by))
    return format_html(gettext("It was revoked by {name} on {date}."), name=name, date=date)


register.filter(dates.time_tag)
register.filter(dates.long_time_tag)
register.filter(dates.days_until)
register.filter("isolate", stringfilter(isolate))
register.filter("bdi", stringfilter(isolate_html))
