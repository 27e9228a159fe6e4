"""The settings of the demo, for tests that refuse more keys and make more accounts than anybody may.

E-mails are those of the SDK only. All new keys have scopes, networks and rates, which the SDKs do not
know.
"""

from example_project.settings import *  # noqa: F403  # Django's way to extend settings
from example_project.settings import INSTALLED_APPS, STACK_APIKEYS
from stack_apikeys.conf import NOTICES

INSTALLED_APPS += ["tests.official_sdks.restrictions"]

STACK_APIKEYS |= {
    "GUESS_RATE": None,
    "SIGN_UP_RATE": None,
    "NOTICES": dict.fromkeys(NOTICES, False),
    "SCOPES": {"reports:read": "Read reports", "reports:write": "Change reports"},
    "DEFAULT_SCOPES": ["reports:read"],
}
