"""The settings for the HTTP API."""

from collections.abc import Sequence

from stack_apikeys.conf.setting import Setting


class ApiSettings:
    """What clients of the HTTP API must send."""

    PROJECT_ID = Setting("internal")
    """The project id that clients of the HTTP API must send: a UUID, or ``"internal"``. The
    official SDK accepts no other value."""

    PUBLISHABLE_CLIENT_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Keys that a browser or an app sends with its requests. They are not secret. Empty: no such
    key is required."""

    REQUIRE_PUBLISHABLE_CLIENT_KEY = Setting(True)
    """Whether clients must send one of `PUBLISHABLE_CLIENT_KEYS`, if there are any. ``False``: the
    project id alone is sufficient."""

    SECRET_SERVER_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Keys that give a backend access to all data. Several may be valid at once, for rotation.
    Empty: server access is disabled."""

    SUPER_SECRET_ADMIN_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Keys that give admin access, in the same way."""

    ALLOW_SERVER_KEYS_IN_BROWSERS = Setting(False)
    """Whether the HTTP API accepts server and admin keys from browsers, which it recognizes by the
    headers ``Origin`` and ``Sec-Fetch-Site``."""
