"""An application in Django whose visitors manage their own and their teams' API keys.

The visitor's access token, from the cookie that the site which holds the keys has set, lets the
API decide what the visitor may do. It reads from its environment what ``manage.py demo --env``
prints. Run it with ``python django_client_sample.py runserver``.
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
TIMEOUT = 60  # seconds
DAY = 24 * 60 * 60  # seconds


def client_access(request):
    """The headers of a client; without a token, the API answers that nobody is signed in."""
    headers = {
        "x-stack-access-type": "client",
        "x-stack-project-id": os.environ["STACK_PROJECT_ID"],
        "x-stack-publishable-client-key": os.environ["STACK_PUBLISHABLE_CLIENT_KEY"],
    }
    if access_token := request.COOKIES.get("stack-access-token"):
        headers["x-stack-access-token"] = access_token
    return headers


@require_POST
def create_user_api_key(request):
    response = requests.post(
        f"{API}/user-api-keys",
        headers=client_access(request),
        json={
            "user_id": "me",
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
        headers=client_access(request),
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
        f"{API}/user-api-keys?user_id=me", headers=client_access(request), timeout=TIMEOUT
    )
    return relayed(response)


def list_team_api_keys(request, team_id):
    response = requests.get(
        f"{API}/team-api-keys?team_id={team_id}", headers=client_access(request), timeout=TIMEOUT
    )
    return relayed(response)


@require_http_methods(["DELETE"])
def revoke_user_api_key(request, api_key_id):
    return revoke(request, f"{API}/user-api-keys/{api_key_id}")


@require_http_methods(["DELETE"])
def revoke_team_api_key(request, api_key_id):
    return revoke(request, f"{API}/team-api-keys/{api_key_id}")


def revoke(request, address):
    response = requests.patch(
        address, headers=client_access(request), json={"revoked": True}, timeout=TIMEOUT
    )
    if response.status_code != 200:
        return relayed(response)
    return JsonResponse({"message": "API key revoked successfully"})


@require_GET
def check_user_api_key(request, api_key_id):
    return check(request, f"{API}/user-api-keys/{api_key_id}")


@require_GET
def check_team_api_key(request, api_key_id):
    return check(request, f"{API}/team-api-keys/{api_key_id}")


def check(request, address):
    """Whether the key can be used, and why not."""
    response = requests.get(address, headers=client_access(request), timeout=TIMEOUT)
    if response.status_code != 200:
        return JsonResponse({"error": "API key not found"}, status=404)
    api_key = response.json()
    if api_key.get("manually_revoked_at_millis"):
        return JsonResponse({"valid": False, "reason": "manually-revoked"})
    expires_at_millis = api_key.get("expires_at_millis")
    if expires_at_millis and expires_at_millis < time.time() * 1000:
        return JsonResponse({"valid": False, "reason": "expired"})
    return JsonResponse({"valid": True})


def relayed(response):
    """What the API has answered, for the application's own page."""
    if response.status_code != 200:
        return JsonResponse({"error": response.text}, status=response.status_code)
    return JsonResponse(response.json())


urlpatterns = [
    path("api/create-user-api-key", create_user_api_key),
    path("api/teams/<uuid:team_id>/api-keys", team_api_keys),
    path("api/user-api-keys", list_user_api_keys),
    path("api/user-api-keys/<uuid:api_key_id>", revoke_user_api_key),
    path("api/team-api-keys/<uuid:api_key_id>", revoke_team_api_key),
    path("api/check-user-api-key/<uuid:api_key_id>", check_user_api_key),
    path("api/check-team-api-key/<uuid:api_key_id>", check_team_api_key),
]

if __name__ == "__main__":
    settings.configure(ALLOWED_HOSTS=["127.0.0.1"], ROOT_URLCONF=__name__)
    execute_from_command_line(sys.argv)
