"""The settings for the optional app ``stack_apikeys.sdk``."""

from collections.abc import Sequence
from datetime import timedelta

from stack_apikeys.conf.setting import Setting


class SdkSettings:
    """The account server for the official SDKs."""

    PROJECT_DISPLAY_NAME = Setting("")
    """The name of the site, as the official SDK's sign-in form shows it. Empty: the host name."""

    ALLOW_SIGN_UP = Setting(False)
    """Whether anyone can create an account over the HTTP API."""

    ALLOW_PASSWORD_SIGN_IN = Setting(True)
    """Whether users can sign in over the HTTP API with their e-mail address and password. Set it to
    ``False`` if signing in to the site requires more than these, such as a second factor."""

    ALLOW_CLIENT_TEAM_CREATION = Setting(False)
    """Whether users can create teams over the HTTP API. Server and admin access always can."""

    TEAM_CREATE_RATE = Setting[str | None]("20/hour", str, type(None))
    """How many teams one user may create over the HTTP API. Server and admin access are not
    limited."""

    SESSION_LIFETIME = Setting(timedelta(days=30))
    """How long a session lasts, regardless of its use. With `SDK_COOKIES`, users have to sign in to
    Django again after this time too."""

    ACCESS_TOKEN_LIFETIME = Setting(timedelta(minutes=10))
    """How long an access token is valid. This app refuses the tokens of a session as soon as it
    ends; other services, which check only the signature, accept them until they expire. The
    official SDK works with 1 to 10 minutes."""

    ACCESS_TOKEN_KEYS = Setting[Sequence[str]]((), list, tuple)
    """Private keys on the curve P-256, in PEM format. The first one signs access tokens, and all of
    them verify tokens, for rotation. Empty: keys are derived from ``SECRET_KEY`` and
    ``SECRET_KEY_FALLBACKS``."""

    SIGN_UP_RATE = Setting[str | None]("10/min", str, type(None))
    """How many accounts can be created from one network address."""

    SESSION_RATE = Setting[str | None]("200/hour", str, type(None))
    """How many sessions one user may start by signing in. With `SDK_COOKIES`, a sign-in to Django
    above this rate succeeds, but does not start a session of the SDK."""

    PASSWORD_RESET_BY_EMAIL = Setting(True)
    """Whether users can request an e-mail with a password reset link over the HTTP API. Set it to
    ``False`` if another page of the site does this."""

    VERIFICATION_BY_EMAIL = Setting(True)
    """Whether users can request an e-mail that verifies their address over the HTTP API. Set it to
    ``False`` if another page of the site does this."""

    TRUSTED_ORIGINS = Setting[Sequence[str]]((), list, tuple)
    """Origins, such as ``"https://app.example.com"``, that links in these e-mails may lead to. The
    API's own origin is always trusted, unless ``ALLOWED_HOSTS`` allows every host. With ``DEBUG``
    on, every port of the local machine is trusted too."""

    EMAIL_RATE = Setting[str | None]("10/min", str, type(None))
    """How many of these e-mails can be requested from one network address, in the syntax of DRF's
    throttle rates. ``None``: no limit."""

    EMAIL_RECIPIENT_RATE = Setting[str | None]("5/hour", str, type(None))
    """How many of these e-mails can be requested for one e-mail address, from anywhere. ``None``:
    no limit."""

    RECORD_SESSION_ADDRESSES = Setting(True)
    """Whether a session records the network address it was last used from, which the user's list
    of active sessions shows. For IPv6, only the network is recorded."""

    SDK_COOKIES = Setting(False)
    """Whether signing in to Django also signs the browser in to the official SDK, with cookies that
    scripts can read. For sites whose pages use the SDK; requires
    `stack_apikeys.sdk.middleware`."""
