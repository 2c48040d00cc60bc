"""The letterhead of a client's papers and the presets of its reports, over HTTP."""

from __future__ import annotations

import base64
import binascii
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api.views import client_of
from engagements.models import Letterhead, ReportPreset
from engagements.rules.letterhead import LARGEST_LOGO, LONGEST_COVER
from engagements.selectors.letterheads import letterhead_of
from engagements.services.letterheads import LONGEST_NAME, LetterheadTerms, set_letterhead, set_preset
from engagements.services.letterheads import remove_preset as remove
from engagements.vocabulary import ReportKind
from portal import access
from portal.api.base import ApiViewSet, tenants_of
from portal.api.fields import PublicIdField
from portal.errors import NotFound
from portal.models import Tenant


class LogoField(serializers.CharField):
    """A PNG file in base64."""

    def to_internal_value(self, data: Any) -> Any:
        try:
            return base64.b64decode(super().to_internal_value(data), validate=True)
        except (binascii.Error, ValueError):
            raise serializers.ValidationError("Send the PNG file in base64.") from None

    def run_validation(self, data: Any = serializers.empty) -> Any:
        found = super().run_validation(data)
        return found or b""


class LetterheadSerializer(serializers.ModelSerializer[Letterhead]):
    """The version in force. `logo_sha256` is empty where there is no logo."""

    id = PublicIdField("lth", source="pk", read_only=True)
    client = serializers.SlugRelatedField(source="tenant", slug_field="slug", read_only=True)  # type: ignore[var-annotated]  # the stub wants the model of a read-only field

    class Meta:
        model = Letterhead
        fields = ["id", "client", "number", "accent", "cover_text", "logo_sha256", "created_at"]
        read_only_fields = fields


class NewLetterhead(serializers.Serializer[Any]):
    """`logo` left out keeps the one in force; "" takes it away. `accent`: `#rrggbb`, dark on white."""

    accent = serializers.CharField(max_length=7)
    cover_text = serializers.CharField(max_length=LONGEST_COVER, default="", allow_blank=True)
    logo = LogoField(required=False, allow_blank=True, max_length=2 * LARGEST_LOGO)
    client = serializers.SlugField(required=False, default="")


class LetterheadViewSet(ApiViewSet):
    """How papers look. `client` names whose; who has a place with one client only may leave it out."""

    serializer_class = LetterheadSerializer
    scopes: ClassVar = {"retrieve": "reports:read", "replace": "engagements:write"}
    query_parameters: ClassVar = {"retrieve": frozenset({"client"})}

    @extend_schema(responses={200: LetterheadSerializer})
    def retrieve(self, request: Request) -> Response:
        """The letterhead in force; 404 where papers look as the house prints them."""
        found = letterhead_of(_client(self, request, request.query_params.get("client", "")).pk)
        if found is None:
            raise NotFound("There is no letterhead. Papers look as the house prints them.")
        return Response(LetterheadSerializer(found).data)

    @extend_schema(request=NewLetterhead, responses={200: LetterheadSerializer})
    def replace(self, request: Request) -> Response:
        """Put a letterhead in force. Papers that were ordered before keep theirs."""
        body = NewLetterhead(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        tenant = _client(self, request, given["client"])
        terms = LetterheadTerms(given["accent"], given["cover_text"], given.get("logo"))
        made = set_letterhead(by=self.viewer, tenant_id=tenant.pk, terms=terms)
        return Response(LetterheadSerializer(made).data)


class PresetSerializer(serializers.ModelSerializer[ReportPreset]):
    """What a kind of report leaves out, by the keys of its sections."""

    id = PublicIdField("rps", source="pk", read_only=True)
    client = serializers.SlugRelatedField(source="tenant", slug_field="slug", read_only=True)  # type: ignore[var-annotated]  # the stub wants the model of a read-only field

    class Meta:
        model = ReportPreset
        fields = ["id", "client", "kind", "name", "left_out", "created_at"]
        read_only_fields = fields


class NewPreset(serializers.Serializer[Any]):
    """A name that is there already gets the new choice."""

    kind = serializers.ChoiceField(choices=ReportKind.choices)
    name = serializers.CharField(max_length=LONGEST_NAME)
    left_out = serializers.ListField(child=serializers.CharField(max_length=30), max_length=20)
    client = serializers.SlugField(required=False, default="")


class PresetViewSet(ListModelMixin, ApiViewSet):
    """The presets of your clients' reports."""

    serializer_class = PresetSerializer
    scopes: ClassVar = {
        "list": "reports:read", "retrieve": "reports:read",
        "create": "engagements:write", "destroy": "engagements:write",
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[ReportPreset]:
        mine = tenants_of(self.request) & access.of(self.viewer).tenants("see_engagement")
        return ReportPreset.objects.filter(tenant_id__in=mine).select_related("tenant")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """The presets that you may use, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewPreset, responses={201: PresetSerializer})
    def create(self, request: Request) -> Response:
        """Store a preset. A section that every paper keeps is refused by name."""
        body = NewPreset(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        tenant = _client(self, request, given.pop("client"))
        made = set_preset(by=self.viewer, tenant_id=tenant.pk, **given)
        return Response(PresetSerializer(made).data, status=201)

    @extend_schema(responses={200: PresetSerializer})
    def retrieve(self, request: Request, preset_id: UUID) -> Response:
        """One preset."""
        return Response(PresetSerializer(self._one(preset_id)).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, preset_id: UUID) -> HttpResponse:
        """Take a preset away. Papers that were made with it stay."""
        row = self._one(preset_id)
        remove(by=self.viewer, tenant_id=row.tenant_id, preset_id=row.pk)
        return Response(status=204)

    def _one(self, preset_id: UUID) -> ReportPreset:
        row = self.get_queryset().filter(pk=preset_id).first()
        if row is None:
            raise NotFound
        return row


def _client(view: ApiViewSet, request: Request, slug: str) -> Tenant:
    tenant = client_of(view.viewer, tenants_of(request), slug)
    access.require(view.viewer, "manage_templates", tenant)
    return tenant
