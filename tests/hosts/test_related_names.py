"""A host may have something of the names that our relations have by default."""

import pytest

from tests.host_project import HostProject
from tests.hosts.test_organizations import run

pytestmark = pytest.mark.long


def test_a_host_that_gave_our_relations_other_names():
    suite = run(
        "pytest",
        "tests/hosts/occupied/suite.py",
        "--ds=tests.hosts.occupied.settings",
        "--confcutdir=tests/hosts/occupied",  # the main suite's fixtures are about other models
        "--nomigrations",
        "-p",
        "no:cacheprovider",
    )
    assert suite.returncode == 0, suite.stdout + suite.stderr


def test_a_check_says_which_setting_to_use():
    check = run(
        "django",
        "check",
        "--settings=tests.hosts.occupied.settings",
        DATABASE_URL="sqlite://:memory:",
        OCCUPIED_NAMES="ours",
    )
    assert check.returncode == 1
    assert (
        "UserApiKey.user cannot have the related name 'api_keys', because User already"
        in check.stderr
    )
    assert (
        "TeamApiKey.team cannot have the related name 'api_keys', because Group already"
        in check.stderr
    )
    assert "STACK_APIKEYS['RELATED_NAMES'] = {'UserApiKey.user': '...'}" in check.stderr
    assert check.stderr.count("stack_apikeys.E042") == 2


@pytest.mark.parametrize(
    "attribute",
    [
        "api_keys = models.IntegerField(default=0)",
        "api_keys = property(lambda self: 'of the host')",
        "def api_keys(self): return 'of the host'",
    ],
)
def test_what_a_model_has_of_the_name_stays(tmp_path, attribute):
    project = HostProject(tmp_path)
    project.write(
        {
            "accounts/models.py": "from django.contrib.auth.models import AbstractUser\n"
            "from django.db import models\n\n\n"
            f"class User(AbstractUser):\n    {attribute}\n"
        }
    )
    project.configure('INSTALLED_APPS += ["accounts"]\nAUTH_USER_MODEL = "accounts.User"\n')
    message = project.manage("check", succeeds=False)
    assert (
        "UserApiKey.user cannot have the related name 'api_keys', because User already" in message
    )
    assert "Traceback" not in message
    project.run("from accounts.models import User; assert User().api_keys is not None")
    project.configure('STACK_APIKEYS["RELATED_NAMES"] = {"UserApiKey.user": "+"}')
    project.manage("check")
