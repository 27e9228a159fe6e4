"""Nothing that a caller can send makes the server fail, or change what it has refused to change."""

import json
import socket
from urllib.parse import quote, urlencode
from uuid import UUID

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from example_project.models import User
from stack_apikeys import keys
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.teams.models import Team
from tests.factories import UserFactory

PROTECTED = {"user": ("GET", "/api/protected"), "team": ("POST", "/api/team-protected")}

KINDS = st.sampled_from(["user", "team"])

NEVER_MADE = {
    "user": "sk_0g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70"
    "0f8fad5bd9cb469fa16570867728950euser1574ck4u7hf9f596a3",
    "team": "sk_0g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70"
    "0f8fad5bd9cb469fa16570867728950eteam1574ck4u7h4e1005a0",
}
"""The wire contract's worked example: the right form, and nobody's key."""

WORKED_EXAMPLE = NEVER_MADE["user"]

OWNER_ID = {
    "user": UUID("8f0c1c5e-6f5b-4a1e-9d0a-2b1f5f3a7c11"),
    "team": UUID("c2a4e7d9-1b3f-4c5d-8e7f-90a1b2c3d4e5"),
}
KEY_ID = {
    "user": UUID("1d6e0f3a-7b2c-4d8e-9f10-a2b3c4d5e6f7"),
    "team": UUID("5a9b8c7d-6e5f-4a3b-8c1d-0e9f8a7b6c5d"),
}


@pytest.fixture
def values(db):
    """The values of two keys that there are, a user's and a team's, by kind."""
    user = UserFactory(id=OWNER_ID["user"])
    team = Team.objects.create_team(id=OWNER_ID["team"], display_name="Team")
    _api_key, of_user = user.api_keys.create_key(id=KEY_ID["user"])
    _api_key, of_team = team.api_keys.create_key(id=KEY_ID["team"])
    return {"user": of_user, "team": of_team}


def fuzz(examples):
    """So many examples, the same in each run, and a fifth of them where SQLite has seen them all.

    What fixtures make is the same for all of them: each example leaves the rows as they were.
    """
    return hypothesis_settings(
        max_examples=examples if connection.vendor == "sqlite" else examples // 5,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture],
    )


CLIENT = Client()
"""One for all: each loads the middleware anew."""


def ask(kind, value):
    method, path = PROTECTED[kind]
    return CLIENT.generic(method, path, headers={"X-Stack-Api-Key": value})


# A key in a header ----------------------------------------------------------------------------


def splice(key, start, removed, inserted):
    return key[:start] + inserted + key[start + removed :]


spoilt_keys = st.one_of(
    st.builds(
        splice,
        st.just(WORKED_EXAMPLE),
        st.integers(0, keys.LENGTH),
        st.integers(0, 3) | st.integers(0, keys.LENGTH),
        st.text(max_size=3),
    ),
    st.sampled_from(
        [
            WORKED_EXAMPLE.upper(),
            f"{WORKED_EXAMPLE} ",
            f" {WORKED_EXAMPLE}",
            f"{WORKED_EXAMPLE}\x00",
            f'"{WORKED_EXAMPLE}"',
            f"{WORKED_EXAMPLE},{WORKED_EXAMPLE}",
            f"Bearer {WORKED_EXAMPLE}",
        ]
    ),
).filter(lambda value: value != WORKED_EXAMPLE)
"""What people and programs make of a key on its way."""

malformed_values = st.one_of(
    st.text(), st.binary().map(lambda data: data.decode("latin-1")), spoilt_keys
)


@fuzz(10_000)
@given(kind=KINDS, value=malformed_values)
def test_what_is_no_key_is_refused_without_a_query(kind, value):
    # pytest-django raises at the first query of a test that has no database.
    answer = ask(kind, value)
    assert answer.status_code == 401
    assert answer.json()["code"] == "API_KEY_NOT_FOUND"


@fuzz(500)
@given(
    kind=KINDS,
    parts=st.fixed_dictionaries(
        {
            "secret": st.text(keys.ALPHABET, min_size=45, max_size=45),
            "id": st.sampled_from(list(KEY_ID.values())) | st.uuids(),
            "kind": KINDS,
            "is_public": st.booleans(),
        }
    ),
)
def test_a_key_that_nobody_made_is_refused_after_one_query(values, kind, parts):
    with CaptureQueriesContext(connection) as queries:
        answer = ask(kind, keys.assemble(**parts))
    assert answer.status_code == 401
    assert answer.json()["code"] == "API_KEY_NOT_FOUND"
    assert len(queries) == 1


# The same over HTTP, where no client library refuses to send it -------------------------------


def send(demo, kind, lines):
    """The status that the demo answers to a request with these header lines, sent as they are."""
    method, path = PROTECTED[kind]
    head = [f"{method} {path} HTTP/1.1".encode(), b"Host: 127.0.0.1", b"Connection: close"]
    with socket.create_connection(("127.0.0.1", demo.port), timeout=60) as connected:
        connected.sendall(b"\r\n".join([*head, *lines, b"", b""]))
        with connected.makefile("rb") as answer:
            return int(answer.read().split(maxsplit=2)[1])


def header(value, name=b"X-Stack-Api-Key"):
    return name + b": " + value


@pytest.mark.parametrize("kind", PROTECTED)
def test_the_demo_refuses_headers_that_no_browser_sends(demo, kind):
    good = demo.create_key(kind)["value"].encode()
    cases = {
        "nothing": [header(b"")],
        "NUL": [header(b"\x00")],
        "a key with NUL": [header(good + b"\x00")],
        "a key around NUL": [header(good[:50] + b"\x00" + good[51:])],
        "Latin-1": [header("kéy".encode("latin-1"))],
        "UTF-8": [header("ключ 🔑".encode())],
        "no UTF-8": [header(b"\xff\xfe\x80")],
        "60 kB": [header(b"k" * 60_000)],
        "60 kB that begin well": [header(good + b"0" * 60_000)],
        "a key twice": [header(good), header(good)],
        "a key and garbage": [header(good), header(b"garbage")],
        "garbage and a key": [header(b"garbage"), header(good)],
        "a folded key": [header(good[:50]), b" " + good[50:]],
        "underscores": [header(good, b"X_Stack_Api_Key")],
        "no colon": [b"X-Stack-Api-Key " + good],
        "a space before the colon": [header(good, b"X-Stack-Api-Key ")],
        "90 headers": [header(b"k%d" % number) for number in range(90)],
    }
    answers = {name: send(demo, kind, lines) for name, lines in cases.items()}
    assert answers == dict.fromkeys(cases, 401)
    assert send(demo, kind, [header(good)]) == 200


@fuzz(150)
@given(kind=KINDS, value=st.binary(max_size=200))
def test_the_demo_refuses_any_bytes_in_a_header(demo, kind, value):
    line_breaks_end_a_header = value.replace(b"\r", b"").replace(b"\n", b"")
    assert send(demo, kind, [header(line_breaks_end_a_header)]) == 401


# Requests to the API --------------------------------------------------------------------------

VALUE = "the value of the key"
"""Stands in a body for the value, which differs from run to run."""

texts = st.text(max_size=300) | st.text("a \x00\x7f\u2028\ud800\udfff", max_size=10)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def mostly(usual, unusual):
    return st.sampled_from([usual] * 4 + [unusual]).flatmap(lambda chosen: chosen)


def owner_ids(kind):
    others = st.sampled_from(["me", *map(str, OWNER_ID.values())]) | st.uuids().map(str) | texts
    return mostly(st.just(str(OWNER_ID[kind])), others)


def key_ids(kind):
    others = st.sampled_from([*map(str, KEY_ID.values())]) | st.uuids().map(str) | texts
    return mostly(st.just(str(KEY_ID[kind])), others)


def fields(kind):
    """By name what might be meant by each field."""
    return {
        "description": texts,
        "expires_at_millis": st.one_of(
            st.none(),
            st.integers(-(2**46), 2**48),
            st.integers(),
            st.floats(),
            st.integers().map(str) | st.floats().map(str) | texts,
        ),
        "is_public": st.sampled_from([True, False, "true", "FALSE", "", 0, 1]),
        "revoked": st.sampled_from([True, True, "true", False, "", 1]),
        "user_id": owner_ids("user"),
        "team_id": owner_ids("team"),
        "api_key": st.sampled_from([VALUE, f"{VALUE} ", VALUE * 2, NEVER_MADE[kind]]) | texts,
    }


def bodies(kind, required, optional=()):
    """JSON with these fields, mostly as they should be, else with others or of other types."""
    known = fields(kind)
    likely = st.fixed_dictionaries(
        {name: known[name] for name in required}, optional={name: known[name] for name in optional}
    )
    strange = st.dictionaries(st.sampled_from(list(known)) | texts, json_values, max_size=2)
    unlikely = st.builds(lambda a, b: a | b, likely, strange) | json_values
    return mostly(likely, unlikely).map(lambda body: (json.dumps(body), "application/json"))


raw_bodies = st.tuples(
    st.one_of(
        st.binary(),
        json_values.map(lambda body: json.dumps(body).encode("utf-16")),
        st.sampled_from(["[", "1", '{"a":']).map(lambda opening: opening * 10_000),
        st.integers(1, 2_000).map(lambda depth: "[" * depth + "]" * depth),
        st.dictionaries(st.text(), st.text(), max_size=3).map(urlencode),
    ),
    st.sampled_from(
        [
            "application/json",
            "application/json; charset=utf-16",
            "application/x-www-form-urlencoded",
            "text/plain",
            "application/octet-stream",
            "multipart/form-data; boundary=x",
            "",
            "/",
        ]
    ),
)

no_body = st.just(("", ""))


def quoted(part):
    return quote(part, safe="", errors="surrogatepass")


def paths(kind):
    others = st.one_of(
        st.sampled_from(["", "/", "/check", "/check/"]),
        st.binary(max_size=30).map(lambda part: "/" + quote(part, safe="/%")),
    )
    return mostly(key_ids(kind).map(lambda key_id: "/" + quoted(key_id)), others)


def queries(kind):
    others = st.one_of(
        st.lists(
            st.tuples(st.sampled_from(["user_id", "team_id"]) | texts, owner_ids(kind)), max_size=2
        ).map(lambda pairs: "&".join(f"{quoted(name)}={quoted(value)}" for name, value in pairs)),
        st.binary(max_size=30).map(lambda part: quote(part, safe="&=%+;")),
    )
    return mostly(st.sampled_from(["", f"{kind}_id={OWNER_ID[kind]}"]), others)


METHODS = ["GET", "POST", "PATCH", "PUT", "DELETE", "HEAD", "OPTIONS", "LOCK"]


def operations(kind):
    """For each operation its methods, its paths below the address of the keys, and its bodies."""
    return {
        "create": (
            st.just("POST"),
            st.just(""),
            bodies(kind, ["description", "expires_at_millis", f"{kind}_id"], ["is_public"]),
        ),
        "list": (st.just("GET"), st.just(""), no_body),
        "read": (st.just("GET"), paths(kind), no_body),
        "update": (st.just("PATCH"), paths(kind), bodies(kind, [], ["description", "revoked"])),
        "check": (st.just("POST"), st.just("/check"), bodies(kind, ["api_key"])),
        "anything": (st.sampled_from(METHODS), paths(kind), raw_bodies),
    }


SERVER_ACCESS = {
    "x-stack-access-type": "server",
    "x-stack-project-id": settings.STACK_APIKEYS["PROJECT_ID"],
    "x-stack-secret-server-key": settings.STACK_APIKEYS["SECRET_SERVER_KEYS"][0],
}


def stored():
    """All that a request to the API could change."""
    return [
        list(model.objects.order_by("pk").values())
        for model in (UserApiKey, TeamApiKey, Team, User)
    ]


LONGEST_ANSWER = 10_000
"""An error repeats what is wrong, but not at any length; other answers are shorter here."""


@pytest.mark.parametrize("operation", operations("user"))
@fuzz(400)
@given(data=st.data(), kind=KINDS)
def test_a_request_is_done_or_refused_and_then_changes_nothing(values, operation, data, kind):
    parts = st.tuples(*operations(kind)[operation], queries(kind))
    method, path, (body, content_type), query = data.draw(parts)
    if isinstance(body, str):
        body = body.replace(VALUE, values[kind]).encode()
    with transaction.atomic():
        before = stored()
        answer = CLIENT.generic(
            method,
            f"/api/v1/{kind}-api-keys{path}",
            body,
            content_type,
            QUERY_STRING=query,
            headers=SERVER_ACCESS,
        )
        assert answer.status_code < 500
        assert len(answer.content) < LONGEST_ANSWER
        if answer.status_code >= 400 or method in {"GET", "HEAD", "OPTIONS"}:
            assert stored() == before
        transaction.set_rollback(True)


def test_more_fields_than_django_reads_are_a_bad_request(values):
    fields = "a=b&" * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 1)
    answers = [
        CLIENT.get(f"/api/v1/user-api-keys?{fields}", headers=SERVER_ACCESS),
        CLIENT.post(
            "/api/v1/user-api-keys",
            fields,
            content_type="application/x-www-form-urlencoded",
            headers=SERVER_ACCESS,
        ),
    ]
    assert [answer.status_code for answer in answers] == [400, 400]
    assert [answer.headers["Content-Type"] for answer in answers] == [
        "text/plain; charset=utf-8"
    ] * 2


access_headers = st.builds(
    "{}{}".format,
    st.sampled_from(["X-Stack-", "X-Hexclave-"]),
    st.sampled_from(
        [
            "Access-Type",
            "Project-Id",
            "Secret-Server-Key",
            "Publishable-Client-Key",
            "Super-Secret-Admin-Key",
            "Access-Token",
            "Override-Error-Status",
        ]
    ),
)


@fuzz(500)
@given(
    headers=st.dictionaries(
        access_headers,
        st.sampled_from(["client", "admin", *SERVER_ACCESS.values()])
        | st.text(st.characters(max_codepoint=0xFF)),  # how a server hands over any bytes
    )
)
def test_no_access_headers_make_the_server_fail(values, headers):
    answer = CLIENT.get(f"/api/v1/user-api-keys?user_id={OWNER_ID['user']}", headers=headers)
    assert answer.status_code < 500
