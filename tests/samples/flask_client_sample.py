"""An application in Flask whose visitors manage their own and their teams' API keys.

The visitor's access token, from the cookie that the site which holds the keys has set, lets the
API decide what the visitor may do. It reads from its environment what ``manage.py demo --env``
prints. Run it with ``flask --app flask_client_sample run``.
"""

import os
import time

import requests
from flask import Flask, abort, jsonify, request

API = os.environ["STACK_BASE_URL"] + "/api/v1"
TIMEOUT = 60  # seconds
DAY = 24 * 60 * 60  # seconds

app = Flask(__name__)


def client_access():
    """The headers of a client."""
    access_token = request.cookies.get("stack-access-token")
    if not access_token:
        abort(401, "Not authenticated")
    return {
        "x-stack-access-type": "client",
        "x-stack-project-id": os.environ["STACK_PROJECT_ID"],
        "x-stack-publishable-client-key": os.environ["STACK_PUBLISHABLE_CLIENT_KEY"],
        "x-stack-access-token": access_token,
    }


@app.post("/api/create-user-api-key")
def create_user_api_key():
    response = requests.post(
        f"{API}/user-api-keys",
        headers=client_access(),
        json={
            "user_id": "me",
            "description": "My client application",
            "expires_at_millis": int((time.time() + 90 * DAY) * 1000),
        },
        timeout=TIMEOUT,
    )
    return relayed(response)


@app.post("/api/teams/<uuid:team_id>/api-keys")
def create_team_api_key(team_id):
    response = requests.post(
        f"{API}/team-api-keys",
        headers=client_access(),
        json={
            "team_id": str(team_id),
            "description": "Team integration service",
            "expires_at_millis": int((time.time() + 60 * DAY) * 1000),
        },
        timeout=TIMEOUT,
    )
    return relayed(response)


@app.get("/api/user-api-keys")
def list_user_api_keys():
    response = requests.get(
        f"{API}/user-api-keys?user_id=me", headers=client_access(), timeout=TIMEOUT
    )
    return relayed(response)


@app.get("/api/teams/<uuid:team_id>/api-keys")
def list_team_api_keys(team_id):
    response = requests.get(
        f"{API}/team-api-keys?team_id={team_id}", headers=client_access(), timeout=TIMEOUT
    )
    return relayed(response)


@app.delete("/api/user-api-keys/<uuid:api_key_id>")
def revoke_user_api_key(api_key_id):
    return revoke(f"{API}/user-api-keys/{api_key_id}")


@app.delete("/api/team-api-keys/<uuid:api_key_id>")
def revoke_team_api_key(api_key_id):
    return revoke(f"{API}/team-api-keys/{api_key_id}")


def revoke(address):
    response = requests.patch(
        address, headers=client_access(), json={"revoked": True}, timeout=TIMEOUT
    )
    if response.status_code != 200:
        return relayed(response)
    return jsonify({"message": "API key revoked successfully"})


@app.get("/api/check-user-api-key/<uuid:api_key_id>")
def check_user_api_key(api_key_id):
    return check(f"{API}/user-api-keys/{api_key_id}")


@app.get("/api/check-team-api-key/<uuid:api_key_id>")
def check_team_api_key(api_key_id):
    return check(f"{API}/team-api-keys/{api_key_id}")


def check(address):
    """Whether the key can be used, and why not."""
    response = requests.get(address, headers=client_access(), timeout=TIMEOUT)
    if response.status_code != 200:
        return jsonify({"error": "API key not found"}), 404
    api_key = response.json()
    if api_key.get("manually_revoked_at_millis"):
        return jsonify({"valid": False, "reason": "manually-revoked"})
    expires_at_millis = api_key.get("expires_at_millis")
    if expires_at_millis and expires_at_millis < time.time() * 1000:
        return jsonify({"valid": False, "reason": "expired"})
    return jsonify({"valid": True})


def relayed(response):
    """What the API has answered, for the application's own page."""
    if response.status_code != 200:
        return jsonify({"error": response.text}), response.status_code
    return jsonify(response.json())
