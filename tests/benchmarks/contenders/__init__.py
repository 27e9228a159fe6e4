"""Who takes part: each package as its own documentation shows it, behind the same interface.

Importing this imports none of them: a process has only its own contender installed.
"""

from tests.benchmarks.contenders.api_keys import (
    ApiKey,
    ApiKeyWithUser,
    SimpleApiKey,
    TenantApiKeys,
)
from tests.benchmarks.contenders.base import Contender
from tests.benchmarks.contenders.ours import Ours, OursCached
from tests.benchmarks.contenders.tokens import AuthToken, Knox, SimpleJwt

CONTENDERS: dict[str, Contender] = {
    contender.name: contender
    for contender in (
        Ours(),
        OursCached(),
        ApiKey(),
        AuthToken(),
        SimpleJwt(),
        TenantApiKeys(),
        Knox(),
        ApiKeyWithUser(),
        SimpleApiKey(),
    )
}
