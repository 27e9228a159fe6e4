"""The settings for keys, and for how they are verified."""

from collections.abc import Mapping, Sequence

from stack_apikeys.conf.setting import Setting

DEFAULT_POLICY = "stack_apikeys.policy.Policy"
"""The policy of projects that do not configure one."""


class KeySettings:
    """What keys look like, who may have them, and how requests are authenticated."""

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
    it. A rotation replaces a key, so it is not refused, even while the old key is still valid. It
    counts as a creation if the key would be the second one in a row that is valid after its
    rotation, or if the owner has as many such keys as the limit."""

    VERIFICATION_CACHE_SECONDS = Setting(0)
    """The number of seconds, at most 60, for which a process may verify a key from memory instead
    of the database. Changes to a key or its owner take effect at once in the process that makes
    them, within milliseconds in others that are told by `INVALIDATION`, and in any case after this
    many seconds. 0: nothing is cached, and every process sees a revocation at once."""

    PREPARE_VERIFICATION = Setting(False)
    """Whether PostgreSQL prepares the query of a verification, and so plans it once for each
    connection, whatever ``OPTIONS`` say about other queries. It requires psycopg 3, and connections
    that are kept open. Leave it off behind a pooler that shares sessions between clients and does
    not track their prepared statements, such as PgBouncer in transaction mode before 1.21 or with
    ``max_prepared_statements = 0``. A verification in a transaction that has already run a query is
    not prepared."""

    INVALIDATION = Setting[str | None](None, str, type(None))
    """How processes that keep verified keys hear of changes at once: the URL of a Redis server, such
    as ``"redis://127.0.0.1/0"``, or the alias of a PostgreSQL database in ``DATABASES``. ``None``:
    by the database of the keys if it is PostgreSQL, and otherwise not at all."""

    VERIFICATION_CACHE_NAMESPACE = Setting[str | None](None, str, type(None))
    """The dotted path to a function that returns the current tenant, for projects that serve
    several tenants from one process. It takes no arguments and returns a hashable value, such as
    the name of a schema; cached keys are kept apart by it. If it returns ``None``, the cache is not
    used. Databases, and the ``schema_name`` of a connection as django-tenants sets it, are always
    kept apart."""

    POLICY = Setting(DEFAULT_POLICY)
    """The dotted path to a subclass of `stack_apikeys.policy.Policy`, which decides who may create
    keys and which owners may use theirs."""

    OWNER_SELECT_RELATED = Setting[Mapping[str, Sequence[str]]]({}, Mapping)
    """Relations of the owner that a verification loads in its query, by the kind of owner:
    ``{"user": ["company"], "team": ["plan__currency"]}``. Relations that the base manager of the
    owner's model selects with ``select_related`` are loaded too."""
