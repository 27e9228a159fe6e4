"""The settings that fit the app into a project: its teams, its pages and its admin."""

from collections.abc import Mapping, Sequence

from stack_apikeys.conf.setting import Setting

DEFAULT_TEAM_MODEL = "stack_apikeys_teams.Team"
"""The team model of projects without teams of their own, from the app ``stack_apikeys.teams``."""

DEFAULT_TEAM_ADAPTER = "stack_apikeys.teams.adapter.DefaultTeamAdapter"
"""The adapter for `DEFAULT_TEAM_MODEL`."""

RELATED_NAMES: Mapping[str, str] = {
    "UserApiKey.user": "api_keys",
    "TeamApiKey.team": "api_keys",
    "TeamMembership.user": "team_memberships",
}
"""The default related names of this app's foreign keys to the user and team models."""


class ProjectSettings:
    """Teams, relations, settings pages and Django admin."""

    TEAM_ADAPTER = Setting(DEFAULT_TEAM_ADAPTER)
    """The dotted path to the `stack_apikeys.adapters.TeamAdapter` for the team model."""

    TEAM_ROLES = Setting[Mapping[str, Sequence[str]]]({}, Mapping)
    """Roles of ``stack_apikeys.teams`` by name, each with a list of the permissions and roles that
    it contains. They are added to ``team_admin`` and ``team_member``, or replace them. To define a
    permission that can be granted directly, add a name with an empty list."""

    TEAM_CREATOR_PERMISSIONS = Setting[Sequence[str]](("team_admin",), list, tuple)
    """The permissions and roles that the creator of a team in ``stack_apikeys.teams`` gets."""

    TEAM_MEMBER_PERMISSIONS = Setting[Sequence[str]](("team_member",), list, tuple)
    """The permissions and roles that every other member gets."""

    RELATED_NAMES = Setting[Mapping[str, str]]({}, Mapping)
    """Related names to use instead of the defaults in `RELATED_NAMES` of this module, by foreign
    key: ``{"UserApiKey.user": "stack_api_keys"}``. The other foreign keys are ``"TeamApiKey.team"``
    and ``"TeamMembership.user"``. ``"+"`` disables the reverse relation of a key. No column depends
    on this setting."""

    REAUTHENTICATE_AFTER_SECONDS = Setting[int | None](None, int, type(None))
    """The age of a session, in seconds, from which the settings pages ask for the password before
    they create or revoke a key. The HTTP API cannot ask and refuses such requests. 0: always, so
    that keys can only be created and revoked in the pages. ``None``: never."""

    SIDEBAR_ITEMS = Setting[Sequence[tuple[str, str]]]((), list, tuple)
    """Links to the project's own pages, shown above the app's links in the sidebar of the settings
    pages: pairs of a label, which may be a lazy translation, and the name of a URL pattern."""

    ADMIN_CAN_DELETE = Setting(False)
    """Whether keys can be deleted in Django admin. Revoked keys are otherwise kept as a record."""
