"""E-mails that are sent, and a clock for them."""

import pytest
import time_machine

from stack_apikeys.conf import NOTICES


@pytest.fixture(autouse=True)
def notices_are_wanted(configure):
    """Send all e-mails, as by default."""
    configure(NOTICES=dict(NOTICES))
