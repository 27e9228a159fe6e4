"""Every way to let a key in keeps to the rates of the key, and tells what they leave."""

import re

import pytest
from asgiref.sync import async_to_sync
from django.http import JsonResponse
from django.test import AsyncClient, Client
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from drf_standardized_errors.handler import exception_handler
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from stack_apikeys import limits, signals
from stack_apikeys.authentication import ApiKeyAuthentication
from stack_apikeys.decorators import api_key_cost, api_key_or_session, api_key_required
from stack_apikeys.exceptions import ApiKeyRateLimited
from stack_apikeys.usage.recorder import recorder
from stack_apikeys.verification import averify_api_key, verify_api_key
from tests.core.test_cache_failure import BROKEN
from tests.host import WhoAmI

MIDDLEWARE = "stack_apikeys.middleware.ApiKeyMiddleware"

RATES = ["10/minute", "12/hour"]


class PublicKeysToo(ApiKeyAuthentication):
    accept_public_keys = True


class Expensive(WhoAmI):
    api_key_cost = 5


class Exempt(WhoAmI):
    api_key_cost = 0


class StandardizedErrors(WhoAmI):
    def get_exception_handler(self):
        return exception_handler


class Actions(ViewSet):
    authentication_classes = [ApiKeyAuthentication]
    api_key_cost = 1

    def list(self, request):
        return Response()

    @action(detail=False, api_key_cost=5)
    def expensive(self, request):
        return Response()


def answer(request, *args):
    return JsonResponse({"user": str(request.user)})


@api_key_cost(5)
def expensive_answer(request):
    return answer(request)


@api_key_cost(0)
def free_answer(request):
    return answer(request)


async def asynchronous_answer(request):
    return JsonResponse({})


class ExpensiveView(View):
    api_key_cost = 5

    def get(self, request):
        return answer(request)


@method_decorator(api_key_required(cost=5), name="dispatch")
class DecoratedView(View):
    def get(self, request):
        return answer(request)


urlpatterns = [
    path("drf", WhoAmI.as_view()),
    path("drf-public", WhoAmI.as_view(authentication_classes=[PublicKeysToo])),
    path("drf-expensive", Expensive.as_view()),
    path("drf-expensive-by-argument", Expensive.as_view(api_key_cost=2)),
    path("drf-exempt", Exempt.as_view()),
    path("drf-standardized", StandardizedErrors.as_view()),
    path("actions", Actions.as_view({"get": "list"})),
    path("actions-expensive", Actions.as_view({"get": "expensive"}, api_key_cost=5)),
    path("required", api_key_required(answer)),
    path("required-expensive", api_key_required(cost=5)(answer)),
    path("required-exempt", api_key_required(cost=0)(answer)),
    path("required-class", DecoratedView.as_view()),
    path("required-undecorated-class", api_key_required(ExpensiveView.as_view())),
    path("cost-outside", api_key_cost(5)(api_key_required(answer))),
    path("either", api_key_or_session(answer)),
    path("either-expensive", api_key_or_session(cost=5)(answer)),
    path("asynchronous", api_key_required(asynchronous_answer)),
    path("asynchronous-expensive", api_key_required(cost=5)(asynchronous_answer)),
    path("plain", answer),
    path("plain-expensive", expensive_answer),
    path("plain-exempt", free_answer),
    path("plain-class", ExpensiveView.as_view()),
]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]


@pytest.fixture(autouse=True)
def rates(configure):
    configure(RATES=RATES)


def get(path, value, **headers):
    return Client().get(f"/{path}", headers={"X-Stack-Api-Key": value} | headers)


def remaining(response):
    return [int(number) for number in re.findall(r"r=(\d+)", response["RateLimit"])]


BEHIND_THE_MIDDLEWARE = ["plain", "drf", "required", "either"]
VIEWS = ["drf", "required", "either", "asynchronous", "actions", "drf-standardized"]


@pytest.mark.parametrize("view", VIEWS)
def test_a_key_is_let_in_as_often_as_its_rates_say(view, value):
    answers = [get(view, value) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert answers[0]["RateLimit-Policy"] == '"minute";q=10;w=60, "hour";q=12;w=3600'
    assert answers[0]["RateLimit"] == '"minute";r=9;t=30, "hour";r=11;t=3570'
    assert answers[-1]["RateLimit"] == '"minute";r=0;t=31, "hour";r=2;t=3570'
    assert answers[-1]["Retry-After"] == "31"
    assert answers[-1]["RateLimit-Policy"] == answers[0]["RateLimit-Policy"]
    assert "Retry-After" not in answers[0]


@pytest.mark.parametrize("view", BEHIND_THE_MIDDLEWARE)
def test_behind_the_middleware_a_request_is_counted_once(view, value, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    answers = [get(view, value) for _ in range(11)]
    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    assert remaining(answers[0]) == [9, 11]
    assert answers[-1]["Retry-After"] == "31"


def test_a_request_that_reaches_no_view_is_counted_too(value, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    assert [get("nowhere", value).status_code for _ in range(11)] == [404] * 10 + [429]


@pytest.mark.parametrize("with_middleware", [False, True])
@pytest.mark.parametrize(
    ("view", "cost"),
    [
        ("drf-expensive", 5),
        ("drf-expensive-by-argument", 2),
        ("drf-exempt", 0),
        ("actions-expensive", 5),
        ("required-expensive", 5),
        ("required-exempt", 0),
        ("required-class", 5),
        ("required-undecorated-class", 5),
        ("cost-outside", 5),
        ("either-expensive", 5),
        ("asynchronous-expensive", 5),
        ("plain-expensive", 5),
        ("plain-exempt", 0),
        ("plain-class", 5),
    ],
)
def test_a_view_may_cost_more_or_nothing(view, cost, with_middleware, value, settings):
    if with_middleware:
        settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    elif view.startswith("plain"):
        pytest.skip("It asks for no key.")
    response = get(view, value)
    assert response.status_code == 200
    if cost:
        assert remaining(response) == [10 - cost, 12 - cost]
    else:
        assert "RateLimit" not in response
    assert remaining(get("drf", value)) == [9 - cost, 11 - cost]


def test_an_exempt_view_answers_a_key_that_is_over_its_limit(value, settings):
    settings.MIDDLEWARE = [*settings.MIDDLEWARE, MIDDLEWARE]
    assert [get("drf", value).status_code for _ in range(11)][-1] == 429
    for view in ("drf-exempt", "required-exempt", "plain-exempt"):
        assert get(view, value).status_code == 200


def test_what_costs_more_than_is_left_is_refused_and_costs_nothing(value):
    assert remaining(get("drf-expensive", value)) == [5, 7]
    assert remaining(get("drf", value)) == [4, 6]
    refused = get("drf-expensive", value)
    assert (refused.status_code, remaining(refused)) == (429, [4, 6])
    assert remaining(get("drf", value)) == [3, 5]


def test_the_answer_tells_how_long_to_wait_for_the_last_of_the_rates(value, limits_clock):
    for _ in range(10):
        get("drf", value)
    limits_clock.now += 90
    assert [get("drf", value).status_code for _ in range(3)] == [200, 200, 429]
    refused = get("drf", value)
    assert refused["RateLimit"].startswith('"hour";r=0;t=')
    limits_clock.now += int(refused["Retry-After"]) - 1
    assert get("drf", value).status_code == 429
    limits_clock.now += 1
    assert get("drf", value).status_code == 200


@pytest.mark.parametrize("view", ["drf", "required", "asynchronous"])
def test_the_body_of_a_refusal_has_the_shape_of_drfs(view, value, configure):
    configure(RATES=["1/minute"])
    get(view, value)
    refused = get(view, value)
    assert refused.json() == {
        "detail": "Too many attempts. Try again in 31 seconds.",
        "code": "rate_limited",
    }
    assert refused["Content-Type"] == "application/json"
    assert "WWW-Authenticate" not in refused
    assert refused["Cache-Control"] == "private"


@pytest.mark.parametrize("view", ["drf", "required", "asynchronous"])
def test_whoever_asks_for_a_problem_gets_one(view, value, configure):
    configure(RATES=["1/minute", "5/hour"])
    get(view, value)
    refused = get(view, value, accept="application/json, application/problem+json")
    assert refused["Content-Type"] == "application/problem+json"
    assert refused["Retry-After"] == "31"
    assert refused.json() == {
        "type": "https://iana.org/assignments/http-problem-types#quota-exceeded",
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Too many attempts. Try again in 31 seconds.",
        "code": "rate_limited",
        "violated-policies": ["minute"],
    }
    assert get(view, value, accept="*/*")["Content-Type"] == "application/json"


def test_the_asynchronous_middleware_counts_too(value, settings):
    settings.MIDDLEWARE = [MIDDLEWARE]

    async def send():
        client = AsyncClient()
        return [
            await client.get("/asynchronous-expensive", headers={"X-Stack-Api-Key": value})
            for _ in range(3)
        ]

    answers = async_to_sync(send)()
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert remaining(answers[0]) == [5, 7]


# Keys -----------------------------------------------------------------------------------------


def test_each_key_is_counted_apart(user):
    one, other = (user.api_keys.create_key()[1] for _ in range(2))
    for _ in range(11):
        get("drf", one)
    assert (get("drf", one).status_code, get("drf", other).status_code) == (429, 200)


def test_a_key_may_have_rates_of_its_own(user):
    api_key, value = user.api_keys.create_key()
    api_key.set_rates(["1/day"])
    assert [get("drf", value).status_code for _ in range(2)] == [200, 429]
    api_key.set_rates("unlimited")
    answers = [get("drf", value) for _ in range(20)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]


def test_public_keys_have_rates_of_their_own(user, configure):
    configure(PUBLIC_RATES=["1/minute"])
    public = user.api_keys.create_key(is_public=True)[1]
    assert [get("drf-public", public).status_code for _ in range(2)] == [200, 429]
    secret = user.api_keys.create_key()[1]
    assert [get("drf-public", secret).status_code for _ in range(2)] == [200, 200]


def test_python_code_counts_if_it_has_a_request(rf, value, configure):
    configure(RATES=["2/minute"])
    for _ in range(3):
        verify_api_key(value)
    verify_api_key(value, request=rf.get("/"))
    async_to_sync(averify_api_key)(value, request=rf.get("/"))
    with pytest.raises(ApiKeyRateLimited) as refused:
        verify_api_key(value, request=rf.get("/"), cost=2)
    assert (refused.value.wait, refused.value.status) == (61, 429)
    verify_api_key(value, request=rf.get("/"), cost=0)


def test_without_rates_nothing_is_counted_and_told(value, configure, cache_operations):
    configure(RATES=[])
    response = get("drf", value)
    assert "RateLimit" not in response
    assert "RateLimit-Policy" not in response
    assert cache_operations == []


def test_each_rate_is_one_operation_of_the_cache_and_no_query(
    value, cache_operations, django_assert_num_queries
):
    get("drf", value)
    del cache_operations[:]
    with django_assert_num_queries(1):
        get("drf", value)
    assert cache_operations == ["incr", "incr"]


def test_a_refusal_is_signalled_and_counted_as_such(user, configure):
    configure(RATES=["1/minute"])
    api_key, value = user.api_keys.create_key()
    reasons = []

    def note(reason, **_):
        reasons.append(reason)

    signals.api_key_rejected.connect(note)
    try:
        get("drf", value)
        get("drf", value)
    finally:
        signals.api_key_rejected.disconnect(note)
    assert reasons == ["rate_limited"]
    counts = recorder.gathered(api_key.pk)
    assert counts.accepted == 1
    assert [dict(hour.refused) for hour in counts.hours.values()] == [{"rate": 1}]


# The cache ------------------------------------------------------------------------------------


@pytest.mark.parametrize("view", ["drf", "required"])
def test_a_cache_that_fails_lets_keys_in_unless_the_settings_refuse(
    view, value, settings, configure, caplog
):
    limits._warnings.forget()
    settings.CACHES = {"default": BROKEN}
    answers = [get(view, value) for _ in range(12)]
    assert {answer.status_code for answer in answers} == {200}
    assert "RateLimit" not in answers[0]
    assert [record.levelname for record in caplog.records if record.name == limits.__name__] == [
        "WARNING"
    ]
    configure(ON_CACHE_FAILURE={"key": "refuse"})
    refused = get(view, value)
    assert (refused.status_code, refused["Retry-After"]) == (503, "10")
    assert refused.json()["code"] == "LIMIT_UNAVAILABLE"
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
