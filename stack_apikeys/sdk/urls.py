"""The URLs of the endpoints.

Include them at ``api/v1/`` before ``stack_apikeys.api.urls``, which ends with a catch-all pattern.
No path ends with a slash.
"""

from stack_apikeys.sdk.project.urls import urlpatterns as project
from stack_apikeys.sdk.sessions.urls import urlpatterns as sessions
from stack_apikeys.sdk.teams.urls import urlpatterns as teams
from stack_apikeys.sdk.users.urls import urlpatterns as users

app_name = "stack_apikeys_sdk"
urlpatterns = [*sessions, *users, *teams, *project]
