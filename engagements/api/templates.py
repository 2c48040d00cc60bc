"""Engagement templates over HTTP: read, bring, take an engagement out as one."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api.views import client_of
from engagements.catalogue import LARGEST
from engagements.models import EngagementTemplate
from engagements.selectors import engagement_for
from engagements.selectors.templates import as_template, templates_for
from engagements.services.templates import import_template
from portal import access
from portal.api.base import ApiViewSet, tenants_of
from portal.api.fields import PublicIdField
from portal.errors import NotFound


class TemplateSerializer(serializers.ModelSerializer[EngagementTemplate]):
    """One version of a template that was brought for a client. It never changes."""

    id = PublicIdField("tpl", source="pk", read_only=True)
    client = serializers.SlugRelatedField(source="tenant", slug_field="slug", read_only=True)  # type: ignore[var-annotated]  # the stub wants the model of a read-only field

    class Meta:
        model = EngagementTemplate
        fields = ["id", "client", "key", "version", "title", "sha256", "created_at"]
        read_only_fields = fields


class TemplateDetail(TemplateSerializer):
    """With the YAML as it was read."""

    text = serializers.CharField(source="body", read_only=True)

    class Meta(TemplateSerializer.Meta):
        fields = [*TemplateSerializer.Meta.fields, "text"]
        read_only_fields = fields


class NewTemplate(serializers.Serializer[Any]):
    """`text` is YAML that follows the schema. `client` is needed only by who has a place with several."""

    text = serializers.CharField(max_length=LARGEST, trim_whitespace=False)
    client = serializers.SlugField(required=False, default="")


class TemplateText(serializers.Serializer[Any]):
    """A template as YAML."""

    text = serializers.CharField()


class TemplateViewSet(ListModelMixin, ApiViewSet):
    """The templates of your clients. The one that ships is `standard` and in none of these lists."""

    serializer_class = TemplateSerializer
    scopes: ClassVar = {
        "list": "engagements:read",
        "retrieve": "engagements:read",
        "create": "engagements:write",
    }

    def get_queryset(self) -> QuerySet[EngagementTemplate]:
        return templates_for(self.viewer)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Templates that were brought, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(responses={200: TemplateDetail})
    def retrieve(self, request: Request, template_id: UUID) -> Response:
        """One with its text."""
        row = templates_for(self.viewer).filter(pk=template_id).first()
        if row is None:
            raise NotFound
        return Response(TemplateDetail(row).data)

    @extend_schema(request=NewTemplate, responses={201: TemplateDetail})
    def create(self, request: Request) -> Response:
        """Bring one version. A fault is named with its place in the file, and nothing is stored."""
        body = NewTemplate(data=request.data)
        body.is_valid(raise_exception=True)
        tenant = client_of(self.viewer, tenants_of(request), body.validated_data["client"])
        made = import_template(by=self.viewer, tenant=tenant, text=body.validated_data["text"])
        where = request.build_absolute_uri(reverse("api-template", args=[made.pk]))
        return Response(TemplateDetail(made).data, status=201, headers={"Location": where})


class EngagementTemplateViewSet(ApiViewSet):
    """An engagement as a template for others."""

    serializer_class = TemplateText
    scopes: ClassVar = {"retrieve": "engagements:read"}

    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """Stages, criteria, framework, risks and pilot metrics as they are now; no baseline, no date."""
        engagement = engagement_for(self.viewer, engagement_id)
        access.require(self.viewer, "manage_templates", engagement)
        return Response(TemplateText({"text": as_template(engagement)}).data)
