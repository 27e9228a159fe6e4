"""What the React component asks for and a server of keys does not have, answered honestly.

A missing answer would take the whole page down, and not only its own part. A client asks of the
person and of their own teams only.
"""

from rest_framework.request import Request
from rest_framework.response import Response

from stack_apikeys.api.base import StackApiView
from stack_apikeys.sdk.exceptions import InvitationsNotEnabled
from stack_apikeys.sdk.serializers import (
    InvitationsQuery,
    TeamParams,
    UserParams,
    serialize_list,
)
from stack_apikeys.sdk.views.base import NobodyAuthentication, SdkView


class CustomerView(SdkView):
    """A user or a team as a customer."""

    def require_visible(self, request: Request) -> None:
        """Raise what `visible_user` and `visible_team` raise."""
        if "user_id" in self.kwargs:
            self.visible_user(request, self.validated(request, params=UserParams)["user_id"])
        else:
            self.visible_team(request, self.validated(request, params=TeamParams)["team_id"])


class BillingView(CustomerView):
    """How a customer pays."""

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Answer that nobody pays here."""
        self.require_visible(request)
        return Response({"has_customer": False, "default_payment_method": None})


class ProductsView(CustomerView):
    """What a customer has bought."""

    def get(self, request: Request, **_kwargs: str) -> Response:
        """Answer nothing, in pages: this is the one list that the component turns over."""
        self.require_visible(request)
        return Response({"items": [], "is_paginated": True, "pagination": {"next_cursor": None}})


class InvitationsView(SdkView):
    """Invitations to a team."""

    def get(self, request: Request) -> Response:
        """Answer none: members are added, not invited."""
        fields = self.validated(request, query=InvitationsQuery)
        if "team_id" in fields:
            self.visible_team(request, fields["team_id"])
        if "user_id" in fields:
            self.visible_user(request, fields["user_id"])
        return Response(serialize_list([]))


class InvitationCodeView(SdkView):
    """An invitation to be sent. The component has the form wherever there is ``$invite_members``."""

    def post(self, request: Request) -> Response:
        """Say that there are none: the form shows the sentence, and the page stays."""
        raise InvitationsNotEnabled


class AnalyticsView(StackApiView):
    """What the official SDK has counted in a browser."""

    authentication_classes = [NobodyAuthentication]

    def post(self, request: Request) -> Response:
        """Keep nothing of it."""
        return Response({"inserted": 0})


class ComponentVersionsView(StackApiView):
    """Newer versions of pages that an application has made its own, for the SDK's dev tool."""

    authentication_classes = []
    permission_classes = []

    def get(self, request: Request) -> Response:
        """Answer that there are none."""
        return Response({"versions": {}})
