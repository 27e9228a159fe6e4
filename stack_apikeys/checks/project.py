"""Check the project around the app: models, team adapter, URLs, templates and middleware."""

import re
import sysconfig
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, cast

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning  # noqa: A004  # Django's own name
from django.core.exceptions import ImproperlyConfigured
from django.template import Context, Template, TemplateDoesNotExist, TemplateSyntaxError, engines
from django.template.backends.django import DjangoTemplates
from django.template.loader import get_template
from django.template.loader_tags import BlockNode, ExtendsNode
from django.urls import (
    NoReverseMatch,
    URLPattern,
    URLResolver,
    get_resolver,
    get_script_prefix,
    reverse,
)
from django.utils.module_loading import import_string

from stack_apikeys._database.foreign_keys import YieldingForeignKey
from stack_apikeys.adapters import TeamAdapter
from stack_apikeys.conf import DEFAULT_TEAM_ADAPTER, RELATED_NAMES, conf, is_well_typed


def check_use_tz(**_kwargs: Any) -> list[CheckMessage]:
    """Check that Django uses aware datetimes, as the models of keys do."""
    if settings.USE_TZ:
        return []
    return [
        Error(
            "USE_TZ is False, but the times of keys are time zone-aware.",
            hint="Set USE_TZ = True.",
            id="stack_apikeys.E011",
        )
    ]


def check_teams(**_kwargs: Any) -> list[CheckMessage]:
    """Check that the team model is installed and has an adapter."""
    return [*_check_team_model(), *_check_team_adapter()]


def _check_team_model() -> Iterator[CheckMessage]:
    try:
        apps.get_model(conf.team_model)
    except (LookupError, ValueError):
        yield Error(
            f"The team model {conf.team_model!r} is not installed.",
            hint="Add 'stack_apikeys.teams' to INSTALLED_APPS, or set STACK_APIKEYS_TEAM_MODEL to "
            "your own model, as 'app_label.ModelName'.",
            id="stack_apikeys.E012",
        )


def _check_team_adapter() -> Iterator[CheckMessage]:
    if not is_well_typed("TEAM_ADAPTER"):
        return
    path = conf.TEAM_ADAPTER
    if path == DEFAULT_TEAM_ADAPTER and not apps.is_installed("stack_apikeys.teams"):
        yield Error(
            "STACK_APIKEYS['TEAM_ADAPTER'] is not set, and its default requires stack_apikeys.teams.",
            hint="Set it to a subclass of stack_apikeys.adapters.TeamAdapter for your teams, or "
            "add 'stack_apikeys.teams' to INSTALLED_APPS.",
            id="stack_apikeys.E013",
        )
        return
    try:
        adapter = import_string(path)
    except (ImportError, RuntimeError) as error:  # the latter if a model is not installed
        yield Error(
            f"STACK_APIKEYS['TEAM_ADAPTER'] cannot be imported: {error}",
            id="stack_apikeys.E014",
        )
        return
    if not (isinstance(adapter, type) and issubclass(adapter, TeamAdapter)):
        yield Error(
            f"STACK_APIKEYS['TEAM_ADAPTER'] is {path}, which is not a subclass of "
            "stack_apikeys.adapters.TeamAdapter.",
            id="stack_apikeys.E015",
        )
    elif missing := sorted(adapter.__abstractmethods__):
        yield Error(
            f"The team adapter {path} does not define {', '.join(missing)}.",
            id="stack_apikeys.E016",
        )


def check_related_names(**_kwargs: Any) -> list[CheckMessage]:
    """Check that the reverse relations do not clash with attributes of other models."""
    return [
        Error(
            f"{foreign_key} cannot have the related name {name!r}, because {owner.__name__} already "
            "has this attribute.",
            hint=f"Set STACK_APIKEYS['RELATED_NAMES'] = {{{foreign_key!r}: '...'}} to another name, or to "
            "'+' for no reverse relation.",
            obj=owner,
            id="stack_apikeys.E042",
        )
        for foreign_key in RELATED_NAMES
        for owner, name in _taken_name(foreign_key)
    ]


def _taken_name(foreign_key: str) -> Iterator[tuple[type[Any], str]]:
    """Yield the model that the foreign key refers to if the name is taken there, and the name."""
    name = conf.related_name(foreign_key)
    model_name, field_name = foreign_key.split(".")
    for app_label in ("stack_apikeys", "stack_apikeys_teams"):
        model: Any = apps.all_models[app_label].get(model_name.lower())
        if model is None or name == "+":
            continue
        field = cast(YieldingForeignKey, model._meta.get_field(field_name))
        owner: object = field.remote_field.model
        if isinstance(owner, type) and field.finds_taken(name):
            yield owner, name


MIDDLEWARE = (
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
)

BLOCKS = ("title", "extra_head", "content")
"""The blocks that ``stack_apikeys/base.html`` or its parents must define."""

_TAG = re.compile(r"{%\s*(user_api_keys|team_api_keys|api_keys_sidebar)\b")


def check_pages(**_kwargs: Any) -> list[CheckMessage]:
    """Check middleware, templates and static files if the URLconf includes the pages.

    If it does not, check that no template of the project uses their template tags.
    """
    if _are_included():
        return [*_check_middleware(), *_check_templates(), *_check_static_files()]
    return [*_check_tags()]


def _are_included() -> bool:
    if not getattr(settings, "ROOT_URLCONF", None):
        return False
    try:
        reverse("stack_apikeys:user-api-keys")
    except NoReverseMatch:
        return False
    return True


def _check_tags() -> Iterator[CheckMessage]:
    for path in _templates_of_the_project():
        if tag := _TAG.search(path.read_text(errors="replace")):
            yield Error(
                f"The template {path} uses {{% {tag[1]} %}}, but the URLconf does not include "
                "'stack_apikeys.urls'.",
                hint="Add path('settings/', include('stack_apikeys.urls')) to it, outside of "
                "namespaces.",
                id="stack_apikeys.E051",
            )


def _templates_of_the_project() -> Iterator[Path]:
    """Yield the HTML templates that Django finds, except those of installed packages."""
    foreign = [Path(sysconfig.get_path("purelib")), Path(__file__).resolve().parents[1]]
    for engine in engines.all():
        if isinstance(engine, DjangoTemplates):
            for folder in map(Path, engine.template_dirs):
                if not any(folder.resolve().is_relative_to(each) for each in foreign):
                    yield from folder.rglob("*.html")


def _check_middleware() -> Iterator[CheckMessage]:
    for path in MIDDLEWARE:
        if not _is_in_middleware(path):
            yield Error(
                f"The URLconf includes 'stack_apikeys.urls', but MIDDLEWARE does not include {path!r}.",
                hint="The settings pages need it to know who is signed in.",
                id="stack_apikeys.E052",
            )


def _is_in_middleware(path: str) -> bool:
    """Return whether the settings include this middleware or a subclass of it."""
    if path in settings.MIDDLEWARE:
        return True
    wanted = import_string(path)
    for each in settings.MIDDLEWARE:
        try:
            middleware = import_string(each)
        except ImportError:
            continue  # Django reports it when it loads the middleware
        if isinstance(middleware, type) and issubclass(middleware, wanted):
            return True
    return False


def _check_templates() -> Iterator[CheckMessage]:
    try:
        get_template("stack_apikeys/page.html")
    except TemplateDoesNotExist:
        yield Error(
            "The URLconf includes 'stack_apikeys.urls', but no engine in TEMPLATES finds their "
            "templates.",
            hint="Add an engine with 'BACKEND': "
            "'django.template.backends.django.DjangoTemplates' and 'APP_DIRS': True. You can "
            "use it beside an engine for Jinja2.",
            id="stack_apikeys.E053",
        )
        return
    if missing := _missing_blocks():
        yield Error(
            f"The template stack_apikeys/base.html has no block {' and no block '.join(missing)}.",
            hint="Define them inside a block of your base template: "
            "{% block main %}{% block content %}{% endblock %}{% endblock %}.",
            id="stack_apikeys.E054",
        )


def _missing_blocks() -> list[str]:
    try:
        names = set(_blocks_of_the_base())
    except (TemplateDoesNotExist, TemplateSyntaxError):
        return []  # the pages report that error, unless it depends on their context
    return [name for name in BLOCKS if name not in names]


def _blocks_of_the_base() -> Iterator[str]:
    template: Template | None = get_template("stack_apikeys/base.html").template  # type: ignore[attr-defined]
    context = Context()
    context.template = template
    while template is not None:
        parent = None
        for node in template.nodelist.get_nodes_by_type((BlockNode, ExtendsNode)):  # type: ignore[arg-type]
            if isinstance(node, ExtendsNode):
                parent = node.get_parent(context)
            elif isinstance(node, BlockNode):
                yield node.name
        template = parent


def _check_static_files() -> Iterator[CheckMessage]:
    if not apps.is_installed("django.contrib.staticfiles"):
        yield Warning(
            "The URLconf includes 'stack_apikeys.urls', but 'django.contrib.staticfiles' is not "
            "in INSTALLED_APPS, so the pages may lack styles.",
            hint="Add it, or serve the files in stack_apikeys/static at STATIC_URL.",
            id="stack_apikeys.W050",
        )


CORS_MIDDLEWARE = "corsheaders.middleware.CorsMiddleware"


def check_throttles(**_kwargs: Any) -> list[CheckMessage]:
    """Check that the throttles of this app have a rate if a view uses them."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    messages: list[CheckMessage] = []
    for throttle in dict.fromkeys(_throttles(get_resolver().url_patterns)):
        try:
            throttle()
        except (ImproperlyConfigured, ValueError, LookupError) as error:
            scope = getattr(throttle, "scope", None)
            messages.append(
                Error(
                    f"{throttle.__qualname__} is used by a view, but has no valid rate: {error}",
                    hint="Set REST_FRAMEWORK['DEFAULT_THROTTLE_RATES']"
                    f"[{scope!r}] to a rate such as '100/min', or to None for no limit.",
                    id="stack_apikeys.E056",
                )
            )
    return messages


def _throttles(patterns: Iterable[URLPattern | URLResolver]) -> Iterator[type]:
    """Yield the throttles of this app, and subclasses of them, that views of DRF use."""
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _throttles(pattern.url_patterns)
            continue
        view = getattr(pattern.callback, "cls", None)
        initkwargs = getattr(pattern.callback, "initkwargs", {})
        for throttle in initkwargs.get("throttle_classes", getattr(view, "throttle_classes", ())):
            # By name, because the checks do not import DRF.
            if any(base.__module__ == "stack_apikeys.throttling" for base in throttle.__mro__):
                yield throttle


def check_cors(**_kwargs: Any) -> list[CheckMessage]:
    """Check that django-cors-headers does not apply to the API, which has its own CORS headers."""
    if CORS_MIDDLEWARE not in settings.MIDDLEWARE or not getattr(settings, "ROOT_URLCONF", None):
        return []
    try:
        path = reverse("stack_apikeys_api:user-api-key-list")
    except NoReverseMatch:
        return []
    # The middleware matches `path_info`, which does not contain the prefix of the site.
    path = "/" + path.removeprefix(get_script_prefix())
    if not re.match(getattr(settings, "CORS_URLS_REGEX", r"^.*$"), path):
        return []
    prefix = path.removesuffix("user-api-keys")
    return [
        Warning(
            f"django-cors-headers also handles the API at {prefix}, and blocks requests that the API "
            "allows: it accepts all origins and the headers of the SDKs.",
            hint=f'Set CORS_URLS_REGEX to r"^(?!{re.escape(prefix)})", or to a pattern of the URLs '
            "that need it.",
            id="stack_apikeys.W051",
        )
    ]
