"""Invitations to teams, which do not exist."""

import pytest

from tests.wire import assert_plain_error, person

pytestmark = pytest.mark.django_db


def test_lists_of_invitations_are_empty(creator, team):
    for query in (f"team_id={team.pk}", "user_id=me"):
        response = person(creator).get(f"/team-invitations?{query}")
        assert response.json() == {"items": [], "is_paginated": False}


def test_an_invitation_is_refused(creator, team):
    body = {"email": "x@example.com", "team_id": str(team.pk), "callback_url": "http://localhost/"}
    assert_plain_error(
        person(creator).post("/team-invitations/send-code", body),
        400,
        "Team invitations are not enabled for this project. Ask an administrator to add the member to the team.",
    )
