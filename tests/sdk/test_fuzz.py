"""No request to the endpoints of the SDK causes a server error."""

import json
import re

import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from example_project.models import User
from stack_apikeys.sdk import urls
from stack_apikeys.sdk.models import Profile, Session, TeamMemberProfile
from stack_apikeys.teams.models import Team, TeamMembership, TeamPermission
from tests.factories import PASSWORD, UserFactory
from tests.fuzz import (
    CLIENT,
    LONGEST_ANSWER,
    OWNER_ID,
    fuzz,
    json_values,
    mostly,
    no_body,
    quoted,
    raw_bodies,
    texts,
)
from tests.wire import anyone, server, sign_in

EMAIL = "ada@example.com"

METHODS = ["GET", "POST", "PATCH", "DELETE"]

user_ids = mostly(st.sampled_from(["me", str(OWNER_ID["user"])]), st.uuids().map(str) | texts)
team_ids = mostly(st.just(str(OWNER_ID["team"])), st.uuids().map(str) | texts)

FIELDS = {
    "email": mostly(st.just(EMAIL), texts),
    "password": mostly(st.just(PASSWORD), texts),
    "old_password": mostly(st.just(PASSWORD), texts),
    "new_password": texts,
    "verification_callback_url": texts,
    "grant_type": st.just("refresh_token"),
    "refresh_token": texts | st.just("0" * 75),
    "client_id": texts,
    "client_secret": texts,
    "display_name": st.none() | texts,
    "profile_image_url": st.none() | texts | st.just("https://example.com/a.png"),
    "client_metadata": json_values,
    "client_read_only_metadata": json_values,
    "server_metadata": json_values,
    "selected_team_id": st.none() | team_ids,
    "creator_user_id": user_ids,
}

PARTS = {
    "user_id": user_ids,
    "team_id": team_ids,
    "channel_id": st.uuids().map(str) | texts,
    "session_id": st.uuids().map(str) | texts,
    "permission_id": mostly(st.just("$manage_api_keys"), texts),
    "project_id": texts,
}

bodies = mostly(
    st.dictionaries(st.sampled_from(list(FIELDS)), st.none(), max_size=3).flatmap(
        lambda chosen: st.fixed_dictionaries({name: FIELDS[name] for name in chosen})
    ),
    json_values,
).map(lambda body: (json.dumps(body), "application/json"))

queries = st.lists(
    st.sampled_from([*PARTS, "recursive", "limit"]).flatmap(
        lambda name: st.tuples(st.just(name), PARTS.get(name, texts))
    ),
    max_size=2,
).map(lambda pairs: "&".join(f"{name}={quoted(value)}" for name, value in pairs))


def paths(pattern):
    names = re.findall("<str:([a-z_]+)>", str(pattern.pattern))
    template = "/api/v1/" + re.sub("<str:([a-z_]+)>", r"{\1}", str(pattern.pattern))
    return st.fixed_dictionaries({name: PARTS[name] for name in names}).map(
        lambda parts: template.format(**{name: quoted(part) for name, part in parts.items()})
    )


@pytest.fixture
def callers(db, settings):
    """The headers of a signed-in client, of a server with an access token, and of others."""
    settings.STACK_APIKEYS = settings.STACK_APIKEYS | {
        "ALLOW_SIGN_UP": True,
        "ALLOW_CLIENT_TEAM_CREATION": True,
        # Otherwise most responses would be errors of the rate limits.
        "SIGN_IN_RATE": None,
        "SIGN_IN_ADDRESS_RATE": None,
        "SIGN_IN_STRANGERS_RATE": None,
        "SIGN_UP_RATE": None,
        "SESSION_RATE": None,
        "TEAM_CREATE_RATE": None,
    }
    user = UserFactory(id=OWNER_ID["user"], email=EMAIL)
    Team.objects.create_team(id=OWNER_ID["team"], display_name="Team", creator=user)
    token = sign_in(user)["access_token"]
    return [
        anyone(access_token=token).headers,
        server(family="X-Hexclave-", access_token=token).headers,
        anyone().headers,
        {},
    ]


def stored():
    """Return all rows that a request could change."""
    models = (User, Team, TeamMembership, TeamPermission, Session, Profile, TeamMemberProfile)
    return [list(model.objects.order_by("pk").values()) for model in models]


@pytest.mark.parametrize("pattern", urls.urlpatterns, ids=lambda pattern: pattern.name)
@hypothesis_settings(fuzz(60))
@given(data=st.data(), query=queries, method=st.sampled_from(METHODS))
def test_a_refused_request_changes_nothing_and_none_fails(callers, pattern, data, query, method):
    path = data.draw(paths(pattern))
    body, content_type = data.draw(no_body | bodies | raw_bodies)
    headers = data.draw(st.sampled_from(callers))
    with transaction.atomic():
        before = stored()
        answer = CLIENT.generic(
            method,
            path,
            body.encode() if isinstance(body, str) else body,
            content_type,
            QUERY_STRING=query,
            headers=headers,
        )
        assert answer.status_code < 500
        assert len(answer.content) < LONGEST_ANSWER
        if answer.status_code >= 400 or method == "GET":
            assert stored() == before
        transaction.set_rollback(True)
