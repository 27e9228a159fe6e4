"""Every setting of the app: its name, its default and what it means.

All live in one dictionary, ``STACK_APIKEYS``. ``override_settings`` works: what was read is
forgotten then. ``STACK_APIKEYS_TEAM_MODEL`` stands alone, as ``AUTH_USER_MODEL`` does, because
migrations refer to it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.core.signals import setting_changed
from django.dispatch import receiver

T = TypeVar("T")

DEFAULT_TEAM_MODEL = "stack_apikeys_teams.Team"
"""The team model of hosts without teams of their own, from the app ``stack_apikeys.teams``."""

DEFAULT_TEAM_ADAPTER = "stack_apikeys.teams.adapter.DefaultTeamAdapter"
"""The adapter that serves `DEFAULT_TEAM_MODEL`."""


class Setting(Generic[T]):
    """One name in ``STACK_APIKEYS``.

    ``types`` are what a system check accepts as its value. It is looked up once, and then is an
    attribute of the instance: a request needs a dozen of them, and Django's settings are slow.
    """

    def __init__(self, default: T, *types: type) -> None:
        self.default = default
        self.types = types or (type(default),)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> T:
        value: T = getattr(settings, "STACK_APIKEYS", {}).get(self.name, self.default)
        vars(instance)[self.name] = value
        return value

    def accepts(self, value: object) -> bool:
        """Whether the value is of one of the ``types``; True and False are no numbers."""
        return isinstance(value, self.types) and (not isinstance(value, bool) or bool in self.types)


class Conf:
    """The app's settings as attributes, each looked up when it is first read."""

    PEPPERS = Setting[Mapping[int, str]]({}, Mapping)
    """Secrets that key the digests, by number: ``{1: "...", 2: "..."}``. The highest number is
    for new keys; rows keep the one that they were made with, so an old pepper stays here for as
    long as a key of it is in use. Empty: digests are plain SHA-256."""

    MARKER = Setting("574ck4u7h")
    """Nine characters of ``[0-9a-z]`` inside every key by which secret scanners know it. The
    default is Stack Auth's; the official SDK's own parser knows no other."""

    HEADERS = Setting[Sequence[str]](("X-Stack-Api-Key",), list, tuple)
    """Request headers in which a key may arrive. ``"Authorization"`` means its ``Bearer`` scheme,
    and there only what looks like one of our keys, so that other tokens pass by."""

    REQUIRE_HTTPS = Setting[bool | None](None, bool, type(None))
    """Refuse a key or an API request that arrives over plain HTTP. ``None``: unless ``DEBUG``."""

    ALLOW_USER_API_KEYS = Setting(True)
    """Whether users may have keys. Off: none can be made, listed or used; rows stay."""

    ALLOW_TEAM_API_KEYS = Setting(True)
    """The same for teams."""

    MAX_VALID_KEYS_PER_OWNER = Setting[int | None](None, int, type(None))
    """How many valid keys one user or team may have; ``None``: any number. Setting it costs one
    more query for each creation. Two requests at the same moment can pass it by one."""

    VERIFICATION_CACHE_SECONDS = Setting(0)
    """For how many seconds, at most 60, a process may verify a key again without asking the
    database. What the same process does to the key or its owner takes effect at once, what
    another process does within these seconds. 0: nothing is kept, and every process sees a
    revocation at once."""

    PROJECT_ID = Setting("internal")
    """What callers of the HTTP API must send as project id: a UUID, or ``"internal"``. The
    official SDK accepts nothing else."""

    PUBLISHABLE_CLIENT_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Keys that a browser or an app sends with its requests; not secret. Empty: none is asked."""

    SECRET_SERVER_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Keys that give a backend access to everything; several may be valid at once, so that they
    can be rotated. Empty: no server access."""

    SUPER_SECRET_ADMIN_KEYS = Setting[Sequence[str]]((), list, tuple)
    """The same for admin access."""

    CREATE_RATE = Setting[str | None]("120/min", str, type(None))
    """How often one person may create keys over the HTTP API, as a rate of DRF's throttles.
    ``None``: no limit. Server and admin access are not limited."""

    TEAM_ADAPTER = Setting(DEFAULT_TEAM_ADAPTER)
    """Dotted path of the `stack_apikeys.adapters.TeamAdapter` that answers for the team model."""

    TEAM_ROLES = Setting[Mapping[str, Sequence[str]]]({}, Mapping)
    """Roles of ``stack_apikeys.teams`` by name, each a list of the permissions and roles that it
    contains. Added to ``team_admin`` and ``team_member``, or in their place by the same name. A
    permission of the host's own that is to be granted by itself is one that contains nothing."""

    TEAM_CREATOR_PERMISSIONS = Setting[Sequence[str]](("team_admin",), list, tuple)
    """What the person who creates a team in ``stack_apikeys.teams`` is granted in it."""

    TEAM_MEMBER_PERMISSIONS = Setting[Sequence[str]](("team_member",), list, tuple)
    """What every further member is granted."""

    REAUTHENTICATE_AFTER_SECONDS = Setting[int | None](None, int, type(None))
    """The pages ask for the password again before they create or revoke a key, if the person
    signed in to this session longer ago than this, in seconds. 0: each time. ``None``: never."""

    SIDEBAR_ITEMS = Setting[Sequence[tuple[str, str]]]((), list, tuple)
    """Pages of the host's own that stand above ours in the sidebar of the settings pages: pairs of
    a label, which may be a lazy translation, and the name of a URL pattern."""

    ADMIN_CAN_DELETE = Setting(False)
    """Whether Django admin offers to delete keys. A revoked key that stays is its own history."""

    # What follows is for the optional app ``stack_apikeys.sdk`` ----------------------------------

    PROJECT_DISPLAY_NAME = Setting("")
    """What people call the site, as the official SDK's sign-in form has it. Empty: its host."""

    ALLOW_SIGN_UP = Setting(False)
    """Whether strangers may make themselves an account over the HTTP API."""

    ALLOW_PASSWORD_SIGN_IN = Setting(True)
    """Whether people may sign in over the HTTP API with address and password. Switch it off where
    Django's own sign-in asks for more than these, such as a second factor."""

    ALLOW_CLIENT_TEAM_CREATION = Setting(False)
    """Whether people may make teams over the HTTP API. Server and admin access always may."""

    SESSION_LIFETIME = Setting(timedelta(days=30))
    """How long a sign-in lasts, however often it is used. With ``SDK_COOKIES``, people sign in to
    Django again as often as that, too."""

    ACCESS_TOKEN_LIFETIME = Setting(timedelta(minutes=10))
    """How long an access token can be used. A session that has ended ends its tokens at once
    here; another service, which checks a token by its signature alone, learns of it this late.
    The official SDK copes with 1 to 10 minutes."""

    ACCESS_TOKEN_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Private keys on the curve P-256, as PEM: the first one signs access tokens, and all of them
    verify, so that they can be rotated. Empty: keys that are derived from ``SECRET_KEY`` and
    ``SECRET_KEY_FALLBACKS``."""

    SIGN_IN_RATE = Setting[str | None]("5/min", str, type(None))
    """How many wrong passwords for one account are taken from one address, as a rate of DRF's
    throttles. Right ones are not counted. ``None``: no limit."""

    SIGN_IN_ADDRESS_RATE = Setting[str | None]("30/min", str, type(None))
    """How many wrong passwords are taken from one address, whichever the accounts."""

    SIGN_IN_STRANGERS_RATE = Setting[str | None]("100/hour", str, type(None))
    """How many wrong passwords for one account are taken from all the addresses together that it
    was not signed in from lately. Beyond, each of these has three attempts an hour, so that nobody
    is locked out by others."""

    SIGN_UP_RATE = Setting[str | None]("10/min", str, type(None))
    """How many accounts can be made from one address."""

    SDK_COOKIES = Setting(False)
    """Whether signing in to Django signs the browser in to the official SDK too, by cookies that
    scripts can read. For sites whose pages use the SDK; needs `stack_apikeys.sdk.middleware`."""

    @property
    def https_required(self) -> bool:
        """Whether plain HTTP is refused: `REQUIRE_HTTPS`, or unless ``DEBUG`` where it is None."""
        required = self.REQUIRE_HTTPS
        return not settings.DEBUG if required is None else required

    @property
    def team_model(self) -> str:
        """The label of the team model: ``STACK_APIKEYS_TEAM_MODEL`` or the one we ship."""
        label: str = getattr(settings, "STACK_APIKEYS_TEAM_MODEL", DEFAULT_TEAM_MODEL)
        return label


SETTINGS: Mapping[str, Setting[object]] = {
    name: setting for name, setting in vars(Conf).items() if isinstance(setting, Setting)
}
"""Every known name of ``STACK_APIKEYS``."""

conf = Conf()


@receiver(setting_changed)
def _look_up_again(*, setting: str, **_kwargs: Any) -> None:
    if setting == "STACK_APIKEYS":
        vars(conf).clear()


def is_well_typed(*names: str) -> bool:
    """Whether these settings can be looked into; a system check tells what is wrong otherwise."""
    return isinstance(getattr(settings, "STACK_APIKEYS", {}), Mapping) and all(
        SETTINGS[name].accepts(getattr(conf, name)) for name in names
    )
