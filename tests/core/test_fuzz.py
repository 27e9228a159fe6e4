"""No value of a key, and no header, makes the server fail or is accepted by mistake."""

import socket

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from stack_apikeys import keys
from tests.fuzz import CLIENT, KEY_ID, KINDS, NEVER_MADE, create_keys, fuzz
from tests.server import PATIENCE

PROTECTED = {"user": ("GET", "/api/protected"), "team": ("POST", "/api/team-protected")}

WORKED_EXAMPLE = NEVER_MADE["user"]


@pytest.fixture
def values(db):
    return create_keys()


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
        ]
    ),
).filter(lambda value: value != WORKED_EXAMPLE)
"""What people and programs make of a key on its way."""

malformed_values = st.one_of(
    st.text(), st.binary().map(lambda data: data.decode("latin-1")), spoilt_keys
).filter(lambda value: value.strip() != WORKED_EXAMPLE)  # blanks around a key do no harm


@pytest.fixture
def unlimited(configure):
    """Without a limit, as there are more refused keys than one address may send in a minute."""
    configure(GUESS_RATE=None)


@fuzz(3_000)
@given(kind=KINDS, value=malformed_values)
def test_what_is_no_key_is_refused_without_a_query(unlimited, kind, value):
    # pytest-django raises at the first query of a test that has no database.
    answer = ask(kind, value)
    assert answer.status_code == 401
    assert answer.json()["code"] in {"API_KEY_NOT_FOUND", "API_KEY_FORM_NOT_ACCEPTED"}


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
    with socket.create_connection(("127.0.0.1", demo.port), timeout=PATIENCE) as connected:
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
