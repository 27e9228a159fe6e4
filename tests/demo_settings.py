"""The settings of the demo, for tests that send it more refused keys than anybody may."""

from example_project.settings import *  # noqa: F403  # Django's way to extend settings
from example_project.settings import STACK_APIKEYS

STACK_APIKEYS |= {"GUESS_RATE": None}
