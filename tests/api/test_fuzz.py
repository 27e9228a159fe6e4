"""No request to the key endpoints makes the server fail, or changes what it was not allowed to."""

import json
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st

from example_project.models import User
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.teams.models import Team
from tests.fuzz import (
    CLIENT,
    KEY_ID,
    KINDS,
    LONGEST_ANSWER,
    NEVER_MADE,
    OWNER_ID,
    create_keys,
    fuzz,
    json_values,
    mostly,
    no_body,
    quoted,
    raw_bodies,
    texts,
)

VALUE = "the value of the key"
"""Stands in a body for the value, which differs from run to run."""


@pytest.fixture
def values(db):
    return create_keys()


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
