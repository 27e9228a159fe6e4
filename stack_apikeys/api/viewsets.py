"""Views of the key endpoints (section 6.1 of the wire contract)."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any, ClassVar, cast

from django.contrib.auth.models import AbstractBaseUser
from django.db import router, transaction
from django.db.models import Model
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from stack_apikeys._database.conflicts import repeat_on_conflict
from stack_apikeys.api.pagination import TeamPageQuery, UserPageQuery, list_api_keys
from stack_apikeys.api.serializers import (
    ApiKeyIdParams,
    BackendCreateTeamKeyBody,
    BackendCreateUserKeyBody,
    BackendUpdateBody,
    CheckBody,
    CreateTeamKeyBody,
    CreateUserKeyBody,
    RotateBody,
    TeamQuery,
    UpdateBody,
    UserQuery,
    serialize_api_key,
)
from stack_apikeys.conf import conf
from stack_apikeys.exceptions import ApiKeyNotFound
from stack_apikeys.limits import Limit
from stack_apikeys.models import ApiKey, ApiKeyModel, TeamApiKey, UserApiKey
from stack_apikeys.policy import get_policy
from stack_apikeys.quotas import add_headers
from stack_apikeys.reauthentication import require_recent, sign_in_of
from stack_apikeys.rights import actor_of, hold_rights, owner_managed_by
from stack_apikeys.secret import Revealed
from stack_apikeys.verification import verify_api_key
from stack_apikeys.wire.access import ServerAccess
from stack_apikeys.wire.exceptions import SchemaError
from stack_apikeys.wire.validation import RequestPart
from stack_apikeys.wire.views import StackApiView


class ApiKeyViewSet(StackApiView, ViewSet):
    """Create, list, retrieve, update and check keys of one kind.

    The checks are made in the order of section 3: schema, feature switch, existence, rights.
    """

    lookup_url_kwarg = "api_key_id"
    lookup_value_regex = "[^/]+"

    model: ClassVar[ApiKeyModel]
    query: ClassVar[type[RequestPart]]
    list_query: ClassVar[type[RequestPart]]
    create_body: ClassVar[type[RequestPart]]
    backend_create_body: ClassVar[type[RequestPart]]

    def create(self, request: Request) -> Response:
        """Create a key. No other response has its value."""
        body = self.create_body if self.access.is_client else self.backend_create_body
        fields = self.validated(request, body=body)
        self.model.require_enabled()
        self._count_creation()
        return Response(self._create(request, fields))

    @repeat_on_conflict
    def _create(self, request: Request, fields: dict[str, Any]) -> dict[str, object]:
        with self._hold_rights_to_create(request, fields[f"{self.model.KIND}_id"]) as owner:
            actor = actor_of(request)
            owner_field: dict[str, Any] = {self.model.KIND: owner}
            api_key, value = self.model.objects.create_key(
                **owner_field,
                description=fields["description"],
                expires_at=fields.get("expires_at_millis"),
                is_public=fields.get("is_public", False),
                scopes=fields.get("scopes"),
                networks=fields.get("networks"),
                rates=fields.get("rates"),
                created_by=actor,
                actor=actor if self.access.is_client else None,
            )
            value = Revealed(value)  # hidden from error reports: the commit may fail
        return serialize_api_key(api_key, value=value)

    def list(self, request: Request) -> Response:
        """List the keys of an owner, newest first, including revoked and expired ones."""
        fields = self.validated(request, query=self.list_query)
        self.model.require_enabled()
        kind = self.model.KIND
        owner_id = fields.get(f"{kind}_id")
        if owner_id is None:
            raise SchemaError(message=f"{kind}_id is required for {kind} API keys")
        if self.access.is_client:
            owner_managed_by(request.user, self.model, owner_id)
        api_keys = self.model.objects.filter(**{f"{kind}_id": owner_id})
        return Response(list_api_keys(api_keys, fields))

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """Return a key."""
        fields = self.validated(request, params=ApiKeyIdParams, query=self.query)
        return Response(serialize_api_key(self._get_api_key(request, fields)))

    @repeat_on_conflict
    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Rename a key, change its networks, take scopes away, or revoke it.

        Server and admin access can also change its rates.
        """
        body = UpdateBody if self.access.is_client else BackendUpdateBody
        fields = self.validated(request, params=ApiKeyIdParams, query=self.query, body=body)
        api_key = self._get_api_key(request, fields)
        must_be_recent = not {"networks", "revoked"}.isdisjoint(fields)
        with self._hold_rights_to_change(request, api_key, must_be_recent=must_be_recent):
            if "description" in fields:
                api_key.rename(fields["description"])
            if "scopes" in fields:
                api_key.narrow_scopes(fields["scopes"])
            if "networks" in fields:
                api_key.set_networks(fields["networks"])
            if "rates" in fields:
                api_key.set_rates(fields["rates"])
            if "revoked" in fields:
                api_key.revoke(by=actor_of(request))
        return Response(serialize_api_key(api_key))

    @action(detail=True, methods=["post"])
    def rotate(self, request: Request, **_kwargs: Any) -> Response:
        """Replace a key by a new one. No other response has the new key's value."""
        fields = self.validated(request, params=ApiKeyIdParams, query=self.query, body=RotateBody)
        api_key = self._get_api_key(request, fields)
        self._count_creation()
        return Response(self._rotate(request, api_key, fields))

    @repeat_on_conflict
    def _rotate(
        self, request: Request, api_key: ApiKey, fields: dict[str, Any]
    ) -> dict[str, object]:
        with self._hold_rights_to_change(request, api_key, is_rotation=True):
            actor = actor_of(request)
            successor, value = api_key.rotate(
                overlap=fields["overlap_millis"],
                expires_at=fields.get("expires_at_millis", ...),
                by=actor,
                actor=actor if self.access.is_client else None,
            )
            value = Revealed(value)  # hidden from error reports: the commit may fail
        return serialize_api_key(successor, value=value)

    @action(detail=False, methods=["post"], permission_classes=[ServerAccess], takes_secrets=True)
    def check(self, request: Request) -> Response:
        """Return the key that has this value. Raises what `verify_api_key` raises.

        A key with networks is checked for the address that the backend sends, or for its own.
        """
        fields = self.validated(request, body=CheckBody)
        self.model.require_enabled()
        api_key = verify_api_key(
            fields["api_key"],
            kind=self.model.KIND,
            request=request._request,
            address=fields.get("address"),
        )
        return Response(serialize_api_key(api_key))

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Tell what the rates of a key leave, if the request has checked it."""
        if self.action == "check":
            add_headers(request._request, response)
        return super().finalize_response(request, response, *args, **kwargs)

    def _count_creation(self) -> None:
        """Count a creation by ``CREATE_RATE``. Raises `RateLimited` and `LimitUnavailable`."""
        if self.access.is_client and self.access.user is not None:
            Limit("create", conf.CREATE_RATE, str(self.access.user.pk)).take()

    def _get_api_key(self, request: Request, fields: dict[str, Any]) -> ApiKey:
        self.model.require_enabled()
        api_key = self.model.objects.filter(pk=fields["api_key_id"]).first()
        if api_key is None:
            raise ApiKeyNotFound
        if self.access.is_client:
            owner_managed_by(request.user, self.model, api_key.owner_id)
        return api_key

    def _hold_rights_to_create(
        self, request: Request, owner_id: Any
    ) -> AbstractContextManager[Model]:
        """Return a context in which the request may create a key for the owner it enters with."""
        if self.access.is_client:
            return self._hold_rights_of_user(request, owner_id)
        owner = self.model.get_owner(owner_id)
        if not get_policy().owner_may_act(owner):
            raise self.model.owner_not_found(owner_id)
        return nullcontext(owner)

    def _hold_rights_to_change(
        self,
        request: Request,
        api_key: ApiKey,
        *,
        must_be_recent: bool = True,
        is_rotation: bool = False,
    ) -> AbstractContextManager[object]:
        """Return a transaction in which the request may change the key."""
        if self.access.is_client:
            return self._hold_rights_of_user(
                request,
                api_key.owner_id,
                api_key,
                must_be_recent=must_be_recent,
                is_rotation=is_rotation,
            )
        return transaction.atomic(using=router.db_for_write(self.model, instance=api_key))

    def _hold_rights_of_user(
        self,
        request: Request,
        owner_id: Any,
        api_key: ApiKey | None = None,
        *,
        must_be_recent: bool = True,
        is_rotation: bool = False,
    ) -> AbstractContextManager[Model]:
        # Refuses most of the requests that are not allowed without locking any row.
        owner_managed_by(request.user, self.model, owner_id)
        sign_in = sign_in_of(request._request)
        if must_be_recent:
            require_recent(sign_in)
        return hold_rights(
            self.model,
            owner_id,
            user=cast(AbstractBaseUser, request.user),
            sign_in=sign_in,
            actor=actor_of(request),
            api_key=api_key,
            is_rotation=is_rotation,
        )


class UserApiKeyViewSet(ApiKeyViewSet):
    """Keys of users."""

    model = UserApiKey
    query = UserQuery
    list_query = UserPageQuery
    create_body = CreateUserKeyBody
    backend_create_body = BackendCreateUserKeyBody


class TeamApiKeyViewSet(ApiKeyViewSet):
    """Keys of teams."""

    model = TeamApiKey
    query = TeamQuery
    list_query = TeamPageQuery
    create_body = CreateTeamKeyBody
    backend_create_body = BackendCreateTeamKeyBody
