"""The system check of the scopes that views require."""

import pytest
from django.http import HttpResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.permissions import IsAuthenticated
from rest_framework.views import APIView

from stack_apikeys.decorators import api_key_or_session, api_key_required, require_scopes
from stack_apikeys.permissions import HasScopes, NotAuthenticatedByApiKey
from tests.checks import messages


def plain(request):
    return HttpResponse()


class OwnHasScopes(HasScopes):
    """A subclass of the project's."""


@method_decorator(api_key_required(scopes=["reports:read"]), name="dispatch")
class Decorated(View):
    """A class-based view."""


class Scoped(APIView):
    permission_classes = [IsAuthenticated, NotAuthenticatedByApiKey | HasScopes]
    required_scopes = {"GET": ["reports:read"], "POST": "reports:write"}


VIEWS = [
    api_key_required(scopes=["reports:read"])(plain),
    api_key_or_session(scopes={"GET": "reports:read"})(plain),
    require_scopes("reports:read")(plain),
    Decorated.as_view(),
    Scoped.as_view(),
    Scoped.as_view(permission_classes=[HasScopes("reports:read")]),
    Scoped.as_view(permission_classes=[OwnHasScopes("reports:read")]),
    Scoped.as_view(required_scopes=["reports:read"]),
]


@pytest.fixture
def check(settings):
    def check(view):
        class Module:
            urlpatterns = [
                path("settings/", include("stack_apikeys.urls")),
                path("nested/", include([path("reports", view)])),
                path("again", view),
            ]

        settings.ROOT_URLCONF = Module
        return [(each.id, each.msg) for each in messages()]

    return check


@pytest.mark.parametrize("view", VIEWS)
def test_a_scope_that_the_settings_do_not_name_is_told_once(check, configure, view):
    configure(SCOPES={"reports:write": "Change reports"})
    [(message_id, message)] = check(view)
    assert message_id == "stack_apikeys.E073"
    name = getattr(view, "cls", view).__qualname__
    assert f"{name} requires the scope 'reports:read'" in message
    configure(SCOPES={"reports:write": "Change reports", "reports:read": "Read reports"})
    assert check(view) == []


def test_a_permission_without_scopes_is_told(check):
    [(message_id, message)] = check(Scoped.as_view(required_scopes=None))
    assert message_id == "stack_apikeys.E073"
    assert "does not say which scopes" in message


def test_settings_of_the_wrong_type_are_told_once(check, configure):
    configure(SCOPES=["reports:read"])
    assert [message_id for message_id, _message in check(VIEWS[0])] == ["stack_apikeys.E002"]
