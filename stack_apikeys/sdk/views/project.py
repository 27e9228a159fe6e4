"""The project: what is switched on, its public keys, and whether it is alive."""

from django.conf import settings
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.api.base import StackApiView
from stack_apikeys.conf import conf
from stack_apikeys.sdk import tokens


class CurrentProjectView(StackApiView):
    """The project that the caller named."""

    def get(self, request: Request) -> Response:
        """Answer its name and what of it is switched on."""
        return Response(
            {
                "id": conf.PROJECT_ID,
                "display_name": conf.PROJECT_DISPLAY_NAME or request.get_host(),
                "config": {
                    "sign_up_enabled": conf.ALLOW_SIGN_UP,
                    "credential_enabled": conf.ALLOW_PASSWORD_SIGN_IN,
                    "magic_link_enabled": False,
                    "passkey_enabled": False,
                    "client_team_creation_enabled": conf.ALLOW_CLIENT_TEAM_CREATION,
                    "client_user_deletion_enabled": False,
                    "allow_user_api_keys": conf.ALLOW_USER_API_KEYS,
                    "allow_team_api_keys": conf.ALLOW_TEAM_API_KEYS,
                    # Whether pages may send visitors on to an address of their own machine.
                    "allow_localhost": settings.DEBUG,
                    "enabled_oauth_providers": [],
                    "domains": [],
                },
            }
        )


class JwksView(StackApiView):
    """The public keys of access tokens (RFC 7517), for other services to check them by."""

    authentication_classes = []
    permission_classes = []

    def get(self, request: Request, project_id: str) -> Response:
        """Answer the keys; the first one signs now, the others did."""
        if project_id != conf.PROJECT_ID:
            raise Http404
        return Response({"keys": [key.jwk for key in tokens.signing_keys()]})


class HealthView(StackApiView):
    """What the official SDK asks when it could not connect."""

    authentication_classes = []
    permission_classes = []

    def get(self, request: Request) -> Response:
        """Answer that the process is alive."""
        return Response({"status": "ok"})
