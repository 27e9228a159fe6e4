"""A process that counts events by a limit as fast as it can.

Prints a line when it is ready, and reads until when to count. Then prints how many events the limit
has let through in each window, as JSON.
"""

import json
import sys
import time
from collections import Counter

import django
from django.conf import settings

RATE = 200
"""Events a second."""


def hammer(until: float) -> Counter[int]:
    from stack_apikeys.limits import Limit, Rate  # Django must be set up

    rate = Rate(RATE, 1)
    let_through: Counter[int] = Counter()
    while (now := time.time()) < until:
        limit = Limit("key", rate, "hammered")
        limit.timer = lambda now=now: now  # type: ignore[method-assign, misc]
        let_through[int(now)] += not limit.add(rate).wait
    return let_through


if __name__ == "__main__":
    _program, url = sys.argv
    backend = "django.core.cache.backends.redis.RedisCache"
    settings.configure(
        SECRET_KEY="the same in all processes",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes"],
        CACHES={"default": {"BACKEND": backend, "LOCATION": url}},
    )
    django.setup()
    hammer(time.time() + 0.1)  # opens the connection
    print("ready", flush=True)
    print(json.dumps(hammer(float(sys.stdin.readline()))))
