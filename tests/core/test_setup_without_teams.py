"""A project that has forgotten its teams is told so."""

import subprocess
import sys

PROJECT = """
import django
from django.conf import settings
from django.core.management import call_command

settings.configure(
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "stack_apikeys"],
    USE_TZ=True,
)
django.setup()
call_command("check")
"""


def test_a_project_without_a_team_model_is_told_what_to_install():
    check = subprocess.run(
        [sys.executable, "-c", PROJECT], capture_output=True, text=True, check=False
    )
    assert check.returncode == 1
    assert "stack_apikeys.E012" in check.stderr
    assert "Add 'stack_apikeys.teams' to INSTALLED_APPS" in check.stderr
