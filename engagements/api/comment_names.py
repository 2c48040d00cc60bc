"""Whether comments are read with names by the other side: a client's own rule, over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api.views import client_of
from portal import access
from portal.api.base import ApiViewSet, tenants_of
from portal.models import Tenant
from portal.services.clients import show_names


class CommentNamesSerializer(serializers.Serializer[Any]):
    """`shown` false: comments that are written from now on tell the other side only the author's side."""

    client = serializers.SlugField(read_only=True)
    shown = serializers.BooleanField()


class NewCommentNames(serializers.Serializer[Any]):
    """`client` names whose rule; who has a place with one client only may leave it out."""

    shown = serializers.BooleanField()
    client = serializers.SlugField(required=False, default="")


class CommentNamesViewSet(ApiViewSet):
    """The rule of a client on names under comments: who works there reads it, its sponsor sets it."""

    serializer_class = CommentNamesSerializer
    scopes: ClassVar = {"retrieve": "engagements:read", "replace": "engagements:write"}
    query_parameters: ClassVar = {"retrieve": frozenset({"client"})}

    @extend_schema(responses={200: CommentNamesSerializer})
    def retrieve(self, request: Request) -> Response:
        """The rule as it is now."""
        tenant = client_of(self.viewer, tenants_of(request), request.query_params.get("client", ""))
        access.require(self.viewer, "see_engagement", tenant)
        return _told(tenant)

    @extend_schema(request=NewCommentNames, responses={200: CommentNamesSerializer})
    def replace(self, request: Request) -> Response:
        """Say whether names are shown. Comments that are there keep what held when they were written."""
        body = NewCommentNames(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        tenant = client_of(self.viewer, tenants_of(request), given["client"])
        return _told(show_names(by=self.viewer, tenant_id=tenant.pk, shown=given["shown"]))


def _told(tenant: Tenant) -> Response:
    told = {"client": tenant.slug, "shown": not tenant.comments_without_names}
    return Response(CommentNamesSerializer(told).data)
