"""Check the names, types and values of the settings in ``STACK_APIKEYS``."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import partial
from itertools import combinations
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error
from django.core.exceptions import FieldDoesNotExist
from django.db import connections
from django.db.models.constants import LOOKUP_SEP
from django.urls import NoReverseMatch, reverse
from django.utils.module_loading import import_string

from stack_apikeys.conf import ON_CACHE_FAILURE, RELATED_NAMES, SETTINGS, conf, is_well_typed
from stack_apikeys.models import MODELS
from stack_apikeys.policy import Policy
from stack_apikeys.rates import are_rates, is_rate
from stack_apikeys.verification.cache import LONGEST_SECONDS

KEY_LISTS = ("PUBLISHABLE_CLIENT_KEYS", "SECRET_SERVER_KEYS", "SUPER_SECRET_ADMIN_KEYS")

HIGHEST_NUMBER = 2**31 - 1
"""The highest pepper number that all databases can store."""

_NUMBER_OF_A_PEPPER = "Numbers are positive integers. Convert numbers from JSON with int(...)."

_PROJECT_ID = re.compile(
    r"internal|[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
    re.IGNORECASE,
)
_HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
"""Header names as recommended by RFC 9110, section 16.3.2.1. Servers drop names with underscores."""


def check_settings(**_kwargs: Any) -> list[CheckMessage]:
    """Check the names in ``STACK_APIKEYS``, then the type and the value of each setting."""
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
        f"STACK_APIKEYS[{name!r}] must be of type {accepted}, not {names.get(found, found)}.",
        id="stack_apikeys.E002",
    )


def _check_peppers(peppers: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    for number, pepper in peppers.items():
        if type(number) is not int:
            yield Error(
                f"STACK_APIKEYS['PEPPERS'] has a number of type {type(number).__name__}.",
                hint=_NUMBER_OF_A_PEPPER,
                id="stack_apikeys.E003",
            )
        elif not 1 <= number <= HIGHEST_NUMBER:
            yield Error(
                f"STACK_APIKEYS['PEPPERS'] has the number {number}, not between 1 and {HIGHEST_NUMBER}.",
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
            "STACK_APIKEYS['MARKER'] must consist of nine characters from 0-9 and a-z.",
            id="stack_apikeys.E004",
        )


def _check_headers(headers: Sequence[Any]) -> Iterator[CheckMessage]:
    if not headers:
        yield Error(
            "STACK_APIKEYS['HEADERS'] is empty, so requests cannot contain a key.",
            id="stack_apikeys.E005",
        )
    for header in headers:
        if not isinstance(header, str) or not _HEADER.fullmatch(header):
            yield Error(
                f"STACK_APIKEYS['HEADERS'] contains {header!r}, which is not a valid header name.",
                hint="Use letters, digits and hyphens, as in X-Stack-Api-Key.",
                id="stack_apikeys.E005",
            )


def _check_project_id(project_id: str) -> Iterator[CheckMessage]:
    if not _PROJECT_ID.fullmatch(project_id):
        yield Error(
            f"STACK_APIKEYS['PROJECT_ID'] is {project_id!r}, which the official SDKs reject.",
            hint='Use a fixed UUID, such as str(uuid.uuid4()) returns, or "internal".',
            id="stack_apikeys.E006",
        )


def _check_rate(name: str, rate: str | None) -> Iterator[CheckMessage]:
    if rate is not None and not is_rate(rate):
        yield Error(
            f"STACK_APIKEYS[{name!r}] is {rate!r}, which is not a rate.",
            hint='A rate is a number and a period, such as "120/min". None means no limit.',
            id="stack_apikeys.E009",
        )


def _check_rates(name: str, rates: Sequence[Any] | None) -> Iterator[CheckMessage]:
    if rates is not None and not are_rates(rates):
        yield Error(
            f"STACK_APIKEYS[{name!r}] is not a list of rates with different periods.",
            hint='Write ["20/second", "1000/hour"], for example. An empty list means no limit.',
            id="stack_apikeys.E058",
        )


def _check_limit(limit: int | None) -> Iterator[CheckMessage]:
    if limit is not None and limit < 1:
        yield Error(
            f"STACK_APIKEYS['MAX_VALID_KEYS_PER_OWNER'] is {limit}, but must be at least 1.",
            hint="To disable keys, set ALLOW_USER_API_KEYS and ALLOW_TEAM_API_KEYS to False.",
            id="stack_apikeys.E010",
        )


def _check_on_cache_failure(actions: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    for kind, action in actions.items():
        if kind not in ON_CACHE_FAILURE:
            yield Error(
                f"STACK_APIKEYS['ON_CACHE_FAILURE'] contains {kind!r}, which is not a kind of limit.",
                hint=f"The kinds are {', '.join(ON_CACHE_FAILURE)}.",
                id="stack_apikeys.E025",
            )
        elif action not in ("allow", "refuse"):
            yield Error(
                f"STACK_APIKEYS['ON_CACHE_FAILURE'][{kind!r}] is neither 'allow' nor 'refuse'.",
                id="stack_apikeys.E025",
            )


def _check_sidebar(items: Sequence[Any]) -> Iterator[CheckMessage]:
    for position, item in enumerate(items):
        try:
            _label, url_name = item
            reverse(url_name)
        except (TypeError, ValueError, NoReverseMatch):
            yield Error(
                f"STACK_APIKEYS['SIDEBAR_ITEMS'][{position}] is not a pair of a label and the "
                "name of a URL pattern without arguments.",
                id="stack_apikeys.E018",
            )


def _check_cache_seconds(seconds: int) -> Iterator[CheckMessage]:
    if not 0 <= seconds <= LONGEST_SECONDS:
        yield Error(
            f"STACK_APIKEYS['VERIFICATION_CACHE_SECONDS'] is {seconds}, not between 0 and "
            f"{LONGEST_SECONDS}.",
            hint="This is how long a key remains valid after another process revoked it.",
            id="stack_apikeys.E019",
        )


def _check_invalidation(source: str | None) -> Iterator[CheckMessage]:
    if source is None or source.startswith(("redis://", "rediss://", "unix://")):
        return
    if source not in connections or connections[source].vendor != "postgresql":
        yield Error(
            f"STACK_APIKEYS['INVALIDATION'] is {source!r}, which is neither the URL of a Redis "
            "server nor the alias of a PostgreSQL database.",
            id="stack_apikeys.E059",
        )


def _check_cache_namespace(path: str | None) -> Iterator[CheckMessage]:
    if path is None:
        return
    try:
        is_callable = callable(import_string(path))
    except ImportError:
        is_callable = False
    if not is_callable:
        yield Error(
            f"STACK_APIKEYS['VERIFICATION_CACHE_NAMESPACE'] is {path!r}, which is not the "
            "dotted path of a function.",
            id="stack_apikeys.E040",
        )


def _check_related_names(names: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    for foreign_key, name in names.items():
        if foreign_key not in RELATED_NAMES:
            yield Error(
                f"STACK_APIKEYS['RELATED_NAMES'] contains {foreign_key!r}, which is not a foreign key.",
                hint=f"The foreign keys are {', '.join(RELATED_NAMES)}.",
                id="stack_apikeys.E041",
            )
        elif not (isinstance(name, str) and name.isidentifier()) and not (
            name == "+" and foreign_key.endswith(("ApiKey.user", "ApiKey.team"))
        ):
            yield Error(
                f"STACK_APIKEYS['RELATED_NAMES'][{foreign_key!r}] is {name!r}, which is not a "
                "valid attribute name.",
                id="stack_apikeys.E041",
            )


def _check_policy(path: str) -> Iterator[CheckMessage]:
    try:
        policy = import_string(path)
    except (ImportError, RuntimeError) as error:  # the latter of a model that is not installed
        yield Error(f"STACK_APIKEYS['POLICY'] cannot be imported: {error}", id="stack_apikeys.E030")
        return
    if not (isinstance(policy, type) and issubclass(policy, Policy)):
        yield Error(
            f"STACK_APIKEYS['POLICY'] is {path}, which is not a subclass of "
            "stack_apikeys.policy.Policy.",
            id="stack_apikeys.E030",
        )


def _check_owner_select_related(related: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    for kind, paths in related.items():
        if kind not in MODELS or not isinstance(paths, list | tuple):
            yield Error(
                f"STACK_APIKEYS['OWNER_SELECT_RELATED'] contains {kind!r}, but must map "
                "'user' or 'team' to a list of relations.",
                id="stack_apikeys.E031",
            )
            continue
        model: Any = MODELS[kind].owner_model()  # a label if it is not installed
        for path in paths:
            if not isinstance(model, str) and not _leads_to_one_row(model, path):
                yield Error(
                    f"STACK_APIKEYS['OWNER_SELECT_RELATED'][{kind!r}] contains {path!r}, which is not "
                    f"a foreign key or one-to-one relation of {model._meta.label}.",
                    id="stack_apikeys.E031",
                )


def _leads_to_one_row(model: Any, path: object) -> bool:
    try:
        for name in str(path).split(LOOKUP_SEP):
            field = model._meta.get_field(name)
            if not (field.many_to_one or field.one_to_one):
                return False
            model = field.related_model
    except FieldDoesNotExist:
        return False
    return True


_CHECKS_BY_NAME: Mapping[str, Callable[[Any], Iterator[CheckMessage]]] = {
    "PEPPERS": _check_peppers,
    "MARKER": _check_marker,
    "HEADERS": _check_headers,
    "PROJECT_ID": _check_project_id,
    "MAX_VALID_KEYS_PER_OWNER": _check_limit,
    **{name: partial(_check_rate, name) for name in SETTINGS if name.endswith("_RATE")},
    **{name: partial(_check_rates, name) for name in ("RATES", "PUBLIC_RATES")},
    "ON_CACHE_FAILURE": _check_on_cache_failure,
    "SIDEBAR_ITEMS": _check_sidebar,
    "RELATED_NAMES": _check_related_names,
    "VERIFICATION_CACHE_SECONDS": _check_cache_seconds,
    "INVALIDATION": _check_invalidation,
    "VERIFICATION_CACHE_NAMESPACE": _check_cache_namespace,
    "POLICY": _check_policy,
    "OWNER_SELECT_RELATED": _check_owner_select_related,
}


def _check_keys(name: str) -> Iterator[CheckMessage]:
    for position, key in enumerate(getattr(conf, name)):
        if not isinstance(key, str) or not re.fullmatch("[!-~]+", key):
            yield Error(
                f"STACK_APIKEYS[{name!r}][{position}] cannot be sent in a header.",
                hint="It must be a string of ASCII characters without spaces, and not empty.",
                id="stack_apikeys.E007",
            )


def _check_keys_differ() -> Iterator[CheckMessage]:
    for one, other in combinations(KEY_LISTS, 2):
        if set(getattr(conf, one)) & set(getattr(conf, other)):
            yield Error(
                f"STACK_APIKEYS[{one!r}] and STACK_APIKEYS[{other!r}] contain the same key.",
                hint="That key would give both kinds of access.",
                id="stack_apikeys.E008",
            )
