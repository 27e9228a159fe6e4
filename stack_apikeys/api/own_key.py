"""What a key may ask and do with nothing but itself: ``/api/v1/api-key``."""

from typing import Any, cast

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys import quotas
from stack_apikeys.api.serializers import RotateOwnBody, serialize_api_key
from stack_apikeys.conf import conf
from stack_apikeys.credentials import challenge, resolve
from stack_apikeys.exceptions import ApiKeyRequired, SecretApiKeyRequired
from stack_apikeys.limits import Limit
from stack_apikeys.models import ApiKey
from stack_apikeys.secret import Revealed
from stack_apikeys.wire.exceptions import ApiKeyCannotManageKeys
from stack_apikeys.wire.views import StackApiView


class OwnKeyAuthentication(BaseAuthentication):
    """Authentication by the key alone. Access headers, tokens and sessions are ignored."""

    def authenticate(self, request: Request) -> tuple[Any, ApiKey]:
        """Return the owner and the key. Raises `ApiKeyRequired`, and what `resolve` raises."""
        caller = resolve(request._request)
        if caller is None:
            raise ApiKeyRequired
        return caller.principal, caller.api_key


class _OwnKeyView(StackApiView):
    """An endpoint for the key of the request."""

    authentication_classes = [OwnKeyAuthentication]
    permission_classes = []

    @property
    def api_key(self) -> ApiKey:
        """The key of the request."""
        return cast(ApiKey, self.request.auth)

    @property
    def secret_key(self) -> ApiKey:
        """The same. Raises `SecretApiKeyRequired` for a public key, which anybody may send."""
        if self.api_key.is_public:
            raise SecretApiKeyRequired
        return self.api_key

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the headers about the rates of the key, and those of a refusal."""
        response = super().finalize_response(request, response, *args, **kwargs)
        if response.status_code == 401:
            response["WWW-Authenticate"] = challenge(request._request)
        quotas.add_headers(request._request, response)
        return response


class OwnKeyView(_OwnKeyView):
    """Shows the key of the request, and revokes it."""

    def get(self, request: Request) -> Response:
        """Return the key, and what its rates leave."""
        body = serialize_api_key(self.api_key)
        if left := quotas.quotas_of(request._request):
            body["rate_limits"] = [
                {
                    "rate": f"{quota.rate.events}/{quotas.name(quota)}",
                    "remaining": quota.remaining,
                    "reset_millis": quota.reset * 1000,
                }
                for quota in left
            ]
        return Response(body)

    def delete(self, request: Request) -> Response:
        """Revoke the key."""
        api_key = self.secret_key
        with translation.override(settings.LANGUAGE_CODE):  # the text is stored
            reason = gettext("Revoked by means of the key itself.")
        api_key.revoke(reason=reason)
        return Response(serialize_api_key(api_key))


class RotateOwnKeyView(_OwnKeyView):
    """Rotates the key of the request, if ``SELF_ROTATION`` allows it."""

    def post(self, request: Request) -> Response:
        """Replace the key by a new one. No other response has the new key's value."""
        fields = self.validated(request, body=RotateOwnBody)
        if not conf.SELF_ROTATION:
            raise ApiKeyCannotManageKeys
        api_key = self.secret_key
        Limit("create", conf.CREATE_RATE, api_key.KIND, str(api_key.owner_id)).take()
        successor, value = api_key.rotate(overlap=fields["overlap_millis"])
        value = Revealed(value)  # hidden from error reports
        return Response(serialize_api_key(successor, value=value))
