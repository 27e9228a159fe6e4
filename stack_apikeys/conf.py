"""The app's settings: their names, defaults and meaning.

All of them are keys of one dictionary, ``STACK_APIKEYS``. Each access reads that dictionary, so
``override_settings`` and assignments to ``settings.STACK_APIKEYS`` take effect at once.
``STACK_APIKEYS_TEAM_MODEL`` is a setting of its own, like ``AUTH_USER_MODEL``, because migrations
refer to it.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, Generic, TypeVar

from django.conf import settings

T = TypeVar("T")

DEFAULT_TEAM_MODEL = "stack_apikeys_teams.Team"
"""The team model of projects without teams of their own, from the app ``stack_apikeys.teams``."""

DEFAULT_TEAM_ADAPTER = "stack_apikeys.teams.adapter.DefaultTeamAdapter"
"""The adapter for `DEFAULT_TEAM_MODEL`."""

ON_CACHE_FAILURE: Mapping[str, str] = {
    "api_key": "allow",
    "create": "allow",
    "email": "refuse",
    "guess": "allow",
    "key": "allow",
    "session": "allow",
    "sign_in": "refuse",
    "sign_up": "refuse",
    "team_create": "allow",
}
"""The kinds of rate limits, and what each does by default when the cache is unavailable."""

DEFAULT_POLICY = "stack_apikeys.policy.Policy"
"""The policy of projects that do not configure one."""

RELATED_NAMES: Mapping[str, str] = {
    "UserApiKey.user": "api_keys",
    "TeamApiKey.team": "api_keys",
    "TeamMembership.user": "team_memberships",
}
"""The default related names of this app's foreign keys to the user and team models."""

_cached_settings = vars(settings)
"""The cache of `settings`: an assignment to a setting, or to several by ``override_settings``,
removes it from here. A lookup in it takes a quarter of the time that ``settings.STACK_APIKEYS``
takes, and a request reads a dozen settings."""


class Setting(Generic[T]):
    """One key of ``STACK_APIKEYS``: a descriptor that reads it at each access.

    ``types`` are the types that the system checks accept, by default that of ``default``.
    """

    def __init__(self, default: T, *types: type) -> None:
        self.default = default
        self.types = types or (type(default),)

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, instance: object, owner: type) -> T:
        value: T = (_cached_settings.get("STACK_APIKEYS") or configured()).get(
            self.name, self.default
        )
        return value

    def accepts(self, value: object) -> bool:
        """Return whether ``value`` has one of the ``types``. A bool is not accepted as an int."""
        return isinstance(value, self.types) and (not isinstance(value, bool) or bool in self.types)


def configured() -> Mapping[str, Any]:
    """Return ``settings.STACK_APIKEYS``, or an empty dictionary if it is not set."""
    found: Mapping[str, Any] | None = _cached_settings.get("STACK_APIKEYS")
    if found is None:
        # Looking for a setting that does not exist is slow, so the default is cached like a value.
        found = _cached_settings.setdefault("STACK_APIKEYS", getattr(settings, "STACK_APIKEYS", {}))
    return found


class Conf:
    """The app's settings as attributes."""

    PEPPERS = Setting[Mapping[int, str]]({}, Mapping)
    """Secrets that key the digests of API keys, by number: ``{1: "...", 2: "..."}``. New keys use
    the highest number. Each row records the number it was created with, so keep an old pepper for
    as long as any key uses it. Empty: digests are plain SHA-256."""

    MARKER = Setting("574ck4u7h")
    """Nine characters of ``[0-9a-z]`` inside every key, by which secret scanners recognize it. The
    default is Stack Auth's, the only one that the official SDK's own parser accepts."""

    HEADERS = Setting[Sequence[str]](("X-Stack-Api-Key",), list, tuple)
    """Request headers that may contain a key, alone or after ``Bearer``, ``Token``, ``ApiKey`` or
    ``Api-Key``. In ``"Authorization"``, any value that does not look like a key is left to other
    authentication classes."""

    ALLOW_BASIC = Setting(False)
    """Whether ``Authorization: Basic`` with a key as the user name or the password is accepted.
    Browsers remember such credentials and send them automatically, so leave this off unless a
    client supports nothing else. Requires ``"Authorization"`` in `HEADERS`."""

    ACCEPT_PUBLIC_KEYS = Setting(False)
    """Whether every view that accepts keys also accepts public keys (``pk_…``), which are not
    secret. ``False``: only views with ``accept_public_keys = True`` do."""

    REQUIRE_HTTPS = Setting[bool | None](None, bool, type(None))
    """Whether to refuse keys and API requests over plain HTTP. ``None``: refuse them unless
    ``DEBUG`` is on."""

    ALLOW_USER_API_KEYS = Setting(True)
    """Whether users can have keys. ``False``: their keys cannot be created, listed or used; the
    rows are kept."""

    ALLOW_TEAM_API_KEYS = Setting(True)
    """Whether teams can have keys, as `ALLOW_USER_API_KEYS` is for users."""

    MAX_VALID_KEYS_PER_OWNER = Setting[int | None](None, int, type(None))
    """The maximum number of valid keys of one user or team; ``None``: no limit. With a limit, each
    creation locks the owner's row and counts the keys, so concurrent creations cannot exceed
    it."""

    VERIFICATION_CACHE_SECONDS = Setting(0)
    """The number of seconds, at most 60, for which a process may verify a key from memory instead
    of the database. Changes to a key or its owner take effect at once in the process that makes
    them, and after at most this many seconds in others. 0: nothing is cached, and every process
    sees a revocation at once."""

    VERIFICATION_CACHE_NAMESPACE = Setting[str | None](None, str, type(None))
    """The dotted path to a function that returns the current tenant, for projects that serve
    several tenants from one process. It takes no arguments and returns a hashable value, such as
    the name of a schema; cached keys are kept apart by it. If it returns ``None``, the cache is not
    used. Databases, and the ``schema_name`` of a connection as django-tenants sets it, are always
    kept apart."""

    PROJECT_ID = Setting("internal")
    """The project id that clients of the HTTP API must send: a UUID, or ``"internal"``. The
    official SDK accepts no other value."""

    PUBLISHABLE_CLIENT_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Keys that a browser or an app sends with its requests. They are not secret. Empty: no such
    key is required."""

    REQUIRE_PUBLISHABLE_CLIENT_KEY = Setting(True)
    """Whether clients must send one of `PUBLISHABLE_CLIENT_KEYS`, if there are any. ``False``: the
    project id alone is sufficient."""

    SECRET_SERVER_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Keys that give a backend access to all data. Several may be valid at once, for rotation.
    Empty: server access is disabled."""

    SUPER_SECRET_ADMIN_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Keys that give admin access, in the same way."""

    ALLOW_SERVER_KEYS_IN_BROWSERS = Setting(False)
    """Whether the HTTP API accepts server and admin keys from browsers, which it recognizes by the
    headers ``Origin`` and ``Sec-Fetch-Site``."""

    RATES = Setting[Sequence[str]]((), list, tuple)
    """How often each key may be used: rates in the syntax of DRF's throttle rates, such as
    ``["20/second", "1000/hour"]``, at most one for each period. A key may have rates of its own.
    Empty: no limit."""

    PUBLIC_RATES = Setting[Sequence[str] | None](None, list, tuple, type(None))
    """How often each public key may be used, by all visitors together. ``None``: as `RATES`;
    empty: no limit."""

    GUESS_RATE = Setting[str | None](None, str, type(None))
    """How many refused keys from one network address are answered with their reason. Above this
    rate, refused keys are answered with 429; valid keys are not affected. ``None``: no limit."""

    CREATE_RATE = Setting[str | None]("120/min", str, type(None))
    """How many keys one person may create, over the HTTP API and in the settings pages together,
    in the syntax of DRF's throttle rates. Server access, admin access and Django admin are not
    limited. ``None``: no limit."""

    SIGN_IN_RATE = Setting[str | None]("5/min", str, type(None))
    """How many wrong passwords for one account are accepted from one network address, in the
    syntax of DRF's throttle rates. It applies to signing in and to changing the password over the
    HTTP API, and to the password form of the settings pages. Correct passwords are not counted.
    ``None``: no limit."""

    SIGN_IN_ADDRESS_RATE = Setting[str | None]("30/min", str, type(None))
    """How many wrong passwords are accepted from one network address, for all accounts."""

    SIGN_IN_STRANGERS_RATE = Setting[str | None]("100/hour", str, type(None))
    """How many wrong passwords for one account are accepted from all network addresses together
    that it was not recently used from. Above this rate each of these addresses has three attempts
    an hour, so that nobody can lock the account's user out."""

    ON_CACHE_FAILURE = Setting[Mapping[str, str]](ON_CACHE_FAILURE, Mapping)
    """What each kind of rate limit does when the cache is unavailable: ``"allow"`` accepts requests
    without counting them, ``"refuse"`` responds with 503 and ``Retry-After``. Kinds that are not
    listed keep their default. ``"key"`` is `RATES` and `PUBLIC_RATES`, ``"api_key"`` is
    `stack_apikeys.throttling.ApiKeyRateThrottle`; the other kinds are named after their
    settings."""

    USAGE_ADDRESSES = Setting(True)
    """Whether ``stack_apikeys.usage`` stores the address that a key was last used from, and the
    networks that it was used from."""

    USAGE_RETENTION_DAYS = Setting(400)
    """The number of days after which ``manage.py api_keys prune`` deletes what
    ``stack_apikeys.usage`` has stored."""

    UNUSUAL_IDLE_DAYS = Setting(30)
    """A key that was not used for so many days, and then is, is used in an unusual way."""

    UNUSUAL_NETWORK_DAYS = Setting(90)
    """So is one that is used from a network that it was not used from for so many days …"""

    UNUSUAL_FIRST_DAYS = Setting(7)
    """… unless its first use was less than so many days ago."""

    UNUSUAL_REQUESTS = Setting(100)
    """So is one with more than so many requests in an hour …"""

    UNUSUAL_FACTOR = Setting[int | float](10, int, float)
    """… if these are more than so many times the mean of its hours with requests …"""

    UNUSUAL_MEAN_DAYS = Setting(28)
    """… of so many days."""

    UNUSUAL_SILENCE_HOURS = Setting(24)
    """So is a revoked or expired key that is tried after so many hours without a request."""

    UNUSUAL_USE_MAIL = Setting(False)
    """Whether an e-mail tells the owner of a key about its unusual use: the user, or the members of
    the team who have ``$manage_api_keys``."""

    TEAM_ADAPTER = Setting(DEFAULT_TEAM_ADAPTER)
    """The dotted path to the `stack_apikeys.adapters.TeamAdapter` for the team model."""

    TEAM_ROLES = Setting[Mapping[str, Sequence[str]]]({}, Mapping)
    """Roles of ``stack_apikeys.teams`` by name, each with a list of the permissions and roles that
    it contains. They are added to ``team_admin`` and ``team_member``, or replace them. To define a
    permission that can be granted directly, add a name with an empty list."""

    TEAM_CREATOR_PERMISSIONS = Setting[Sequence[str]](("team_admin",), list, tuple)
    """The permissions and roles that the creator of a team in ``stack_apikeys.teams`` gets."""

    TEAM_MEMBER_PERMISSIONS = Setting[Sequence[str]](("team_member",), list, tuple)
    """The permissions and roles that every other member gets."""

    RELATED_NAMES = Setting[Mapping[str, str]]({}, Mapping)
    """Related names to use instead of the defaults in `RELATED_NAMES` of this module, by foreign
    key: ``{"UserApiKey.user": "stack_api_keys"}``. The other foreign keys are ``"TeamApiKey.team"``
    and ``"TeamMembership.user"``. ``"+"`` disables the reverse relation of a key. No column depends
    on this setting."""

    REAUTHENTICATE_AFTER_SECONDS = Setting[int | None](None, int, type(None))
    """The age of a session, in seconds, from which the settings pages ask for the password before
    they create or revoke a key. The HTTP API cannot ask and refuses such requests. 0: always, so
    that keys can only be created and revoked in the pages. ``None``: never."""

    SIDEBAR_ITEMS = Setting[Sequence[tuple[str, str]]]((), list, tuple)
    """Links to the project's own pages, shown above the app's links in the sidebar of the settings
    pages: pairs of a label, which may be a lazy translation, and the name of a URL pattern."""

    POLICY = Setting(DEFAULT_POLICY)
    """The dotted path to a subclass of `stack_apikeys.policy.Policy`, which decides who may create
    keys and which owners may use theirs."""

    OWNER_SELECT_RELATED = Setting[Mapping[str, Sequence[str]]]({}, Mapping)
    """Relations of the owner that a verification loads in its query, by the kind of owner:
    ``{"user": ["company"], "team": ["plan__currency"]}``. Relations that the base manager of the
    owner's model selects with ``select_related`` are loaded too."""

    ADMIN_CAN_DELETE = Setting(False)
    """Whether keys can be deleted in Django admin. Revoked keys are otherwise kept as a record."""

    # The settings below are for the optional app ``stack_apikeys.sdk``. --------------------------

    PROJECT_DISPLAY_NAME = Setting("")
    """The name of the site, as the official SDK's sign-in form shows it. Empty: the host name."""

    ALLOW_SIGN_UP = Setting(False)
    """Whether anyone can create an account over the HTTP API."""

    ALLOW_PASSWORD_SIGN_IN = Setting(True)
    """Whether users can sign in over the HTTP API with their e-mail address and password. Set it to
    ``False`` if signing in to the site requires more than these, such as a second factor."""

    ALLOW_CLIENT_TEAM_CREATION = Setting(False)
    """Whether users can create teams over the HTTP API. Server and admin access always can."""

    TEAM_CREATE_RATE = Setting[str | None]("20/hour", str, type(None))
    """How many teams one user may create over the HTTP API. Server and admin access are not
    limited."""

    SESSION_LIFETIME = Setting(timedelta(days=30))
    """How long a session lasts, regardless of its use. With `SDK_COOKIES`, users have to sign in to
    Django again after this time too."""

    ACCESS_TOKEN_LIFETIME = Setting(timedelta(minutes=10))
    """How long an access token is valid. This app refuses the tokens of a session as soon as it
    ends; other services, which check only the signature, accept them until they expire. The
    official SDK works with 1 to 10 minutes."""

    ACCESS_TOKEN_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Private keys on the curve P-256, in PEM format. The first one signs access tokens, and all of
    them verify tokens, for rotation. Empty: keys are derived from ``SECRET_KEY`` and
    ``SECRET_KEY_FALLBACKS``."""

    SIGN_UP_RATE = Setting[str | None]("10/min", str, type(None))
    """How many accounts can be created from one network address."""

    SESSION_RATE = Setting[str | None]("200/hour", str, type(None))
    """How many sessions one user may start by signing in. With `SDK_COOKIES`, a sign-in to Django
    above this rate succeeds, but does not start a session of the SDK."""

    PASSWORD_RESET_BY_EMAIL = Setting(True)
    """Whether users can request an e-mail with a password reset link over the HTTP API. Set it to
    ``False`` if another page of the site does this."""

    VERIFICATION_BY_EMAIL = Setting(True)
    """Whether users can request an e-mail that verifies their address over the HTTP API. Set it to
    ``False`` if another page of the site does this."""

    TRUSTED_ORIGINS = Setting[Sequence[str]]((), list, tuple)
    """Origins, such as ``"https://app.example.com"``, that links in these e-mails may lead to. The
    API's own origin is always trusted, unless ``ALLOWED_HOSTS`` allows every host. With ``DEBUG``
    on, every port of the local machine is trusted too."""

    EMAIL_RATE = Setting[str | None]("10/min", str, type(None))
    """How many of these e-mails can be requested from one network address, in the syntax of DRF's
    throttle rates. ``None``: no limit."""

    EMAIL_RECIPIENT_RATE = Setting[str | None]("5/hour", str, type(None))
    """How many of these e-mails can be requested for one e-mail address, from anywhere. ``None``:
    no limit."""

    RECORD_SESSION_ADDRESSES = Setting(True)
    """Whether a session records the network address it was last used from, which the user's list
    of active sessions shows. For IPv6, only the network is recorded."""

    SDK_COOKIES = Setting(False)
    """Whether signing in to Django also signs the browser in to the official SDK, with cookies that
    scripts can read. For sites whose pages use the SDK; requires
    `stack_apikeys.sdk.middleware`."""

    @property
    def https_required(self) -> bool:
        """Whether requests over plain HTTP are refused, by `REQUIRE_HTTPS` and ``DEBUG``."""
        required = self.REQUIRE_HTTPS
        return not settings.DEBUG if required is None else required

    def related_name(self, foreign_key: str) -> str:
        """Return the related name of a foreign key, such as ``"UserApiKey.user"``."""
        # The models use it when they are imported, before the checks report a wrong type.
        names = self.RELATED_NAMES if is_well_typed("RELATED_NAMES") else {}
        return str(names.get(foreign_key, RELATED_NAMES[foreign_key]))

    @property
    def publishable_client_key_required(self) -> bool:
        """Whether clients without a publishable client key are refused."""
        return self.REQUIRE_PUBLISHABLE_CLIENT_KEY and bool(self.PUBLISHABLE_CLIENT_KEYS)

    @property
    def team_model(self) -> str:
        """The label of the team model: ``STACK_APIKEYS_TEAM_MODEL``, or the app's own."""
        label: str = getattr(settings, "STACK_APIKEYS_TEAM_MODEL", DEFAULT_TEAM_MODEL)
        return label


SETTINGS: Mapping[str, Setting[object]] = {
    name: setting for name, setting in vars(Conf).items() if isinstance(setting, Setting)
}
"""All keys that ``STACK_APIKEYS`` may have."""

conf = Conf()


def is_well_typed(*names: str) -> bool:
    """Return whether these settings have the types they need. System checks report the others."""
    return isinstance(configured(), Mapping) and all(
        SETTINGS[name].accepts(getattr(conf, name)) for name in names
    )
