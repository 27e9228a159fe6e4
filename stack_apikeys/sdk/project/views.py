"""The endpoints for the project."""

from django.conf import settings
from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.conf import conf
from stack_apikeys.sdk.sessions import tokens
from stack_apikeys.wire.views import StackApiView, StubView


class CurrentProjectView(StackApiView):
    """The project."""

    def get(self, request: Request) -> Response:
        """Return the project and its configuration."""
        return Response(
            {
                "id": conf.PROJECT_ID,
                "display_name": conf.PROJECT_DISPLAY_NAME or request.get_host(),
                "config_warnings": [],
                "pushed_config_error": None,
                "is_development_environment": False,
                "config": {
                    "sign_up_enabled": conf.ALLOW_SIGN_UP,
                    "credential_enabled": conf.ALLOW_PASSWORD_SIGN_IN,
                    "magic_link_enabled": False,
                    "passkey_enabled": False,
                    "client_team_creation_enabled": conf.ALLOW_CLIENT_TEAM_CREATION,
                    "client_user_deletion_enabled": False,
                    "allow_user_api_keys": conf.ALLOW_USER_API_KEYS,
                    "allow_team_api_keys": conf.ALLOW_TEAM_API_KEYS,
                    # Whether pages may redirect to localhost.
                    "allow_localhost": settings.DEBUG,
                    "allow_promo_codes": False,
                    "allow_stacking_promo_codes": False,
                    "enabled_oauth_providers": [],
                    "domains": [],
                },
            }
        )


class JwksView(StackApiView):
    """The public keys with which other services verify access tokens (RFC 7517)."""

    authentication_classes = []
    permission_classes = []

    def get(self, request: Request, project_id: str) -> Response:
        """Return the keys; the first one belongs to the key that signs new tokens."""
        if project_id != conf.PROJECT_ID:
            raise Http404
        return Response({"keys": [key.jwk for key in tokens.signing_keys()]})


class HealthView(StubView):
    """The health check, which the official SDK requests if it could not connect."""

    authentication_classes = []
    permission_classes = []
    answer = {"status": "ok"}
