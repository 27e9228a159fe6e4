"""What the documentation shows of keys in React, for users and for teams."""

import re
import time
from datetime import UTC, datetime

import pytest
from playwright.sync_api import expect

from tests.official_sdks.backend import check, list_keys, revoke
from tests.official_sdks.react.people import sign_in

KINDS = pytest.mark.parametrize("kind", ["user", "team"])

SAMPLES = {
    "create": {"user": "CreateApiKey", "team": "CreateTeamApiKey"},
    "list": {"user": "ApiKeysList", "team": "TeamApiKeysList"},
    "revoke": {"user": "RevokeApiKey", "team": "RevokeTeamApiKey"},
    "check": {"user": "CheckApiKey", "team": "CheckTeamApiKey"},
}

DAY = 24 * 60 * 60 * 1000


@pytest.fixture
def open_sample(visit, manager, demo):
    """Opens the sample that does this to keys of a user or a team."""

    def open_sample(task, kind, api_key=None):
        query = f"teamId={demo['TEAM_ID']}"
        if api_key is not None:
            query += f"&apiKeyId={api_key['id']}"
        return visit(f"/samples/{SAMPLES[task][kind]}?{query}", manager)

    return open_sample


@KINDS
def test_a_key_is_created_and_works(open_sample, demo, kind):
    page = open_sample("create", kind)
    page.get_by_role("button", name=re.compile("API key")).click()
    shown = page.get_by_role("status")
    expect(shown).not_to_be_empty()
    answer = check(demo, kind, shown.text_content())
    assert answer.status_code == 200
    key = answer.json()
    assert key[f"{kind}_id"] == demo.owner(kind)
    assert key["description"] == "Created by a React sample"
    days = (key["expires_at_millis"] - key["created_at_millis"]) / DAY
    assert round(days) == {"user": 90, "team": 60}[kind]


@KINDS
def test_keys_are_listed(open_sample, demo, kind):
    demo.create_key(kind)
    page = open_sample("list", kind)
    keys = list_keys(demo, kind)
    expect(page.get_by_role("listitem")).to_have_text(
        [
            f"{key['description']}, ends in {key['value']['last_four']}, "
            f"created on {datetime.fromtimestamp(key['created_at_millis'] / 1000, UTC):%Y-%m-%d}"
            for key in keys
        ]
    )


@KINDS
def test_a_key_is_revoked_and_then_refused(open_sample, demo, kind):
    api_key = demo.create_key(kind)
    assert check(demo, kind, api_key["value"]).status_code == 200
    page = open_sample("revoke", kind, api_key)
    page.get_by_role("button", name=re.compile("API key")).click()
    expect(page.get_by_text("Revoked")).to_be_visible()
    answer = check(demo, kind, api_key["value"])
    assert (answer.status_code, answer.json()["code"]) == (401, "API_KEY_REVOKED")


@KINDS
@pytest.mark.parametrize("state", ["valid", "invalid: manually-revoked", "invalid: expired"])
def test_the_validity_of_a_key_is_told(open_sample, demo, kind, state):
    yesterday = int(time.time() * 1000) - DAY
    api_key = demo.create_key(kind, expires_at_millis=yesterday if "expired" in state else None)
    if "revoked" in state:
        revoke(demo, kind, api_key)
    page = open_sample("check", kind, api_key)
    expect(page.get_by_text(f"API key is {state}", exact=True)).to_be_visible()


def test_the_keys_of_a_team_of_others_are_not_listed(visit, demo):
    page = visit(f"/samples/TeamApiKeysList?teamId={demo['TEAM_ID']}", sign_in(demo, "ADMIN"))
    expect(page.get_by_text("Team not found")).to_be_visible()
