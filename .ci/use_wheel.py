"""What a new host does first, with nothing in reach but the installed wheel."""

import importlib

from django.contrib.auth import get_user_model

import stack_apikeys
from stack_apikeys.teams.models import Team
from stack_apikeys.verification import get_team, get_user

assert "site-packages" in stack_apikeys.__file__

user = get_user_model().objects.create_user("ada")
_api_key, value = user.api_keys.create_key(description="First")
assert get_user(api_key=value) == user

team = Team.objects.create_team(display_name="First", creator=user)
_api_key, value = team.api_keys.create_key()
assert get_team(api_key=value) == team

for door in ("admin", "api.urls", "authentication", "decorators", "permissions", "throttling"):
    importlib.import_module(f"stack_apikeys.{door}")
