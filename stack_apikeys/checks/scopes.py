"""Check the scopes in the settings, and those that views require."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's own name
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils.functional import Promise

from stack_apikeys.conf import conf, is_well_typed
from stack_apikeys.scopes import MOST_SCOPES, Required, is_scope


def check_scopes(**_kwargs: Any) -> list[CheckMessage]:
    """Check the values of ``SCOPES``, ``DEFAULT_SCOPES`` and ``SCOPELESS_KEYS``."""
    if not is_well_typed("SCOPES", "DEFAULT_SCOPES", "SCOPELESS_KEYS"):
        return []
    return [*_check_names(conf.SCOPES), *_check_other_settings()]


def _check_names(scopes: Mapping[Any, Any]) -> Iterator[CheckMessage]:
    for name, description in scopes.items():
        if not is_scope(name):
            yield Error(
                f"STACK_APIKEYS['SCOPES'] contains {name!r}, which is not the name of a scope.",
                hint="Separate the parts with colons, as in reports:read. Only the last part can be "
                "an asterisk.",
                id="stack_apikeys.E070",
            )
        elif not isinstance(description, str | Promise) or not description:
            yield Error(
                f"STACK_APIKEYS['SCOPES'][{name!r}] is not a description.",
                hint="Say in a few words what the scope allows, for the people who create keys.",
                id="stack_apikeys.E070",
            )
    if len(scopes) > MOST_SCOPES:
        yield Error(
            f"STACK_APIKEYS['SCOPES'] contains more than {MOST_SCOPES} scopes, as many as a key can "
            "have.",
            id="stack_apikeys.E070",
        )


def _check_other_settings() -> Iterator[CheckMessage]:
    for scope in conf.DEFAULT_SCOPES:
        if scope not in conf.SCOPES:
            yield Error(
                f"STACK_APIKEYS['DEFAULT_SCOPES'] contains {scope!r}, which is not in "
                "STACK_APIKEYS['SCOPES'].",
                id="stack_apikeys.E071",
            )
    if conf.SCOPELESS_KEYS not in {"none", "full"}:
        yield Error(
            f"STACK_APIKEYS['SCOPELESS_KEYS'] is {conf.SCOPELESS_KEYS!r}, but must be 'none' or "
            "'full'.",
            id="stack_apikeys.E072",
        )


def check_full_access(**_kwargs: Any) -> list[CheckMessage]:
    """Check that no key has full access because it is older than the scopes."""
    if not is_well_typed("SCOPES") or not conf.SCOPES or conf.SCOPELESS_KEYS != "full":
        return []
    return [
        Warning(
            "Keys that were created before STACK_APIKEYS['SCOPES'] was set have all scopes, because "
            "STACK_APIKEYS['SCOPELESS_KEYS'] is 'full'.",
            hint="Take away the scopes that these keys do not need, or replace the keys. Then set "
            "it to 'none'.",
            id="stack_apikeys.W070",
        )
    ]


def check_scopes_of_views(**_kwargs: Any) -> list[CheckMessage]:
    """Check that the settings name all scopes that views require."""
    if not getattr(settings, "ROOT_URLCONF", None) or not is_well_typed("SCOPES"):
        return []
    required = dict.fromkeys(_required_by_views(get_resolver().url_patterns))
    return [
        _without_scopes(view) if scope is None else _unknown(view, scope)
        for view, scope in required
        if scope not in conf.SCOPES
    ]


def _without_scopes(view: str) -> CheckMessage:
    return Error(
        f"{view} has the permission HasScopes, but does not say which scopes.",
        hint='Write HasScopes("reports:read"), or set required_scopes on the view.',
        id="stack_apikeys.E073",
    )


def _unknown(view: str, scope: str) -> CheckMessage:
    return Error(
        f"{view} requires the scope {scope!r}, which STACK_APIKEYS['SCOPES'] does not contain.",
        hint="Add it to SCOPES with its description, or no key that has scopes can be used there.",
        id="stack_apikeys.E073",
    )


def _required_by_views(
    patterns: Iterable[URLPattern | URLResolver],
) -> Iterator[tuple[str, str | None]]:
    """Yield the names of views with each scope they require, or None if they do not say which."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _required_by_views(pattern.url_patterns)
            continue
        view = getattr(pattern.callback, "cls", pattern.callback)
        for required in _required_by(pattern.callback):
            for scope in [None] if required is None else _flat(required):
                # A callback can be any callable, such as an object.
                yield getattr(view, "__qualname__", str(view)), scope


def _required_by(callback: Any) -> Iterator[Required | None]:
    """Yield what a decorator and the permissions require. None: the view does not say what."""
    if scopes := getattr(callback, "api_key_scopes", None):
        yield scopes
    view = getattr(callback, "cls", None)
    arguments = getattr(callback, "initkwargs", {})
    permissions = arguments.get("permission_classes", getattr(view, "permission_classes", ()))
    for permission in permissions:
        for names in _names_in(permission):
            yield names or arguments.get("required_scopes", getattr(view, "required_scopes", None))


def _names_in(permission: Any) -> Iterator[Sequence[str]]:
    """Yield the arguments of each `HasScopes` in a permission, which may be composed of several."""
    operands = [getattr(permission, name, None) for name in ("op1_class", "op2_class")]
    if any(operands):
        for operand in filter(None, operands):
            yield from _names_in(operand)
        return
    permission_class = permission if isinstance(permission, type) else type(permission)
    # By name, because the checks do not import DRF.
    for base in permission_class.__mro__:
        if (base.__module__, base.__name__) == ("stack_apikeys.permissions", "HasScopes"):
            yield getattr(permission, "names", ())


def _flat(required: Required) -> Iterator[str]:
    if isinstance(required, str):
        yield required
        return
    for each in required.values() if isinstance(required, Mapping) else required:
        yield from (each,) if isinstance(each, str) else each
