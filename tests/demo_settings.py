"""The settings of the demo, for tests that send it more refused keys than anybody may.

E-mails are those of the SDK only.
"""

from example_project.settings import *  # noqa: F403  # Django's way to extend settings
from example_project.settings import STACK_APIKEYS
from stack_apikeys.conf import NOTICES

STACK_APIKEYS |= {"GUESS_RATE": None, "NOTICES": dict.fromkeys(NOTICES, False)}
