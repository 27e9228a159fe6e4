"""The documentation's samples for Django, FastAPI and Flask, run against the demo over HTTP.

The applications are in ``samples``. Each is a program of its own that knows of the demo only what
``manage.py demo --env`` prints. Those with ``client`` in the name act for their visitors, by the
access token in the cookie that the demo sets when somebody signs in.
"""

import functools
import re
import time
import zlib
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest
import requests

from tests import ROOT
from tests.server import PATIENCE, Demo, Server, serve_sample

SAMPLES = ROOT / "tests" / "samples"

COMMANDS = {
    "django": ["django_sample.py", "runserver", "--noreload", "{port}"],
    "fastapi": ["-m", "uvicorn", "fastapi_sample:app", "--port", "{port}"],
    "flask": ["-m", "flask", "--app", "flask_sample", "run", "--port", "{port}"],
}

CLIENT_COMMANDS = {
    f"{framework}-client": [part.replace("_sample", "_client_sample") for part in command]
    for framework, command in COMMANDS.items()
}

PROTECTED = {"user": ("GET", "/api/protected"), "team": ("POST", "/api/team-protected")}

DAY = 24 * 60 * 60 * 1000  # milliseconds


class Browser:
    """Somebody's browser, signed in to the demo by its page."""

    def __init__(self, demo, email, password):
        self.home = f"{demo.base_url}/"
        self.session = requests.Session()
        self.session.trust_env = False
        login = f"{demo.base_url}/accounts/login/"
        self.session.get(login, timeout=PATIENCE)
        form = {
            "username": email,
            "password": password,
            "csrfmiddlewaretoken": self.session.cookies["csrftoken"],
        }
        self.session.post(login, form, timeout=PATIENCE).raise_for_status()

    def cookies(self):
        """What an application on the same host sees, right after a visit to the demo."""
        self.session.get(self.home, timeout=PATIENCE)
        return {"stack-access-token": self.session.cookies["stack-access-token"]}


@dataclass(frozen=True)
class Sample:
    """A sample application, as its visitors see it; the paths are the same in every framework."""

    server: Server
    demo: Demo
    browser: Browser | None = None

    def request(self, method, path):
        cookies = self.browser.cookies() if self.browser else None
        return self.server.request(method, path, cookies=cookies)

    def create(self, kind):
        team = self.demo["TEAM_ID"]
        paths = {"user": "/api/create-user-api-key", "team": f"/api/teams/{team}/api-keys"}
        return self.request("POST", paths[kind])

    def list(self, kind):
        team = self.demo["TEAM_ID"]
        paths = {"user": "/api/user-api-keys", "team": f"/api/teams/{team}/api-keys"}
        return self.request("GET", paths[kind])

    def revoke(self, kind, api_key_id):
        return self.request("DELETE", f"/api/{kind}-api-keys/{api_key_id}")

    def check(self, kind, api_key_id):
        return self.request("GET", f"/api/check-{kind}-api-key/{api_key_id}")

    def protected(self, kind, headers):
        return self.server.request(*PROTECTED[kind], headers=headers)


@pytest.fixture(scope="session")
def start_sample(demo, tmp_path_factory):
    """Starts each application when it is first asked for."""
    logs = tmp_path_factory.mktemp("samples")
    with ExitStack() as servers:

        @functools.cache
        def start(framework):
            command = (COMMANDS | CLIENT_COMMANDS)[framework]
            running = serve_sample(command, demo, folder=SAMPLES, log=logs / f"{framework}.log")
            browser = None
            if framework in CLIENT_COMMANDS:
                browser = Browser(demo, demo["USER1_EMAIL"], demo["USER1_PASSWORD"])
            return Sample(servers.enter_context(running), demo, browser)

        yield start


@pytest.fixture(params=COMMANDS | CLIENT_COMMANDS)
def sample(request, start_sample):
    return start_sample(request.param)


@pytest.fixture(params=CLIENT_COMMANDS)
def client_sample(request, start_sample):
    return start_sample(request.param)


@pytest.fixture(params=COMMANDS)
def validating_sample(request, start_sample):
    return start_sample(request.param)


@pytest.fixture(params=PROTECTED)
def kind(request):
    return request.param


def other(kind):
    return {"user": "team", "team": "user"}[kind]


def with_wrong_checksum(value):
    return f"{value[:-8]}{zlib.crc32(value[:-8].encode()) ^ 1:08x}"


def with_wrong_secret(value):
    body = value[:3] + ("1" if value[3] == "0" else "0") + value[4:-8]
    return f"{body}{zlib.crc32(body.encode()):08x}"


def carrying(value):
    return {"X-Stack-Api-Key": value}


# The samples ----------------------------------------------------------------------------------


def test_a_sample_creates_a_key(sample, kind):
    before = int(time.time() * 1000)
    created = sample.create(kind)
    after = int(time.time() * 1000)
    assert created.status_code == 200
    api_key = created.json()
    days = {"user": 90, "team": 60}[kind] * DAY
    assert api_key["type"] == kind
    assert api_key[f"{kind}_id"] == sample.demo.owner(kind)
    assert before <= api_key["created_at_millis"] <= after
    assert before + days <= api_key["expires_at_millis"] <= after + days
    assert re.fullmatch(rf"sk_[0-9a-z]{{77}}{kind}1574ck4u7h[0-9a-f]{{8}}", api_key["value"])


def test_a_sample_lists_keys_newest_first_and_without_their_values(sample, kind):
    older, newer = sample.create(kind).json(), sample.create(kind).json()
    listed = sample.list(kind)
    assert listed.status_code == 200
    assert [item["id"] for item in listed.json()["items"][:2]] == [newer["id"], older["id"]]
    assert listed.json()["items"][0] == newer | {"value": {"last_four": newer["value"][-4:]}}
    assert newer["value"] not in listed.text


def test_a_sample_revokes_a_key(sample, kind):
    api_key = sample.create(kind).json()
    revoked = sample.revoke(kind, api_key["id"])
    assert revoked.status_code == 200
    assert revoked.json() == {"message": "API key revoked successfully"}
    item = next(item for item in sample.list(kind).json()["items"] if item["id"] == api_key["id"])
    assert item["manually_revoked_at_millis"] >= api_key["created_at_millis"]


def test_a_sample_cannot_revoke_a_key_of_the_other_kind(sample, kind):
    api_key = sample.create(kind).json()
    assert sample.revoke(other(kind), api_key["id"]).status_code == 404
    assert sample.check(kind, api_key["id"]).json() == {"valid": True}


def test_a_sample_tells_valid_revoked_and_expired_keys_apart(sample, kind, demo):
    valid, revoked = sample.create(kind).json(), sample.create(kind).json()
    sample.revoke(kind, revoked["id"])
    expired = demo.create_key(kind, expires_at_millis=int(time.time() * 1000) - DAY)
    answers = [sample.check(kind, api_key["id"]) for api_key in (valid, revoked, expired)]
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert [answer.json() for answer in answers] == [
        {"valid": True},
        {"valid": False, "reason": "manually-revoked"},
        {"valid": False, "reason": "expired"},
    ]


def test_a_sample_does_not_find_a_key_that_never_was(sample, kind, demo):
    assert sample.check(kind, demo["TEAM_ID"]).status_code == 404
    assert sample.revoke(kind, demo["TEAM_ID"]).status_code == 404


def test_a_visitor_who_is_not_signed_in_manages_no_keys(client_sample, kind, demo):
    stranger = replace(client_sample, browser=None)
    api_key = client_sample.create(kind).json()
    for answer in (stranger.create(kind), stranger.list(kind)):
        assert answer.status_code in {400, 401, 404}
    assert stranger.revoke(kind, api_key["id"]).status_code in {401, 404}
    assert client_sample.check(kind, api_key["id"]).json() == {"valid": True}


def test_a_visitor_manages_nobody_elses_keys(client_sample, kind, demo):
    other = Browser(demo, demo["USER2_EMAIL"], demo["USER2_PASSWORD"])
    visitor = replace(client_sample, browser=other)
    api_key = client_sample.create(kind).json()
    assert visitor.revoke(kind, api_key["id"]).status_code in {403, 404}
    assert visitor.check(kind, api_key["id"]).status_code == 404
    assert client_sample.check(kind, api_key["id"]).json() == {"valid": True}
    listed = visitor.list(kind)
    assert listed.status_code == {"user": 200, "team": 404}[kind]
    assert api_key["id"] not in listed.text


def test_a_sample_lets_a_good_key_in(validating_sample, kind, demo):
    sample = validating_sample
    answer = sample.protected(kind, carrying(sample.create(kind).json()["value"]))
    assert answer.status_code == 200
    assert answer.json() == {f"{kind}Id": demo.owner(kind)}


def test_a_sample_asks_for_a_missing_key(validating_sample, kind):
    answer = validating_sample.protected(kind, {})
    assert answer.status_code == 401
    assert set(answer.json().values()) == {"API key required"}


def test_a_sample_keeps_a_bad_key_out(validating_sample, kind, demo):
    sample = validating_sample
    good, revoked = sample.create(kind).json(), sample.create(kind).json()
    sample.revoke(kind, revoked["id"])
    expired = demo.create_key(kind, expires_at_millis=int(time.time() * 1000) - DAY)
    bad_values = {
        "garbage": "garbage",
        "wrong checksum": with_wrong_checksum(good["value"]),
        "wrong secret": with_wrong_secret(good["value"]),
        "revoked": revoked["value"],
        "expired": expired["value"],
        "of the other kind": sample.create(other(kind)).json()["value"],
    }
    invalid = {"user": "Invalid API key", "team": "Invalid team API key"}[kind]
    for name, value in bad_values.items():
        answer = sample.protected(kind, carrying(value))
        assert (name, answer.status_code) == (name, 401)
        assert set(answer.json().values()) == {invalid}


# The example project's own protected views ----------------------------------------------------


def test_the_demo_tells_whom_a_key_stands_for(demo, kind):
    answer = demo.request(*PROTECTED[kind], headers=carrying(demo.create_key(kind)["value"]))
    assert answer.status_code == 200
    assert (
        answer.json()
        == {
            "user": {"userId": demo["USER1_ID"], "email": demo["USER1_EMAIL"]},
            "team": {"teamId": demo["TEAM_ID"], "teamName": "Demo team"},
        }[kind]
    )
    assert "private" in answer.headers["Cache-Control"]
    assert "X-Stack-Api-Key" in answer.headers["Vary"]


def test_the_demo_refuses_a_request_without_a_key(demo, kind):
    answer = demo.request(*PROTECTED[kind])
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'ApiKey realm="api"'
    assert "X-Stack-Api-Key" in answer.headers["Vary"]


def test_the_demo_refuses_a_bad_key(demo, kind):
    revoked = demo.create_key(kind)
    demo.request(
        "PATCH",
        f"/api/v1/{kind}-api-keys/{revoked['id']}",
        headers=demo.server_access,
        json={"revoked": True},
    )
    bad_values = {
        "garbage": ("garbage", "API_KEY_NOT_FOUND"),
        "wrong checksum": (with_wrong_checksum(revoked["value"]), "API_KEY_NOT_FOUND"),
        "wrong secret": (with_wrong_secret(revoked["value"]), "API_KEY_NOT_FOUND"),
        "revoked": (revoked["value"], "API_KEY_REVOKED"),
        "of the other kind": (demo.create_key(other(kind))["value"], "WRONG_API_KEY_TYPE"),
    }
    for name, (value, code) in bad_values.items():
        answer = demo.request(*PROTECTED[kind], headers=carrying(value))
        assert (name, answer.status_code) == (name, 401)
        assert (name, answer.json()["code"]) == (name, code)
        assert answer.headers["WWW-Authenticate"] == 'ApiKey realm="api", error="invalid_token"'
        assert "private" in answer.headers["Cache-Control"]
        assert "X-Stack-Api-Key" in answer.headers["Vary"]


def test_no_key_is_in_what_the_servers_print(validating_sample, kind):
    sample = validating_sample
    value = sample.create(kind).json()["value"]
    for server in (sample.server, sample.demo):
        server.request(*PROTECTED[kind], headers=carrying(value))
        server.request(*PROTECTED[kind], headers=carrying(with_wrong_checksum(value)))
        printed = server.log.read_text()
        assert PROTECTED[kind][1] in printed  # it has printed that it was asked
        assert value[3:48] not in printed
