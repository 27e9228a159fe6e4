"""The packages that are compared, each used as its documentation shows, with one interface.

Importing this module imports none of them.
"""

from benchmarks.contenders.api_keys import (
    ApiKey,
    ApiKeyWithUser,
    SimpleApiKey,
    TenantApiKeys,
)
from benchmarks.contenders.base import Contender
from benchmarks.contenders.ours import (
    Ours,
    OursCached,
    OursPrepared,
    OursWithRates,
    OursWithUsage,
)
from benchmarks.contenders.pages import Pages, PagesWithUsage
from benchmarks.contenders.tokens import AuthToken, Knox, SimpleJwt

CONTENDERS: dict[str, Contender] = {
    contender.name: contender
    for contender in (
        Ours(),
        OursCached(),
        OursWithUsage(),
        OursWithRates(),
        ApiKey(),
        AuthToken(),
        SimpleJwt(),
        TenantApiKeys(),
        Knox(),
        ApiKeyWithUser(),
        SimpleApiKey(),
    )
}

PREPARED: Contender = OursPrepared()
"""This package with a setting that only PostgreSQL has an effect of. It is measured over HTTP."""

PAGES: dict[str, Contender] = {
    contender.name: contender for contender in (Pages(), PagesWithUsage())
}
"""Projects whose settings pages are measured."""
