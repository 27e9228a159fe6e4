"""What a type checker knows about keys and their owners, without a cast."""

from typing import assert_type

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

from shop.views import deliveries, invoices, reports, summary
from stack_apikeys import credentials
from stack_apikeys.decorators import (
    ApiKeyRequest,
    TeamApiKeyRequest,
    UserApiKeyRequest,
    api_key_required,
)
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.principal import TeamPrincipal
from stack_apikeys.teams.models import Team
from stack_apikeys.verification import (
    aget_team,
    aget_user,
    averify_api_key,
    get_team,
    get_user,
    verify_api_key,
)


def verify(value: str) -> None:
    assert_type(verify_api_key(value, kind="user"), UserApiKey)
    assert_type(verify_api_key(value, kind="team"), TeamApiKey)
    assert_type(verify_api_key(value), UserApiKey | TeamApiKey)


async def averify(value: str) -> None:
    assert_type(await averify_api_key(value, kind="user"), UserApiKey)
    assert_type(await averify_api_key(value, kind="team"), TeamApiKey)
    assert_type(await averify_api_key(value), UserApiKey | TeamApiKey)


def email_of(value: str) -> str | None:
    user = get_user(api_key=value)
    return user.email if user else None


async def owner_of(value: str) -> User | None:
    return await aget_user(api_key=value)


def team_of(value: str) -> str:
    team: Team | None = get_team(api_key=value)
    return team.display_name if team else ""


async def ateam_of(value: str) -> str:
    team: Team | None = await aget_team(api_key=value)
    return team.display_name if team else ""


def resolve(request: HttpRequest) -> None:
    if caller := credentials.resolve(request, "user"):
        assert_type(caller.api_key, UserApiKey)
        assert_type(caller.principal, User)
    if team := credentials.resolve(request, kind="team"):
        assert_type(team.api_key, TeamApiKey)
        assert_type(team.principal, TeamPrincipal)
    if either := credentials.resolve(request):
        assert_type(either.api_key, UserApiKey | TeamApiKey)
        assert_type(either.principal, User | TeamPrincipal)


def requests(by_user: UserApiKeyRequest, by_team: TeamApiKeyRequest, by_any: ApiKeyRequest) -> None:
    assert_type(by_user.user, User)
    assert_type(by_user.api_key, UserApiKey)
    assert_type(by_team.user, TeamPrincipal)
    assert_type(by_team.api_key, TeamApiKey)
    assert_type(by_any.api_key, UserApiKey | TeamApiKey)


async def signatures(request: HttpRequest) -> None:
    assert_type(invoices(request), HttpResponse)
    assert_type(await deliveries(request), HttpResponse)
    assert_type(reports(request, year=2026), HttpResponse)
    assert_type(summary(request), HttpResponse)
    reports(request, year="2026")  # type: ignore[arg-type]
    api_key_required(kind="team")(by_user)  # type: ignore[arg-type]


def by_user(request: UserApiKeyRequest) -> HttpResponse:
    return HttpResponse(request.user.username)
