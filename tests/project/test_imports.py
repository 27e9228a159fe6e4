"""What the modules of a project may import while Django starts."""

import pytest

from tests.host_project import HostProject

pytestmark = pytest.mark.long

USER_MODEL = """
    from django.contrib.auth.models import AbstractUser
    from stack_apikeys import models, signals
    from stack_apikeys.adapters import TeamAdapter
    from stack_apikeys.decorators import api_key_required
    from stack_apikeys.policy import Policy
    from stack_apikeys.principal import TeamPrincipal
    from stack_apikeys.verification import get_user, verify_api_key


    class User(AbstractUser):
        class Meta(AbstractUser.Meta):
            permissions = [("read_by_key", "Can read by an API key")]
"""


@pytest.mark.parametrize("place", ["first", "last"])
def test_the_module_of_the_user_model_may_import_ours(tmp_path, place):
    project = HostProject(tmp_path)
    project.write({"accounts/models.py": USER_MODEL})
    apps = {
        "first": '["accounts", *INSTALLED_APPS]',
        "last": '[*INSTALLED_APPS, "accounts"]',
    }
    project.configure(f'INSTALLED_APPS = {apps[place]}\nAUTH_USER_MODEL = "accounts.User"')
    project.manage("check")


@pytest.mark.parametrize(
    "first",
    [
        "from rest_framework.views import APIView",
        "from stack_apikeys.authentication import ApiKeyAuthentication",
        "from stack_apikeys.permissions import NotAuthenticatedByApiKey",
        "from stack_apikeys.throttling import ApiKeyRateThrottle",
    ],
)
@pytest.mark.parametrize(
    "classes",
    [
        {"AUTHENTICATION": "stack_apikeys.authentication.ApiKeyAuthentication"},
        {"PERMISSION": "stack_apikeys.permissions.NotAuthenticatedByApiKey"},
        {"THROTTLE": "stack_apikeys.throttling.ApiKeyRateThrottle"},
        {
            "AUTHENTICATION": "stack_apikeys.authentication.ApiKeyAuthentication",
            "PERMISSION": "stack_apikeys.permissions.NotAuthenticatedByApiKey",
            "THROTTLE": "stack_apikeys.throttling.ApiKeyRateThrottle",
        },
    ],
    ids="+".join,
)
def test_drfs_settings_may_name_our_classes(tmp_path, classes, first):
    project = HostProject(tmp_path)
    drf = {f"DEFAULT_{kind}_CLASSES": [path] for kind, path in classes.items()}
    drf["DEFAULT_THROTTLE_RATES"] = {"api_key": "5/min"}
    project.configure(f"REST_FRAMEWORK = {drf}")
    project.run(
        f"{first}\n"
        "from rest_framework.views import APIView\n"
        f"for kind in {[*classes]}:\n"
        "    [found] = getattr(APIView, f'{kind.lower()}_classes')\n"
        "    assert found.__module__.startswith('stack_apikeys.')\n"
    )
