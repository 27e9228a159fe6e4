"""An application in Django that gives its users and teams API keys, over HTTP.

It reads from its environment what ``manage.py demo --env`` prints. Run it with
``python django_sample.py runserver``.
"""

import os
import sys
import time

import requests
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_http_methods, require_POST

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


def signed_in_user_id(request):
    """Whoever is signed in to the application; here, always the same."""
    return os.environ["USER1_ID"]


@require_POST
def create_user_api_key(request):
    response = requests.post(
        f"{API}/user-api-keys",
        headers=SERVER_ACCESS,
        json={
            "user_id": signed_in_user_id(request),
            "description": "My client application",
            "expires_at_millis": int((time.time() + 90 * DAY) * 1000),
        },
        timeout=TIMEOUT,
    )
    return relayed(response)


@require_http_methods(["GET", "POST"])
def team_api_keys(request, team_id):
    view = create_team_api_key if request.method == "POST" else list_team_api_keys
    return view(request, team_id)


def create_team_api_key(request, team_id):
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


@require_GET
def list_user_api_keys(request):
    response = requests.get(
        f"{API}/user-api-keys?user_id={signed_in_user_id(request)}",
        headers=SERVER_ACCESS,
        timeout=TIMEOUT,
    )
    return relayed(response)


def list_team_api_keys(request, team_id):
    response = requests.get(
        f"{API}/team-api-keys?team_id={team_id}", headers=SERVER_ACCESS, timeout=TIMEOUT
    )
    return relayed(response)


@require_http_methods(["DELETE"])
def revoke_user_api_key(request, api_key_id):
    response = requests.patch(
        f"{API}/user-api-keys/{api_key_id}",
        headers=SERVER_ACCESS,
        json={"revoked": True},
        timeout=TIMEOUT,
    )
    return revocation(response)


@require_http_methods(["DELETE"])
def revoke_team_api_key(request, api_key_id):
    response = requests.patch(
        f"{API}/team-api-keys/{api_key_id}",
        headers=SERVER_ACCESS,
        json={"revoked": True},
        timeout=TIMEOUT,
    )
    return revocation(response)


@require_GET
def check_user_api_key(request, api_key_id):
    response = requests.get(
        f"{API}/user-api-keys/{api_key_id}", headers=SERVER_ACCESS, timeout=TIMEOUT
    )
    return validity(response)


@require_GET
def check_team_api_key(request, api_key_id):
    response = requests.get(
        f"{API}/team-api-keys/{api_key_id}", headers=SERVER_ACCESS, timeout=TIMEOUT
    )
    return validity(response)


@require_GET
def protected(request):
    api_key = request.headers.get("X-Stack-Api-Key")
    if not api_key:
        return JsonResponse({"error": "API key required"}, status=401)
    response = requests.post(
        f"{API}/user-api-keys/check",
        headers=SERVER_ACCESS,
        json={"api_key": api_key},
        timeout=TIMEOUT,
    )
    if response.status_code != 200:
        return JsonResponse({"error": "Invalid API key"}, status=401)
    return JsonResponse({"userId": response.json()["user_id"]})


@require_POST
def team_protected(request):
    api_key = request.headers.get("X-Stack-Api-Key")
    if not api_key:
        return JsonResponse({"error": "API key required"}, status=401)
    response = requests.post(
        f"{API}/team-api-keys/check",
        headers=SERVER_ACCESS,
        json={"api_key": api_key},
        timeout=TIMEOUT,
    )
    if response.status_code != 200:
        return JsonResponse({"error": "Invalid team API key"}, status=401)
    return JsonResponse({"teamId": response.json()["team_id"]})


def relayed(response):
    """What the API has answered, for the application's own page."""
    if response.status_code != 200:
        return JsonResponse({"error": response.text}, status=response.status_code)
    return JsonResponse(response.json())


def revocation(response):
    """That the API has revoked the key."""
    if response.status_code != 200:
        return relayed(response)
    return JsonResponse({"message": "API key revoked successfully"})


def validity(response):
    """Whether the key that the API has answered can be used, and why not."""
    if response.status_code != 200:
        return JsonResponse({"error": "API key not found"}, status=404)
    api_key = response.json()
    if api_key.get("manually_revoked_at_millis"):
        return JsonResponse({"valid": False, "reason": "manually-revoked"})
    expires_at_millis = api_key.get("expires_at_millis")
    if expires_at_millis and expires_at_millis < time.time() * 1000:
        return JsonResponse({"valid": False, "reason": "expired"})
    return JsonResponse({"valid": True})


urlpatterns = [
    path("api/create-user-api-key", create_user_api_key),
    path("api/teams/<uuid:team_id>/api-keys", team_api_keys),
    path("api/user-api-keys", list_user_api_keys),
    path("api/user-api-keys/<uuid:api_key_id>", revoke_user_api_key),
    path("api/team-api-keys/<uuid:api_key_id>", revoke_team_api_key),
    path("api/check-user-api-key/<uuid:api_key_id>", check_user_api_key),
    path("api/check-team-api-key/<uuid:api_key_id>", check_team_api_key),
    path("api/protected", protected),
    path("api/team-protected", team_protected),
]

if __name__ == "__main__":
    settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__)
    execute_from_command_line(sys.argv)
