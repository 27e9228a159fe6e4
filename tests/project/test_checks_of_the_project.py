"""What the project around the app lacks is told by a check, or where it is used."""

from pathlib import Path

import pytest
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.core.checks import Tags, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.template import engines
from django.urls import NoReverseMatch, clear_script_prefix, include, path, set_script_prefix
from rest_framework.decorators import api_view
from rest_framework.views import APIView

import stack_apikeys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.throttling import ApiKeyRateThrottle
from tests.factories import TeamFactory, UserFactory
from tests.host_project import HostProject

SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"

OUR_TEMPLATES = Path(stack_apikeys.__file__).parent / "templates"

pages = path("settings/", include("stack_apikeys.urls"))


class OwnAuthenticationMiddleware(AuthenticationMiddleware):
    """A project's own, as it may know people by other means too."""


class OwnThrottle(ApiKeyRateThrottle):
    scope = "burst"


class RatedThrottle(ApiKeyRateThrottle):
    rate = "5/min"


class Throttled(APIView):
    throttle_classes = [ApiKeyRateThrottle]


@api_view()
def throttled(request):
    return HttpResponse()


throttled.cls.throttle_classes = [OwnThrottle]


@pytest.fixture
def urls(settings):
    """A function that makes these the project's URLs."""

    def urls(*patterns):
        class Module:
            urlpatterns = [*patterns]

        settings.ROOT_URLCONF = Module

    return urls


@pytest.fixture
def templates(settings, tmp_path):
    """A function that adds templates of the project's, by their names."""
    [engine] = settings.TEMPLATES
    settings.TEMPLATES = [{**engine, "DIRS": [tmp_path, OUR_TEMPLATES], "APP_DIRS": False}]

    def templates(**sources):
        for name, source in sources.items():
            file = tmp_path / f"{name.replace('__', '/')}.html"
            file.parent.mkdir(exist_ok=True)
            file.write_text(source)

    return templates


def messages(tag="stack_apikeys", **kwargs):
    return run_checks(tags=[tag], **kwargs)


def ids(tag="stack_apikeys", **kwargs):
    return [message.id for message in messages(tag, **kwargs)]


# The pages and the tags -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "{% load stack_apikeys %}{% user_api_keys %}",
        "{% load stack_apikeys %}{%team_api_keys team heading_level=3 %}",
        "{% load stack_apikeys %}{% api_keys_sidebar %}",
    ],
)
def test_a_tag_without_the_pages_is_told(urls, templates, settings, source):
    templates(account=source, other="{{ user_api_keys }}")
    urls()
    [message] = messages()
    assert message.id == "stack_apikeys.E051"
    assert "account.html" in message.msg
    urls(pages)
    assert ids() == []


def test_a_project_without_pages_and_tags_is_fine(urls, templates, settings):
    urls()
    settings.MIDDLEWARE = []
    assert ids() == []
    del settings.ROOT_URLCONF
    assert ids() == []


@pytest.mark.django_db
@pytest.mark.parametrize("tag", ["user_api_keys", "team_api_keys team", "api_keys_sidebar"])
@pytest.mark.parametrize("included", ["nowhere", "in a namespace"])
def test_a_tag_says_that_it_needs_the_pages(urls, rf, tag, included):
    user = UserFactory()
    team = TeamFactory(creator=user)
    urls(
        *([path("", include(([pages], "host")))] if included == "in a namespace" else []),
    )
    request = rf.get("/")
    request.user = user
    template = engines["django"].from_string(f"{{% load stack_apikeys %}}{{% {tag} %}}")
    with pytest.raises(ImproperlyConfigured, match=r"include\('stack_apikeys.urls'\)"):
        template.render({"team": team}, request)


def test_an_address_that_cannot_be_made_for_another_reason_is_no_such_mistake():
    from stack_apikeys.pages.section import page_url

    with pytest.raises(NoReverseMatch):
        page_url("team-api-keys", team_id="with/slash")


@pytest.mark.parametrize("middleware", [SESSION, AUTHENTICATION])
def test_middleware_that_the_pages_need_is_missed(settings, middleware):
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if each != middleware]
    found = [message for message in messages() if message.id == "stack_apikeys.E052"]
    assert [middleware in message.msg for message in found] == [True]


def test_a_subclass_of_the_middleware_will_do(settings):
    own = "tests.project.test_checks_of_the_project.OwnAuthenticationMiddleware"
    settings.MIDDLEWARE = [
        "no.such.Middleware",
        *(own if each == AUTHENTICATION else each for each in settings.MIDDLEWARE),
    ]
    assert "stack_apikeys.E052" not in ids()


def test_jinja2_alone_is_not_enough_for_the_pages(settings, urls):
    jinja2 = {"BACKEND": "django.template.backends.jinja2.Jinja2", "APP_DIRS": True}
    templates = settings.TEMPLATES
    settings.TEMPLATES = [jinja2]
    assert "stack_apikeys.E053" in ids()
    settings.TEMPLATES = [jinja2, *templates]
    assert ids() == []
    settings.TEMPLATES = [jinja2]
    urls()
    assert ids() == []


MAPPED = """{% extends "host.html" %}
{% block main %}{% block content %}{% endblock %}{% endblock %}"""

BASE = "{% block title %}{% endblock %}{% block extra_head %}{% endblock %}<p>"


@pytest.mark.parametrize(
    ("base", "extension", "missing"),
    [
        (BASE, "{% extends 'host.html' %}", "no block content"),
        ("<p>", "{% extends 'host.html' %}", "no block title and no block extra_head and"),
        (BASE + "{% block main %}{% endblock %}", MAPPED, None),
        ("", "{% extends 'stack_apikeys/base.html' %}", None),  # the one that ours would be
        ("", "{% extends name_of_the_base %}", None),
        ("", "{% extends 'no_such.html' %}", None),
        ("", "{% no_such_tag %}", None),
    ],
)
def test_a_base_template_without_a_block_is_told(templates, base, extension, missing):
    templates(host=base, stack_apikeys__base=extension)
    found = [message.msg for message in messages() if message.id == "stack_apikeys.E054"]
    assert len(found) == (missing is not None)
    assert all(missing in text for text in found)


def test_pages_without_static_files_are_told(settings):
    settings.INSTALLED_APPS = [
        each for each in settings.INSTALLED_APPS if each != "django.contrib.staticfiles"
    ]
    assert ids() == ["stack_apikeys.W050"]


# The API and throttles ------------------------------------------------------------------------


def test_a_throttle_without_a_rate_is_told(urls):
    urls(
        pages,
        path("a", Throttled.as_view()),
        path("nested/", include([path("b", throttled)])),
        path("c", Throttled.as_view(throttle_classes=[RatedThrottle])),
        path("d", Throttled.as_view(throttle_classes=[])),
    )
    first, second = messages()
    assert first.id == second.id == "stack_apikeys.E056"
    assert "ApiKeyRateThrottle" in first.msg
    assert "['api_key']" in first.hint
    assert "OwnThrottle" in second.msg
    assert "['burst']" in second.hint


@pytest.mark.parametrize(("rate", "expected"), [("5/min", 0), (None, 0), ("often", 1), ("5", 1)])
def test_a_throttle_needs_a_rate_that_is_one(urls, monkeypatch, rate, expected):
    monkeypatch.setattr(ApiKeyRateThrottle, "THROTTLE_RATES", {"api_key": rate})
    urls(pages, path("a", Throttled.as_view()))
    assert ids() == ["stack_apikeys.E056"] * expected


@pytest.mark.parametrize(
    ("regex", "is_told"),
    [
        (None, True),
        (r"^/api/.*$", True),
        (r"^(?!/api/v1/)", False),
        (r"^/other/", False),
    ],
)
def test_cors_headers_that_cover_the_api_are_told(settings, regex, is_told):
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    if regex is not None:
        settings.CORS_URLS_REGEX = regex
    found = [message for message in messages() if message.id == "stack_apikeys.W051"]
    assert len(found) == is_told
    assert all('r"^(?!/api/v1/)"' in message.hint for message in found)


def test_cors_headers_match_paths_without_the_prefix_of_the_site(settings):
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    settings.CORS_URLS_REGEX = r"^(?!/api/v1/)"
    set_script_prefix("/shop/")
    try:
        assert "stack_apikeys.W051" not in ids()
        settings.CORS_URLS_REGEX = r"^(?!/shop/api/v1/)"
        [found] = [message for message in messages() if message.id == "stack_apikeys.W051"]
        assert 'r"^(?!/api/v1/)"' in found.hint
    finally:
        clear_script_prefix()


def test_cors_headers_without_our_api_are_fine(settings, urls):
    settings.MIDDLEWARE = ["corsheaders.middleware.CorsMiddleware", *settings.MIDDLEWARE]
    urls(pages)
    assert "stack_apikeys.W051" not in ids()


# Databases ------------------------------------------------------------------------------------


class KeysElsewhere:
    """A router that writes keys to another database than users."""

    def db_for_write(self, model, **hints):
        return "elsewhere" if model in {UserApiKey, TeamApiKey} else None


class TeamsElsewhere:
    """A router that writes teams and their keys to another database than users."""

    def db_for_write(self, model, **hints):
        return "elsewhere" if model in {TeamApiKey, TeamApiKey.owner_model()} else None


class Replica:
    """A router that reads from another database than it writes to."""

    def db_for_read(self, model, **hints):
        return "replica"


@pytest.mark.parametrize(
    ("router", "told"),
    [
        (KeysElsewhere, ["UserApiKey", "TeamApiKey", "TeamApiKey"]),
        (TeamsElsewhere, ["TeamApiKey"]),
        (Replica, []),
    ],
)
def test_keys_in_another_database_than_their_owners_are_told(settings, router, told):
    settings.DATABASE_ROUTERS = [f"tests.project.test_checks_of_the_project.{router.__name__}"]
    found = [message for message in messages() if message.id == "stack_apikeys.E055"]
    assert [message.msg.split()[0] for message in found] == [f"stack_apikeys.{m}" for m in told]


@pytest.mark.django_db
def test_a_table_that_refers_to_another_model_is_told(monkeypatch):
    assert ids(Tags.database, databases=["default"]) == []
    monkeypatch.setattr(TeamApiKey.owner_model()._meta, "db_table", "clubs_club")
    found = messages(Tags.database, databases=["default"])
    assert {message.id for message in found} == {"stack_apikeys.E057"}
    told = "".join(message.msg for message in found)
    assert "stack_apikeys_teamapikey.team_id refers to the table 'stack_apikeys_teams_team'" in told
    assert "stack_apikeys_teams_teammembership.team_id" in told
    assert "'clubs_club'" in told


@pytest.mark.django_db
def test_a_table_in_a_schema_is_the_same_table(monkeypatch):
    table = TeamApiKey.owner_model()._meta.db_table
    monkeypatch.setattr(TeamApiKey.owner_model()._meta, "db_table", f'"keys"."{table}"')
    assert ids(Tags.database, databases=["default"]) == []


def test_a_team_model_that_was_changed_after_migrating_is_told(tmp_path):
    project = HostProject(tmp_path)
    project.write(
        {
            "clubs/models.py": """
                from stack_apikeys.teams.models import AbstractTeam

                class Club(AbstractTeam):
                    pass
            """
        }
    )
    project.manage("migrate", "-v0")
    project.manage("check", "--database=default")
    project.configure("""
        INSTALLED_APPS.append("clubs")
        STACK_APIKEYS_TEAM_MODEL = "clubs.Club"
    """)
    told = project.manage("check", "--database=default", succeeds=False)
    assert (
        "(stack_apikeys.E057) In the database 'default', stack_apikeys_teamapikey.team_id" in told
    )
