"""The example project as it runs in production, on a cluster of databases.

``CLUSTER_DATABASES`` holds Django's ``DATABASES`` as JSON. Where they have a ``replica``, keys are
verified there.
"""

import json
import os

from tests.faults.settings import *  # noqa: F403  # Django's way to extend settings

DATABASES = json.loads(os.environ["CLUSTER_DATABASES"])

if "replica" in DATABASES:
    DATABASE_ROUTERS = ["tests.clusters.routers.ReplicaRouter"]
