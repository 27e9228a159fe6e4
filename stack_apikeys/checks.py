"""System checks: what a wrong configuration would hide until a request fails, or never tell.

Every message has an id that stays the same, for ``SILENCED_SYSTEM_CHECKS``. No message repeats a
secret. The checks of the optional app's own settings are in ``stack_apikeys/teams/checks.py``.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from itertools import combinations
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's own name
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connections, router, transaction
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from stack_apikeys.adapters import EditableTeamAdapter, TeamAdapter
from stack_apikeys.conf import DEFAULT_TEAM_ADAPTER, SETTINGS, conf, is_well_typed
from stack_apikeys.models import MODELS
from stack_apikeys.verification_cache import LONGEST_SECONDS

KEY_LISTS = ("PUBLISHABLE_CLIENT_KEYS", "SECRET_SERVER_KEYS", "SUPER_SECRET_ADMIN_KEYS")

SHORTEST_SECRET = 32
"""Characters below which a secret in the settings counts as weak."""

FEWEST_CHARACTERS = 5
"""Different characters below which it counts as weak, as Django's ``SECRET_KEY`` does."""

HIGHEST_NUMBER = 2**31 - 1
"""The highest number of a pepper that every database can store with a key."""

UNSHARED_CACHES = ("locmem.LocMemCache", "dummy.DummyCache")
"""Django's cache backends that each process has for itself, or that keep nothing."""

_NUMBER_OF_A_PEPPER = "Numbers are positive integers; those that come from JSON need int(...)."

_PROJECT_ID = re.compile(
    r"internal|[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
"""Names as RFC 9110, section 16.3.2.1, recommends them. An underscore never reaches Django."""


# What STACK_APIKEYS holds ---------------------------------------------------------------------


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Check the names in ``STACK_APIKEYS``, then the type of each value, then what it says."""
    configured = getattr(settings, "STACK_APIKEYS", {})
    if not isinstance(configured, Mapping):
        return [Error("STACK_APIKEYS is not a dictionary.", id="stack_apikeys.E002")]
    messages = list(_check_names(configured))
    for name in SETTINGS:
        if not is_well_typed(name):
            messages.append(_wrong_type(name))
        elif name in _CHECKS_BY_NAME:
            messages += _CHECKS_BY_NAME[name](getattr(conf, name))
    for name in KEY_LISTS:
        if is_well_typed(name):
            messages += _check_keys(name)
    return messages or list(_check_keys_differ())


def _check_names(configured: Mapping[Any, object]) -> Iterator[CheckMessage]:
    for name in configured:
        if name not in SETTINGS:
            close = get_close_matches(str(name).upper(), SETTINGS, n=1)
            yield Error(
                f"STACK_APIKEYS has no setting {name!r}.",
                hint=f"Did you mean {close[0]!r}?" if close else None,
                id="stack_apikeys.E001",
            )


def _wrong_type(name: str) -> CheckMessage:
    names = {"Mapping": "dict", "NoneType": "None"}
    accepted = " or ".join(names.get(each.__name__, each.__name__) for each in SETTINGS[name].types)
    found = type(getattr(conf, name)).__name__
    return Error(
        f"STACK_APIKEYS[{name!r}] is of type {names.get(found, found)}, and must be {accepted}.",
        id="stack_apikeys.E002",
    )


def _check_peppers(peppers: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    for number, pepper in peppers.items():
        if type(number) is not int:
            yield Error(
                "STACK_APIKEYS['PEPPERS'] has a pepper whose number is of type "
                f"{type(number).__name__}.",
                hint=_NUMBER_OF_A_PEPPER,
                id="stack_apikeys.E003",
            )
        elif not 1 <= number <= HIGHEST_NUMBER:
            yield Error(
                f"STACK_APIKEYS['PEPPERS'] has a pepper {number}, outside of 1 to {HIGHEST_NUMBER}.",
                hint=_NUMBER_OF_A_PEPPER,
                id="stack_apikeys.E003",
            )
        elif not isinstance(pepper, str) or not pepper:
            yield Error(
                f"STACK_APIKEYS['PEPPERS'][{number}] is empty or not a string.",
                id="stack_apikeys.E003",
            )


def _check_marker(marker: str) -> Iterator[CheckMessage]:
    if not re.fullmatch("[0-9a-z]{9}", marker):
        yield Error(
            "STACK_APIKEYS['MARKER'] is not nine characters of 0-9 and a-z.",
            id="stack_apikeys.E004",
        )


def _check_headers(headers: Sequence[Any]) -> Iterator[CheckMessage]:
    if not headers:
        yield Error(
            "STACK_APIKEYS['HEADERS'] is empty, so no request can carry a key.",
            id="stack_apikeys.E005",
        )
    for header in headers:
        if not isinstance(header, str) or not _HEADER.fullmatch(header):
            yield Error(
                f"STACK_APIKEYS['HEADERS'] has {header!r}, which is no name of a header.",
                hint="A name is made of letters, digits and hyphens, such as X-Stack-Api-Key.",
                id="stack_apikeys.E005",
            )


def _check_project_id(project_id: str) -> Iterator[CheckMessage]:
    if not _PROJECT_ID.fullmatch(project_id):
        yield Error(
            f"STACK_APIKEYS['PROJECT_ID'] is {project_id!r}, which the official SDKs refuse.",
            hint='Take a UUID, such as str(uuid.uuid4()) makes once, or "internal".',
            id="stack_apikeys.E006",
        )


def _check_rate(name: str, rate: str | None) -> Iterator[CheckMessage]:
    if rate is not None and not re.fullmatch("[1-9][0-9]*/[smhd][a-z]*", rate):
        yield Error(
            f"STACK_APIKEYS[{name!r}] is {rate!r}, which is no rate.",
            hint='A rate is a number and a period of time, such as "120/min"; None is no limit.',
            id="stack_apikeys.E009",
        )


def _check_limit(limit: int | None) -> Iterator[CheckMessage]:
    if limit is not None and limit < 1:
        yield Error(
            f"STACK_APIKEYS['MAX_VALID_KEYS_PER_OWNER'] is {limit}, and must be at least 1.",
            hint="Switch keys off with ALLOW_USER_API_KEYS and ALLOW_TEAM_API_KEYS.",
            id="stack_apikeys.E010",
        )


def _check_sidebar(items: Sequence[Any]) -> Iterator[CheckMessage]:
    for position, item in enumerate(items):
        try:
            _label, url_name = item
            reverse(url_name)
        except (TypeError, ValueError, NoReverseMatch):
            yield Error(
                f"STACK_APIKEYS['SIDEBAR_ITEMS'][{position}] is not a label and the name of a "
                "URL pattern without arguments.",
                id="stack_apikeys.E018",
            )


def _check_cache_seconds(seconds: int) -> Iterator[CheckMessage]:
    if not 0 <= seconds <= LONGEST_SECONDS:
        yield Error(
            f"STACK_APIKEYS['VERIFICATION_CACHE_SECONDS'] is {seconds}, outside of 0 to "
            f"{LONGEST_SECONDS}.",
            hint="For so long a key goes on working after another process has revoked it.",
            id="stack_apikeys.E019",
        )


_CHECKS_BY_NAME: Mapping[str, Callable[[Any], Iterator[CheckMessage]]] = {
    "PEPPERS": _check_peppers,
    "MARKER": _check_marker,
    "HEADERS": _check_headers,
    "PROJECT_ID": _check_project_id,
    "MAX_VALID_KEYS_PER_OWNER": _check_limit,
    **{name: partial(_check_rate, name) for name in SETTINGS if name.endswith("_RATE")},
    "SIDEBAR_ITEMS": _check_sidebar,
    "VERIFICATION_CACHE_SECONDS": _check_cache_seconds,
}


def _check_keys(name: str) -> Iterator[CheckMessage]:
    for position, key in enumerate(getattr(conf, name)):
        if not isinstance(key, str) or not re.fullmatch("[!-~]+", key):
            yield Error(
                f"STACK_APIKEYS[{name!r}][{position}] is not a key that a header could carry.",
                hint="It is empty, has a space or a line break, or is not an ASCII string.",
                id="stack_apikeys.E007",
            )


def _check_keys_differ() -> Iterator[CheckMessage]:
    for one, other in combinations(KEY_LISTS, 2):
        if set(getattr(conf, one)) & set(getattr(conf, other)):
            yield Error(
                f"STACK_APIKEYS[{one!r}] and STACK_APIKEYS[{other!r}] have a key in common.",
                hint="Whoever has it would have both kinds of access.",
                id="stack_apikeys.E008",
            )


# What surrounds it ----------------------------------------------------------------------------


def check_use_tz(**_kwargs: Any) -> list[CheckMessage]:
    """Check that Django's times are aware, as all times of keys are."""
    if settings.USE_TZ:
        return []
    return [
        Error(
            "USE_TZ is off, and keys expire at moments that are the same in every time zone.",
            hint="Set USE_TZ = True.",
            id="stack_apikeys.E011",
        )
    ]


def check_teams(**_kwargs: Any) -> list[CheckMessage]:
    """Check that the team model is installed, and that an adapter can answer for it."""
    return [*_check_team_model(), *_check_team_adapter()]


def _check_team_model() -> Iterator[CheckMessage]:
    try:
        apps.get_model(conf.team_model)
    except (LookupError, ValueError):
        yield Error(
            f"The team model {conf.team_model!r} is not installed.",
            hint="Add 'stack_apikeys.teams' to INSTALLED_APPS, or name your own model in "
            "STACK_APIKEYS_TEAM_MODEL as 'app_label.ModelName'.",
            id="stack_apikeys.E012",
        )


def _check_team_adapter() -> Iterator[CheckMessage]:
    if not is_well_typed("TEAM_ADAPTER"):
        return
    path = conf.TEAM_ADAPTER
    if path == DEFAULT_TEAM_ADAPTER and not apps.is_installed("stack_apikeys.teams"):
        yield Error(
            "STACK_APIKEYS['TEAM_ADAPTER'] is not set, and its default needs stack_apikeys.teams.",
            hint="Name a subclass of stack_apikeys.adapters.TeamAdapter that knows your teams, or "
            "add 'stack_apikeys.teams' to INSTALLED_APPS.",
            id="stack_apikeys.E013",
        )
        return
    try:
        adapter = import_string(path)
    except (ImportError, RuntimeError) as error:  # the latter of a model that is not installed
        yield Error(
            f"STACK_APIKEYS['TEAM_ADAPTER'] cannot be imported: {error}",
            id="stack_apikeys.E014",
        )
        return
    if not (isinstance(adapter, type) and issubclass(adapter, TeamAdapter)):
        yield Error(
            f"STACK_APIKEYS['TEAM_ADAPTER'] is {path}, which is no subclass of "
            "stack_apikeys.adapters.TeamAdapter.",
            id="stack_apikeys.E015",
        )
    elif missing := [
        name
        for base in adapter.__mro__
        if base in (TeamAdapter, EditableTeamAdapter)
        for name, member in vars(base).items()
        if getattr(member, "__isabstractmethod__", False) and getattr(adapter, name) is member
    ]:
        yield Error(
            f"The team adapter {path} does not define {', '.join(missing)}.",
            id="stack_apikeys.E016",
        )


def check_peppers_of_keys(
    *, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """Check that every valid key's pepper is still there; one query a table.

    Keys that are revoked or expired cannot come back, and their pepper may go.
    """
    if not is_well_typed("PEPPERS"):
        return []
    return [
        Error(
            f"STACK_APIKEYS['PEPPERS'] has no pepper {pepper_id}, which valid keys in "
            f"{model._meta.db_table} were made with: none of them can be verified.",
            hint="Put the pepper back, or revoke these keys.",
            id="stack_apikeys.E017",
        )
        for alias in databases or ()
        for model in MODELS.values()
        if router.allow_migrate_model(alias, model)
        for pepper_id in _missing_peppers(model, alias)
    ]


def _missing_peppers(model: Any, alias: str) -> list[int]:
    rows = model.objects.using(alias).valid().exclude(pepper_id=None)
    numbers = rows.order_by().values_list("pepper_id", flat=True).distinct()
    try:
        with transaction.atomic(using=alias):
            return sorted(set(numbers) - set(conf.PEPPERS))
    except DatabaseError:
        return []  # before the first migration there are no tables


# What only matters where strangers can reach the site -----------------------------------------


def check_deployment(**_kwargs: Any) -> list[CheckMessage]:
    """Check what is fine on one's own machine only. A wrong setting is repaired first."""
    if check_settings():
        return []
    return [
        *_check_strength(),
        *_check_https(),
        *_check_throttle_cache(),
        *_check_connections(),
    ]


def _check_strength() -> Iterator[CheckMessage]:
    if not conf.PEPPERS:
        yield Warning(
            "STACK_APIKEYS['PEPPERS'] is empty: whoever steals the database can check digests.",
            hint="Set {1: ...}, a long random string that is not stored in the database.",
            id="stack_apikeys.W001",
        )
    for number, pepper in conf.PEPPERS.items():
        if _is_weak(pepper):
            yield _weak("stack_apikeys.W002", f"STACK_APIKEYS['PEPPERS'][{number}]")
    for name in ("SECRET_SERVER_KEYS", "SUPER_SECRET_ADMIN_KEYS"):
        for position, key in enumerate(getattr(conf, name)):
            if _is_weak(key):
                yield _weak("stack_apikeys.W003", f"STACK_APIKEYS[{name!r}][{position}]")


def _is_weak(secret: str) -> bool:
    return (
        len(secret) < SHORTEST_SECRET
        or len(set(secret)) < FEWEST_CHARACTERS
        or secret == _secret_key()
    )


def _secret_key() -> str | None:
    try:
        return settings.SECRET_KEY
    except ImproperlyConfigured:  # a check of Django's own says so
        return None


def _weak(id: str, place: str) -> CheckMessage:
    return Warning(
        f"{place} has fewer than {SHORTEST_SECRET} characters, or fewer than {FEWEST_CHARACTERS} "
        "different ones, or is the SECRET_KEY.",
        hint="Take a random one of its own, such as secrets.token_urlsafe(32) makes.",
        id=id,
    )


def _check_https() -> Iterator[CheckMessage]:
    if not conf.https_required:
        yield Warning(
            "Keys are accepted over plain HTTP, where anyone on the way can read them.",
            hint="Set STACK_APIKEYS['REQUIRE_HTTPS'] to None or True, and DEBUG to False.",
            id="stack_apikeys.W004",
        )


def _check_throttle_cache() -> Iterator[CheckMessage]:
    rates = getattr(settings, "REST_FRAMEWORK", {}).get("DEFAULT_THROTTLE_RATES", {})
    is_throttled = conf.CREATE_RATE is not None or rates.get("api_key") is not None
    if is_throttled and settings.CACHES["default"]["BACKEND"].endswith(UNSHARED_CACHES):
        yield Warning(
            "The default cache is not shared between processes, so that rates of keys are not "
            "held, or each process counts for itself.",
            hint="Point CACHES['default'] to Redis, Memcached or a database table. Or set "
            "STACK_APIKEYS['CREATE_RATE'] to None, and no rate for 'api_key'.",
            id="stack_apikeys.W005",
        )


def _check_connections() -> Iterator[CheckMessage]:
    for alias in sorted({router.db_for_read(model) for model in MODELS.values()}):
        connection = connections[alias]
        if (
            connection.vendor in {"postgresql", "mysql"}
            and connection.settings_dict["CONN_MAX_AGE"] == 0
            and not connection.settings_dict["OPTIONS"].get("pool")
        ):
            yield Warning(
                f"Every request with a key connects to the database {alias!r} anew, which takes "
                "much longer than the key's verification.",
                hint="Set CONN_MAX_AGE; or, on PostgreSQL, 'pool' in OPTIONS, also under ASGI.",
                id="stack_apikeys.W006",
            )
