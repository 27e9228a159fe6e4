"""Strategies and helpers for tests with generated input."""

import json
from urllib.parse import quote, urlencode
from uuid import UUID

from django.test import Client
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from stack_apikeys.teams.models import Team
from tests.factories import UserFactory

KINDS = st.sampled_from(["user", "team"])

NEVER_MADE = {
    "user": "sk_0g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70"
    "0f8fad5bd9cb469fa16570867728950euser1574ck4u7hf9f596a3",
    "team": "sk_0g40r40m30e209185gr38e1w8124gk2gahc5rr34d1p70"
    "0f8fad5bd9cb469fa16570867728950eteam1574ck4u7h4e1005a0",
}
"""Valid values of keys that do not exist. The user's is the wire contract's worked example."""

OWNER_ID = {
    "user": UUID("8f0c1c5e-6f5b-4a1e-9d0a-2b1f5f3a7c11"),
    "team": UUID("c2a4e7d9-1b3f-4c5d-8e7f-90a1b2c3d4e5"),
}
KEY_ID = {
    "user": UUID("1d6e0f3a-7b2c-4d8e-9f10-a2b3c4d5e6f7"),
    "team": UUID("5a9b8c7d-6e5f-4a3b-8c1d-0e9f8a7b6c5d"),
}


def create_keys():
    """Create a user's key and a team's, and return their values by kind."""
    user = UserFactory(id=OWNER_ID["user"])
    team = Team.objects.create_team(id=OWNER_ID["team"], display_name="Team")
    _api_key, of_user = user.api_keys.create_key(id=KEY_ID["user"])
    _api_key, of_team = team.api_keys.create_key(id=KEY_ID["team"])
    return {"user": of_user, "team": of_team}


def fuzz(examples):
    """Return hypothesis settings with this number of examples, which are always the same ones.

    The profile that is loaded can allow fewer: see ``pytest_configure`` in ``conftest.py``. Examples
    share the fixtures, so each must leave the rows as they were.
    """
    return hypothesis_settings(
        max_examples=min(examples, hypothesis_settings().max_examples),
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    )


CLIENT = Client()
"""Shared by all examples, because each client loads the middleware."""

LONGEST_ANSWER = 10_000
"""Maximum length of a response in bytes, since errors truncate what they repeat."""

texts = st.text(max_size=300) | st.text("a \x00\x7f\u2028\ud800\udfff", max_size=10)

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)


def mostly(usual, unusual):
    return st.sampled_from([usual] * 4 + [unusual]).flatmap(lambda chosen: chosen)


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
