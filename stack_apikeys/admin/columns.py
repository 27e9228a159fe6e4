"""What Django admin shows of a key, in lists, forms and inlines."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import display_for_value, quote
from django.db.models import Model
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from stack_apikeys.admin.filters import STATUS_NAMES
from stack_apikeys.bidi import isolate_html
from stack_apikeys.models import AbstractApiKey
from stack_apikeys.newest import BY_EXPIRY


def masked(api_key: AbstractApiKey) -> SafeString:
    """Return the masked form of a key, which is neither translated nor broken into lines."""
    return format_html(
        '<bdi class="api-key-masked" dir="ltr" translate="no">{}</bdi>', api_key.masked
    )


class KeyColumns:
    """Columns of lists and inlines, which are also read-only fields of forms.

    Everything that people have typed is isolated: a description can be written from right to left,
    or contain characters that reverse the order of what follows.
    """

    admin_site: Any

    @admin.display(description=_("key"))
    def key(self, api_key: AbstractApiKey) -> SafeString:
        """Return the masked form of the key."""
        return masked(api_key)

    @admin.display(description=_("status"))
    def status(self, api_key: AbstractApiKey) -> SafeString:
        """Return the status as a coloured label."""
        return format_html(
            '<span class="api-key-status api-key-status-{}">{}</span>',
            api_key.status,
            STATUS_NAMES[api_key.status],
        )

    @admin.display(description=_("description"), ordering="description")
    def described(self, api_key: AbstractApiKey) -> SafeString | str:
        """Return the description."""
        if not api_key.description:
            return gettext("No description")
        return isolate_html(api_key.description)

    @admin.display(description=_("expires"), ordering=BY_EXPIRY)
    def expiry(self, api_key: AbstractApiKey) -> str:
        """Return when the key expires."""
        return display_for_value(api_key.expires_at, gettext("Never"))

    @admin.display(description=_("created by"))
    def creator(self, api_key: AbstractApiKey) -> SafeString | str:
        """Return the person who created the key."""
        return self.link_to(api_key.created_by) if api_key.created_by else gettext("the server")

    @admin.display(description=_("revoked by"))
    def revoker(self, api_key: AbstractApiKey) -> SafeString | str:
        """Return the person who revoked the key."""
        return self.link_to(api_key.revoked_by) if api_key.revoked_by else gettext("the server")

    @admin.display(description=_("revocation reason"))
    def reason(self, api_key: AbstractApiKey) -> SafeString | str:
        """Return the reason that was given when the key was revoked."""
        return isolate_html(api_key.revoked_reason) if api_key.revoked_reason else "-"

    @admin.display(description=_("pepper number"))
    def pepper(self, api_key: AbstractApiKey) -> str:
        """Return the number of the pepper that the digest was made with."""
        return display_for_value(api_key.pepper_id, "-")

    def link_to(self, owner: Model) -> SafeString:
        """Return the name of a user or a team, with a link to their page if they have one."""
        name = isolate_html(str(owner))
        page = f"admin:{owner._meta.app_label}_{owner._meta.model_name}_change"
        try:
            url = reverse(page, args=[quote(str(owner.pk))], current_app=self.admin_site.name)
        except NoReverseMatch:
            return name
        return format_html('<a href="{}">{}</a>', url, name)
