"""API keys in the OpenAPI document of a project."""

import os
import subprocess
import sys
from io import StringIO

import pytest
import yaml
from django.core.management import call_command
from django.urls import include, path
from drf_spectacular.management.commands.spectacular import Command
from rest_framework.authentication import SessionAuthentication
from rest_framework.generics import ListAPIView
from rest_framework.permissions import IsAuthenticated
from rest_framework.serializers import CharField, Serializer

from stack_apikeys.authentication import (
    ApiKeyAuthentication,
    TeamApiKeyAuthentication,
    UserApiKeyAuthentication,
)
from stack_apikeys.permissions import HasScopes, NotAuthenticatedByApiKey


class InvoiceSerializer(Serializer):
    number = CharField()


class InvoicesView(ListAPIView):
    serializer_class = InvoiceSerializer
    authentication_classes = [ApiKeyAuthentication, SessionAuthentication]
    permission_classes = [IsAuthenticated]


class ScopedView(InvoicesView):
    permission_classes = [NotAuthenticatedByApiKey | HasScopes]
    required_scopes = {"GET": ["invoices:read"], "POST": ["invoices:write"]}

    def post(self, request):
        """Create an invoice."""


class PartnerAuthentication(TeamApiKeyAuthentication):
    """A class of the project."""


urlpatterns = [
    path("invoices", InvoicesView.as_view()),
    path(
        "my-invoices",
        InvoicesView.as_view(authentication_classes=[UserApiKeyAuthentication]),
    ),
    path(
        "our-invoices",
        InvoicesView.as_view(authentication_classes=[TeamApiKeyAuthentication]),
    ),
    path(
        "partners-invoices",
        InvoicesView.as_view(authentication_classes=[PartnerAuthentication]),
    ),
    path("scoped-invoices", ScopedView.as_view()),
    path(
        "all-invoices",
        InvoicesView.as_view(permission_classes=[HasScopes("invoices:read", "invoices:all")]),
    ),
    path("api/v1/", include("stack_apikeys.api.urls")),
]


@pytest.fixture
def describe(settings):
    settings.REST_FRAMEWORK = {"DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema"}
    settings.INSTALLED_APPS = [*settings.INSTALLED_APPS, "drf_spectacular"]

    def describe():
        """The document of `urlpatterns`; SystemExit where drf-spectacular warns of anything."""
        document = StringIO()
        options = {"urlconf": __name__, "validate": True, "fail_on_warn": True}
        call_command(Command(), stdout=document, **options)
        return yaml.safe_load(document.getvalue())

    return describe


def schemes(document):
    return document["components"]["securitySchemes"]


def security(document, path, method="get"):
    return document["paths"][path][method]["security"]


def test_a_views_key_is_in_the_document(describe):
    document = describe()
    assert security(document, "/invoices") == [
        {"ApiKey-in-X-Stack-Api-Key": []},
        {"cookieAuth": []},
    ]
    assert schemes(document)["ApiKey-in-X-Stack-Api-Key"] == {
        "type": "apiKey",
        "in": "header",
        "name": "X-Stack-Api-Key",
    }


@pytest.mark.parametrize(
    ("path", "scheme"),
    [
        ("/my-invoices", "UserApiKey-in-X-Stack-Api-Key"),
        ("/our-invoices", "TeamApiKey-in-X-Stack-Api-Key"),
        ("/partners-invoices", "Partner-in-X-Stack-Api-Key"),
    ],
)
def test_so_is_a_key_of_one_kind(describe, path, scheme):
    document = describe()
    assert security(document, path) == [{scheme: []}]
    assert schemes(document)[scheme]["name"] == "X-Stack-Api-Key"


def test_the_scopes_that_a_view_requires_of_a_key_are_in_the_document(describe):
    document = describe()
    scheme = "ApiKey-in-X-Stack-Api-Key"
    by_session = {"cookieAuth": []}
    assert security(document, "/scoped-invoices") == [{scheme: ["invoices:read"]}, by_session]
    of_post = security(document, "/scoped-invoices", "post")
    assert of_post == [{scheme: ["invoices:write"]}, by_session]
    all_invoices = security(document, "/all-invoices")
    assert all_invoices == [{scheme: ["invoices:read", "invoices:all"]}, by_session]


def test_the_headers_are_those_of_the_settings_and_each_will_do(describe, settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"HEADERS": ["authorization", "X-Api-Key"]}
    document = describe()
    names = ["UserApiKey-in-authorization", "UserApiKey-in-X-Api-Key"]
    assert security(document, "/my-invoices") == [{name: []} for name in names]
    assert [schemes(document)[name] for name in names] == [
        {"type": "http", "scheme": "bearer"},
        {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
    ]


def test_our_own_endpoints_are_not_in_a_hosts_document(describe):
    assert not any(path.startswith("/api/v1/") for path in describe()["paths"])


def test_drf_spectacular_stays_unloaded_where_it_is_not_installed():
    program = "import django, sys; django.setup(); print('drf_spectacular' in sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "example_project.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout == "False\n"
