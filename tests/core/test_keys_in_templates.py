"""Templates show keys, and change none."""

import pytest
from django.template import Context, Template

from stack_apikeys.models import AbstractApiKey, ApiKeyManager, TeamApiKey, UserApiKey

pytestmark = pytest.mark.django_db

CHANGES = ["rename", "revoke", "rotate", "narrow_scopes", "set_networks", "set_rates"]


@pytest.mark.parametrize(
    "expression",
    [
        "api_key.revoke",
        "api_key.rotate",
        "api_key.delete",
        "user.api_keys.create_key",
        "user.api_keys.all.revoke",
        "user.api_keys.all.delete",
    ],
)
def test_a_template_changes_no_key(user, expression):
    api_key, _value = user.api_keys.create_key()
    before = UserApiKey.objects.values().get()
    context = Context({"user": user, "api_key": api_key})
    assert Template(f"{{{{ {expression} }}}}").render(context) == ""
    assert UserApiKey.objects.values().get() == before


@pytest.mark.parametrize("model", [AbstractApiKey, UserApiKey, TeamApiKey])
@pytest.mark.parametrize("name", CHANGES)
def test_templates_do_not_call_what_changes_a_key(model, name):
    for method in (name, f"a{name}"):
        assert getattr(model, method).alters_data


@pytest.mark.parametrize(
    "name", ["create_key", "acreate_key", "bulk_create_keys", "abulk_create_keys", "issue_keys"]
)
def test_templates_do_not_call_what_creates_keys(user, name):
    for manager in (ApiKeyManager, UserApiKey.objects, user.api_keys):
        assert getattr(manager, name).alters_data
