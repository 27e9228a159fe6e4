"""The key endpoints, section 6.1 of the wire contract."""

from typing import Any, ClassVar

from django.db import router, transaction
from django.views.decorators.debug import sensitive_variables
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from stack_apikeys.api.access import ServerAccess
from stack_apikeys.api.base import StackApiView
from stack_apikeys.api.serializers import (
    ApiKeyIdParams,
    CheckBody,
    CreateTeamKeyBody,
    CreateUserKeyBody,
    RequestPart,
    TeamListQuery,
    TeamQuery,
    UpdateBody,
    UserQuery,
    serialize_api_key,
    serialize_api_keys,
)
from stack_apikeys.exceptions import ApiKeyNotFound, SchemaError
from stack_apikeys.models import TeamApiKey, UserApiKey
from stack_apikeys.throttling import CreateRateThrottle
from stack_apikeys.verification import verify_api_key


class ApiKeyViewSet(StackApiView, ViewSet):
    """Create, list, read, update and check keys of one kind.

    The order of the checks is that of section 3: schema, switch, existence, rights.
    """

    lookup_url_kwarg = "api_key_id"
    lookup_value_regex = "[^/]+"

    model: ClassVar[type[UserApiKey] | type[TeamApiKey]]
    query: ClassVar[type[RequestPart]]
    list_query: ClassVar[type[RequestPart]]
    create_body: ClassVar[type[RequestPart]]

    @sensitive_variables("value")
    def create(self, request: Request) -> Response:
        """Make a key and answer its value, for the only time."""
        fields = self.validated(request, body=self.create_body)
        self.model.require_enabled()
        owner_id = fields[f"{self.model.KIND}_id"]
        owner: Any = (
            self.model.get_owner_managed_by(request.user, owner_id)
            if request.auth == "client"
            else self.model.get_owner(owner_id)
        )
        api_key, value = self.model.objects.create_key(
            **{self.model.KIND: owner},
            description=fields["description"],
            expires_at=fields["expires_at_millis"],
            is_public=fields.get("is_public", False),
            created_by=self._person(request),
        )
        return Response(serialize_api_key(api_key, value=value))

    def list(self, request: Request) -> Response:
        """Answer all keys of an owner, newest first, revoked and expired ones too."""
        fields = self.validated(request, query=self.list_query)
        self.model.require_enabled()
        kind = self.model.KIND
        owner_id = fields.get(f"{kind}_id")
        if owner_id is None:
            raise SchemaError(message=f"{kind}_id is required for {kind} API keys")
        if request.auth == "client":
            self.model.get_owner_managed_by(request.user, owner_id)
        api_keys = self.model.objects.filter(**{f"{kind}_id": owner_id})
        return Response({"items": serialize_api_keys(api_keys), "is_paginated": False})

    def retrieve(self, request: Request, **_kwargs: Any) -> Response:
        """Answer one key."""
        fields = self.validated(request, params=ApiKeyIdParams, query=self.query)
        return Response(serialize_api_key(self._get_api_key(request, fields)))

    def partial_update(self, request: Request, **_kwargs: Any) -> Response:
        """Rename a key, revoke it, or both."""
        fields = self.validated(request, params=ApiKeyIdParams, query=self.query, body=UpdateBody)
        api_key = self._get_api_key(request, fields)
        with transaction.atomic(using=router.db_for_write(self.model, instance=api_key)):
            if "description" in fields:
                api_key.rename(fields["description"])
            if "revoked" in fields:
                api_key.revoke(by=self._person(request))
        return Response(serialize_api_key(api_key))

    @action(detail=False, methods=["post"], permission_classes=[ServerAccess])
    @sensitive_variables("fields")
    def check(self, request: Request) -> Response:
        """Answer the key that a value belongs to, or why it cannot be used."""
        fields = self.validated(request, body=CheckBody)
        self.model.require_enabled()
        api_key = verify_api_key(fields["api_key"], kind=self.model.KIND)
        return Response(serialize_api_key(api_key))

    def get_throttles(self) -> Any:
        """Limit creation only; ``list``, the type, is hidden by the action of that name."""
        return [CreateRateThrottle()] if self.action == "create" else []

    def _get_api_key(self, request: Request, fields: dict[str, Any]) -> UserApiKey | TeamApiKey:
        self.model.require_enabled()
        api_key = self.model.objects.filter(pk=fields["api_key_id"]).first()
        if api_key is None:
            raise ApiKeyNotFound
        if request.auth == "client":
            self.model.get_owner_managed_by(request.user, api_key.owner_id)
        return api_key

    def _person(self, request: Request) -> Any:
        """Who is signed in, for the record of who made or revoked a key."""
        return request.user if request.user.is_authenticated else None


class UserApiKeyViewSet(ApiKeyViewSet):
    """Keys of users."""

    model = UserApiKey
    query = UserQuery
    list_query = UserQuery
    create_body = CreateUserKeyBody


class TeamApiKeyViewSet(ApiKeyViewSet):
    """Keys of teams."""

    model = TeamApiKey
    query = TeamQuery
    list_query = TeamListQuery
    create_body = CreateTeamKeyBody
