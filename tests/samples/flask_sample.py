"""An application in Flask that gives its users and teams API keys.

It reads from its environment what ``manage.py demo --env`` prints. Run it with
``flask --app flask_sample run``.
"""

import os
import time

import requests
from flask import Flask, jsonify, request

API = os.environ["STACK_BASE_URL"] + "/api/v1"
# With it the API does everything for anyone: whether a key is the signed-in person's, and whether
# they may manage the team's, is for the application to check.
SERVER_ACCESS = {
    "x-stack-access-type": "server",
    "x-stack-project-id": os.environ["STACK_PROJECT_ID"],
    "x-stack-secret-server-key": os.environ["STACK_SECRET_SERVER_KEY"],
}
TIMEOUT = 60  # seconds
DAY = 24 * 60 * 60  # seconds

app = Flask(__name__)


def signed_in_user_id():
    """Whoever is signed in to the application; here, always the same."""
    return os.environ["USER1_ID"]


@app.post("/api/create-user-api-key")
def create_user_api_key():
    response = requests.post(
        f"{API}/user-api-keys",
        headers=SERVER_ACCESS,
        json={
            "user_id": signed_in_user_id(),
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
        headers=SERVER_ACCESS,
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
        f"{API}/user-api-keys?user_id={signed_in_user_id()}", headers=SERVER_ACCESS, timeout=TIMEOUT
    )
    return relayed(response)


@app.get("/api/teams/<uuid:team_id>/api-keys")
def list_team_api_keys(team_id):
    response = requests.get(
        f"{API}/team-api-keys?team_id={team_id}", headers=SERVER_ACCESS, timeout=TIMEOUT
    )
    return relayed(response)


@app.delete("/api/user-api-keys/<uuid:api_key_id>")
def revoke_user_api_key(api_key_id):
    response = requests.patch(
        f"{API}/user-api-keys/{api_key_id}",
        headers=SERVER_ACCESS,
        json={"revoked": True},
        timeout=TIMEOUT,
    )
    return revocation(response)


@app.delete("/api/team-api-keys/<uuid:api_key_id>")
def revoke_team_api_key(api_key_id):
    response = requests.patch(
        f"{API}/team-api-keys/{api_key_id}",
        headers=SERVER_ACCESS,
        json={"revoked": True},
        timeout=TIMEOUT,
    )
    return revocation(response)


@app.get("/api/check-user-api-key/<uuid:api_key_id>")
def check_user_api_key(api_key_id):
    response = requests.get(
        f"{API}/user-api-keys/{api_key_id}", headers=SERVER_ACCESS, timeout=TIMEOUT
    )
    return validity(response)


@app.get("/api/check-team-api-key/<uuid:api_key_id>")
def check_team_api_key(api_key_id):
    response = requests.get(
        f"{API}/team-api-keys/{api_key_id}", headers=SERVER_ACCESS, timeout=TIMEOUT
    )
    return validity(response)


@app.get("/api/protected")
def protected():
    api_key = request.headers.get("X-Stack-Api-Key")
    if not api_key:
        return jsonify({"error": "API key required"}), 401
    response = requests.post(
        f"{API}/user-api-keys/check",
        headers=SERVER_ACCESS,
        json={"api_key": api_key},
        timeout=TIMEOUT,
    )
    if response.status_code != 200:
        return jsonify({"error": "Invalid API key"}), 401
    return jsonify({"userId": response.json()["user_id"]})


@app.post("/api/team-protected")
def team_protected():
    api_key = request.headers.get("X-Stack-Api-Key")
    if not api_key:
        return jsonify({"error": "API key required"}), 401
    response = requests.post(
        f"{API}/team-api-keys/check",
        headers=SERVER_ACCESS,
        json={"api_key": api_key},
        timeout=TIMEOUT,
    )
    if response.status_code != 200:
        return jsonify({"error": "Invalid team API key"}), 401
    return jsonify({"teamId": response.json()["team_id"]})


def relayed(response):
    """What the API has answered, for the application's own page."""
    if response.status_code != 200:
        return jsonify({"error": response.text}), response.status_code
    return jsonify(response.json())


def revocation(response):
    """That the API has revoked the key."""
    if response.status_code != 200:
        return relayed(response)
    return jsonify({"message": "API key revoked successfully"})


def validity(response):
    """Whether the key that the API has answered can be used, and why not."""
    if response.status_code != 200:
        return jsonify({"error": "API key not found"}), 404
    api_key = response.json()
    if api_key.get("manually_revoked_at_millis"):
        return jsonify({"valid": False, "reason": "manually-revoked"})
    expires_at_millis = api_key.get("expires_at_millis")
    if expires_at_millis and expires_at_millis < time.time() * 1000:
        return jsonify({"valid": False, "reason": "expired"})
    return jsonify({"valid": True})
