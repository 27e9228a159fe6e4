"""The part of a page that shows one owner's API keys."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.core.exceptions import ImproperlyConfigured
from django.db.models import Model
from django.urls import NoReverseMatch, get_resolver, get_urlconf, reverse

from stack_apikeys.adapters import get_team_adapter
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyCreationNotAllowed
from stack_apikeys.keys import Kind
from stack_apikeys.models import ApiKey, ApiKeyModel
from stack_apikeys.models.querysets import ApiKeyQuerySet
from stack_apikeys.policy import grantable_scopes, require_may_create
from stack_apikeys.rights import owner_managed_by


def page_url(name: str, **kwargs: Any) -> str:
    """Return the URL of a page by its name in ``urls.py``.

    Raises ImproperlyConfigured if the URLconf does not include the pages.
    """
    try:
        return reverse(f"stack_apikeys:{name}", kwargs=kwargs)
    except NoReverseMatch as error:
        if "stack_apikeys" in get_resolver(get_urlconf()).app_dict:
            raise
        raise ImproperlyConfigured(
            "The URLconf does not include the pages of API keys. Add path('settings/', "
            "include('stack_apikeys.urls')) to it, outside of any include() with a namespace."
        ) from error


@dataclass(frozen=True)
class Section:
    """The keys of one owner, on the page of a user who manages them.

    Templates get it as ``section``.
    """

    model: ApiKeyModel
    owner: Model
    actor: Any = None
    """The user who really makes the request; see `Policy.acting_user`."""
    is_manager: bool = True
    """Whether ``actor`` is the user who manages the keys."""

    @classmethod
    def managed_by(
        cls, user: Any, model: ApiKeyModel, owner_id: Any, *, actor: Any = None
    ) -> "Section":
        """Return the section of an owner whose keys ``user`` manages.

        Raises `ApiKeysNotEnabled` if the settings do not allow this kind of key, and what
        `owner_managed_by` raises.
        """
        model.require_enabled()
        owner = owner_managed_by(user, model, owner_id)
        return cls(model, owner, actor or user, is_manager=actor in {None, user})

    @property
    def kind(self) -> Kind:
        """``user`` or ``team``."""
        return self.model.KIND

    @property
    def owner_name(self) -> str:
        """The display name of the team, or the user as a string."""
        if self.kind == "team":
            return get_team_adapter().display_name(self.owner)
        return str(self.owner)

    @property
    def header(self) -> str:
        """The first request header in which keys are accepted."""
        return conf.HEADERS[0]

    @property
    def scheme(self) -> str:
        """The text before the key in that header: ``"Bearer "`` or an empty string."""
        return "Bearer " if self.header.lower() == "authorization" else ""

    @property
    def limit(self) -> int | None:
        """The setting ``MAX_VALID_KEYS_PER_OWNER``."""
        return conf.MAX_VALID_KEYS_PER_OWNER

    @cached_property
    def refusal(self) -> str:
        """The reason why ``actor`` is not allowed to create keys, or an empty string."""
        try:
            require_may_create(self.owner, actor=self.actor, is_manager=self.is_manager)
        except ApiKeyCreationNotAllowed as error:
            return error.translated_message
        return ""

    def grantable_scopes(self) -> list[str]:
        """Return the scopes that ``actor`` may give to a new key."""
        return grantable_scopes(self.actor, self.owner) if conf.SCOPES else []

    def api_keys(self) -> ApiKeyQuerySet[Any]:
        """Return the owner's keys."""
        return self.model.objects.for_owner(self.owner)

    def url(self, page: str = "api-keys", api_key: ApiKey | None = None, **query: str) -> str:
        """Return the URL of a page; ``page`` is its name in ``urls.py`` without the kind.

        Empty values are left out of the query string.
        """
        kwargs: dict[str, Any] = {"team_id": self.owner.pk} if self.kind == "team" else {}
        if api_key is not None:
            kwargs["pk"] = api_key.pk
        url = page_url(f"{self.kind}-{page}", **kwargs)
        query = {name: value for name, value in query.items() if value}
        return f"{url}?{urlencode(query, safe='/')}" if query else url
