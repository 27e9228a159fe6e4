"""How keys are read from requests: in which forms, and what is left of them in the request."""

import base64
import subprocess
import sys
from uuid import uuid4

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncRequestFactory, Client, RequestFactory
from django.urls import path

from stack_apikeys import credentials
from stack_apikeys.exceptions import ApiKeyNotFound
from stack_apikeys.keys import generate
from stack_apikeys.verification import averify_api_key, get_team, get_user, verify_api_key
from tests.host import WhoAmI, plain

urlpatterns = [path("any", WhoAmI.as_view()), path("plain", plain)]

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

both_views = pytest.mark.parametrize("url", ["/any", "/plain"])


@pytest.fixture
def by_authorization(settings):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {
        "HEADERS": ["Authorization", "X-Stack-Api-Key"]
    }


@pytest.fixture
def basic_allowed(settings, by_authorization):
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {"ALLOW_BASIC": True}


def basic(pair):
    return f"Basic {base64.b64encode(pair.encode()).decode()}"


# Forms ----------------------------------------------------------------------------------------


@both_views
@pytest.mark.parametrize("header", ["Authorization", "X-Stack-Api-Key"])
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "Bearer {}",
        "bearer  {}",
        "Token {}",
        "ApiKey {}",
        "Api-Key\t{}",
        " {} ",
        "Bearer {}\r\n",
    ],
)
@pytest.mark.usefixtures("by_authorization")
def test_a_key_is_read_in_all_usual_forms(url, header, form, value):
    answer = Client().get(url, headers={header: form.format(value)})
    assert answer.status_code == 200, answer.content


@both_views
@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("Authorization", "Digest {}"),
        ("Authorization", "Basic {}"),
        ("X-Stack-Api-Key", "Digest {}"),
    ],
)
@pytest.mark.usefixtures("by_authorization")
def test_a_key_in_another_form_is_refused_with_the_right_one(url, header, form, value):
    answer = Client().get(url, headers={header: form.format(value)})
    assert answer.status_code == 401
    assert answer.json()["code"] == "API_KEY_FORM_NOT_ACCEPTED"
    right = {"Authorization": "Authorization: Bearer <key>"}.get(header, f"{header}: <key>")
    assert right in answer.json()["detail"]


@both_views
@pytest.mark.parametrize("token", ["Bearer somebody", "Token abc", "Negotiate x y", "", "Basic !!"])
@pytest.mark.usefixtures("by_authorization")
def test_other_tokens_are_left_to_other_authentication_classes(url, token):
    request = RequestFactory().get("/", headers={"Authorization": token})
    assert credentials.resolve(request) is None
    assert request.headers["Authorization"] == token
    answer = Client().get(url, headers={"Authorization": token})
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Bearer realm="api"'


@both_views
@pytest.mark.parametrize("pair", ["{}:", "{}:x", "api_key:{}", "{}:{}", "user:{}"])
@pytest.mark.usefixtures("basic_allowed")
def test_basic_credentials_hold_a_key_where_the_setting_allows_it(url, pair, value):
    sent = basic(pair.replace("{}", value))
    assert Client().get(url, headers={"Authorization": sent}).status_code == 200


@pytest.mark.usefixtures("by_authorization")
def test_a_key_in_basic_credentials_is_refused_otherwise(value):
    answer = Client().get("/any", headers={"Authorization": basic(f"user:{value}")})
    assert answer.json()["code"] == "API_KEY_FORM_NOT_ACCEPTED"


@pytest.mark.usefixtures("basic_allowed")
def test_a_page_of_another_site_cannot_use_the_basic_credentials_of_a_browser(value):
    headers = {"Authorization": basic(f"user:{value}"), "Sec-Fetch-Site": "cross-site"}
    assert Client().post("/plain", headers=headers).status_code == 401
    headers["Sec-Fetch-Site"] = "same-origin"
    assert Client().post("/plain", headers=headers).status_code == 200


@pytest.mark.usefixtures("basic_allowed")
def test_two_keys_in_basic_credentials_conflict(user, value):
    other = user.api_keys.create_key()[1]
    answer = Client().get("/any", headers={"Authorization": basic(f"{value}:{other}")})
    assert answer.json()["code"] == "CONFLICTING_API_KEYS"


@pytest.mark.parametrize("around", [" {}", "{}\n", "\t{}\r\n"])
def test_white_space_around_a_value_is_ignored_in_python(user, value, around):
    value = around.format(value)
    assert get_user(api_key=value) == user
    assert verify_api_key(value).owner == user
    assert get_team(api_key=value) is None


@pytest.mark.parametrize("value", [None, 7, b"sk_", "x" * 10_000_000])
def test_what_is_no_key_at_all_is_not_found(value):
    assert get_user(api_key=value) is None
    with pytest.raises(ApiKeyNotFound):
        verify_api_key(value)


# What is left in the request ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "form"), [("X-Stack-Api-Key", "{}"), ("Authorization", "Bearer {}")]
)
@pytest.mark.usefixtures("by_authorization")
def test_the_header_reads_as_the_masked_key_once_it_was_read(value, header, form):
    request = RequestFactory().get("/", headers={header: form.format(value)})
    assert value in request.headers[header]
    caller = credentials.resolve(request)
    assert request.headers[header] == form.format(f"sk_…{value[-4:]}")
    assert value not in str(request.META)
    assert caller.api_key.masked == f"sk_…{value[-4:]}"


def test_the_asgi_scope_is_masked_in_place(value):
    request = AsyncRequestFactory().get("/", headers={"X-Stack-Api-Key": value, "X-Other": "here"})
    headers = request.scope["headers"]
    assert credentials.resolve(request)
    assert value.encode() not in str(headers).encode()
    assert request.scope["headers"] is headers
    assert (b"x-other", b"here") in headers


def test_an_asgi_scope_with_another_sequence_of_headers_is_masked_too(value):
    request = AsyncRequestFactory().get("/", headers={"X-Stack-Api-Key": value})
    request.scope["headers"] = tuple(request.scope["headers"])
    assert credentials.resolve(request)
    assert value not in str(request.scope["headers"])


@pytest.mark.parametrize("sent", ["sk_nothing", "hunter2 and more", "Bearer hunter2"])
def test_what_was_sent_as_a_key_and_is_none_is_masked_too(sent):
    request = RequestFactory().get("/", headers={"X-Stack-Api-Key": sent})
    with pytest.raises(ApiKeyNotFound):
        credentials.resolve(request)
    assert "hunter2" not in request.headers["X-Stack-Api-Key"]
    assert "nothing" not in request.headers["X-Stack-Api-Key"]


def test_a_request_is_read_as_often_as_one_likes(user, value):
    request = RequestFactory().get("/", headers={"X-Stack-Api-Key": value})
    assert [credentials.resolve(request).principal for _ in range(3)] == [user] * 3


def test_a_drf_view_behind_a_decorator_reads_the_key_again(value, settings):
    settings.ROOT_URLCONF = "tests.drf.test_plain_views"
    answer = Client().get("/drf-behind-decorator", headers={"X-Stack-Api-Key": value})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("sent", "carries"),
    [("{}", True), ("Digest {}", True), ("garbage", False), (None, False)],
)
def test_it_is_known_whether_a_request_carries_a_key(value, sent, carries):
    headers = {} if sent is None else {"X-Stack-Api-Key": sent.format(value[:-1])}
    assert credentials.carries_a_key(RequestFactory().get("/", headers=headers)) is carries


# The challenge --------------------------------------------------------------------------------


@both_views
def test_the_challenge_names_an_invalid_token_only_where_one_was_sent(url):
    assert Client().get(url)["WWW-Authenticate"] == 'ApiKey realm="api"'
    answer = Client().get(url, headers={"X-Stack-Api-Key": unknown_key()})
    assert answer["WWW-Authenticate"] == 'ApiKey realm="api", error="invalid_token"'


@both_views
@pytest.mark.usefixtures("basic_allowed")
def test_the_challenge_names_every_scheme(url):
    assert Client().get(url)["WWW-Authenticate"] == 'Bearer realm="api", Basic realm="api"'
    answer = Client().get(url, headers={"Authorization": f"Bearer {unknown_key()}"})
    assert answer["WWW-Authenticate"] == (
        'Bearer realm="api", error="invalid_token", Basic realm="api"'
    )


def unknown_key():
    return generate(id=uuid4(), kind="user")


@pytest.mark.parametrize("module", ["credentials", "decorators", "middleware", "verification"])
def test_drf_is_not_loaded_for_plain_django(module):
    script = (
        "import django; from django.conf import settings;"
        "settings.configure(USE_TZ=True, INSTALLED_APPS=['django.contrib.auth',"
        "'django.contrib.contenttypes', 'stack_apikeys.teams', 'stack_apikeys']); django.setup();"
        f"import stack_apikeys.{module}, sys;"
        "sys.exit('rest_framework' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0


@pytest.mark.django_db(transaction=True)
def test_a_value_is_verified_from_asynchronous_code_with_white_space(user, value):
    assert async_to_sync(averify_api_key)(f" {value}\n").owner == user
