"""An application in FastAPI whose visitors manage their own and their teams' API keys.

The visitor's access token, from the cookie that the site which holds the keys has set, lets the
API decide what the visitor may do. It reads from its environment what ``manage.py demo --env``
prints. Run it with ``uvicorn fastapi_client_sample:app``.
"""

import os
import time
from typing import Annotated
from uuid import UUID

import requests
from fastapi import Cookie, Depends, FastAPI, HTTPException

API = os.environ["STACK_BASE_URL"] + "/api/v1"
TIMEOUT = 60  # seconds
DAY = 24 * 60 * 60  # seconds

# `requests` blocks, so that all of these are plain functions: FastAPI runs them in threads.
app = FastAPI()


def client_access(
    stack_access_token: Annotated[str | None, Cookie(alias="stack-access-token")] = None,
):
    """The headers of a client."""
    if not stack_access_token:
        raise HTTPException(401, "Not authenticated")
    return {
        "x-stack-access-type": "client",
        "x-stack-project-id": os.environ["STACK_PROJECT_ID"],
        "x-stack-publishable-client-key": os.environ["STACK_PUBLISHABLE_CLIENT_KEY"],
        "x-stack-access-token": stack_access_token,
    }


Access = Annotated[dict[str, str], Depends(client_access)]


@app.post("/api/create-user-api-key")
def create_user_api_key(access: Access):
    response = requests.post(
        f"{API}/user-api-keys",
        headers=access,
        json={
            "user_id": "me",
            "description": "My client application",
            "expires_at_millis": int((time.time() + 90 * DAY) * 1000),
        },
        timeout=TIMEOUT,
    )
    return relayed(response)


@app.post("/api/teams/{team_id}/api-keys")
def create_team_api_key(access: Access, team_id: UUID):
    response = requests.post(
        f"{API}/team-api-keys",
        headers=access,
        json={
            "team_id": str(team_id),
            "description": "Team integration service",
            "expires_at_millis": int((time.time() + 60 * DAY) * 1000),
        },
        timeout=TIMEOUT,
    )
    return relayed(response)


@app.get("/api/user-api-keys")
def list_user_api_keys(access: Access):
    response = requests.get(f"{API}/user-api-keys?user_id=me", headers=access, timeout=TIMEOUT)
    return relayed(response)


@app.get("/api/teams/{team_id}/api-keys")
def list_team_api_keys(access: Access, team_id: UUID):
    response = requests.get(
        f"{API}/team-api-keys?team_id={team_id}", headers=access, timeout=TIMEOUT
    )
    return relayed(response)


@app.delete("/api/user-api-keys/{api_key_id}")
def revoke_user_api_key(access: Access, api_key_id: UUID):
    return revoke(access, f"{API}/user-api-keys/{api_key_id}")


@app.delete("/api/team-api-keys/{api_key_id}")
def revoke_team_api_key(access: Access, api_key_id: UUID):
    return revoke(access, f"{API}/team-api-keys/{api_key_id}")


def revoke(access, address):
    response = requests.patch(address, headers=access, json={"revoked": True}, timeout=TIMEOUT)
    if response.status_code != 200:
        return relayed(response)
    return {"message": "API key revoked successfully"}


@app.get("/api/check-user-api-key/{api_key_id}")
def check_user_api_key(access: Access, api_key_id: UUID):
    return check(access, f"{API}/user-api-keys/{api_key_id}")


@app.get("/api/check-team-api-key/{api_key_id}")
def check_team_api_key(access: Access, api_key_id: UUID):
    return check(access, f"{API}/team-api-keys/{api_key_id}")


def check(access, address):
    """Whether the key can be used, and why not."""
    response = requests.get(address, headers=access, timeout=TIMEOUT)
    if response.status_code != 200:
        raise HTTPException(404, "API key not found")
    api_key = response.json()
    if api_key.get("manually_revoked_at_millis"):
        return {"valid": False, "reason": "manually-revoked"}
    expires_at_millis = api_key.get("expires_at_millis")
    if expires_at_millis and expires_at_millis < time.time() * 1000:
        return {"valid": False, "reason": "expired"}
    return {"valid": True}


def relayed(response):
    """What the API has answered, for the application's own page."""
    if response.status_code != 200:
        raise HTTPException(response.status_code, response.text)
    return response.json()
