"""The models of the app, each of which is defined in the package of its subject."""

from stack_apikeys.sdk.sessions.models import Session
from stack_apikeys.sdk.teams.models import TeamMemberProfile
from stack_apikeys.sdk.users.models import Profile

__all__ = ["Profile", "Session", "TeamMemberProfile"]
