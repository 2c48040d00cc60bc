"""Evidence over HTTP: hand it in, read it, download it. Accepting is for people in a browser."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api.serializers import PersonSerializer
from engagements.models import EvidenceItem, EvidenceVersion
from engagements.rules.drill import Drill
from engagements.selectors import engagement_for
from engagements.selectors.evidence import visible_evidence
from engagements.services.evidence import Given, hand_in, open_file
from engagements.views.evidence import as_attachment
from engagements.vocabulary import EvidenceKind, EvidenceStrength
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField
from portal.api.parsers import Form


class EvidenceVersionSerializer(serializers.ModelSerializer[EvidenceVersion]):
    """What was handed in at one moment. `status` says whether the other side accepted it."""

    id = PublicIdField("evv", source="pk", read_only=True)
    about = serializers.ListField(child=serializers.CharField(), read_only=True)
    handed_in_by = PersonSerializer(read_only=True)
    judged_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = EvidenceVersion
        fields = [
            "id", "number", "about", "strength", "period_days", "note", "url", "value", "unit", "drill",
            "file_name", "media_type", "sha256", "effective_from", "effective_to", "received_at",
            "handed_in_by", "scan_state", "status", "judged_by", "judged_at", "judgement",
        ]  # fmt: skip
        read_only_fields = fields


class EvidenceSerializer(serializers.ModelSerializer[EvidenceItem]):
    """One item with its versions, newest first."""

    id = PublicIdField("evi", source="pk", read_only=True)
    versions = serializers.SerializerMethodField()

    class Meta:
        model = EvidenceItem
        fields = ["id", "title", "kind", "proves", "visibility", "versions"]
        read_only_fields = fields

    @extend_schema_field(EvidenceVersionSerializer(many=True))
    def get_versions(self, row: EvidenceItem) -> Any:
        return EvidenceVersionSerializer(row.versions.all(), many=True).data


class MinutesField(serializers.DecimalField):
    """Minutes, or null for a time that nobody took."""

    def __init__(self, **options: Any) -> None:
        told = {"max_digits": 10, "decimal_places": 2, "required": False, "allow_null": True, "default": None}
        super().__init__(**{**told, **options})


class NewEvidence(serializers.Serializer[Any]):
    """A file as a form, or a link, a statement or a drill as JSON. Only the other side accepts it.

    A drill has `scenario`, `participants` and `outcome`, and its times in minutes from the start: `detected`,
    `decided`, `minutes` (restored). A time that nobody took is left out.
    """

    title = serializers.CharField(max_length=160)
    kind = serializers.ChoiceField(choices=EvidenceKind.choices, default=EvidenceKind.FILE)
    strength = serializers.ChoiceField(choices=EvidenceStrength.choices, default=EvidenceStrength.DOCUMENT)
    period_days = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    about = serializers.ListField(child=serializers.CharField(max_length=20), required=False, default=list)
    proves = serializers.SlugField(max_length=50, required=False, default="", allow_blank=True)
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    url = serializers.URLField(max_length=500, required=False, default="", allow_blank=True)
    effective_from = serializers.DateField(required=False)
    effective_to = serializers.DateField(required=False, allow_null=True, default=None)
    scenario = serializers.CharField(max_length=400, required=False, default="")
    participants = serializers.CharField(max_length=400, required=False, default="")
    outcome = serializers.CharField(max_length=1000, required=False, default="")
    detected = MinutesField()
    decided = MinutesField()
    minutes = MinutesField()
    file = serializers.FileField(required=False, allow_null=True, default=None)

    def given(self) -> Given:
        data = self.validated_data
        drill = None
        if data["kind"] == EvidenceKind.DRILL:
            drill = Drill(
                data["scenario"], data["participants"], data["outcome"], data["minutes"],
                detected=data["detected"], decided=data["decided"],
            )  # fmt: skip
        file = data["file"]
        return Given(
            effective_from=data.get("effective_from") or timezone.now().date(),
            effective_to=data["effective_to"], strength=EvidenceStrength(data["strength"]),
            period_days=data["period_days"], about=tuple(data["about"]), note=data["note"], url=data["url"],
            drill=drill, file_name=file.name if file else "", body=file.read() if file else b"",
        )  # fmt: skip


class EvidenceViewSet(ListModelMixin, ApiViewSet):
    """The evidence of an engagement."""

    serializer_class = EvidenceSerializer
    parser_classes = (Form, JSONParser)
    scopes: ClassVar = {"list": "evidence:read", "create": "evidence:write"}

    def get_queryset(self) -> QuerySet[EvidenceItem]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return visible_evidence(self.viewer, engagement.pk)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Items that you may read, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewEvidence, responses={201: EvidenceSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Hand something in. It counts once a person of the other side has accepted it."""
        body = NewEvidence(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        engagement_for(self.viewer, engagement_id)
        version = hand_in(
            by=self.viewer, engagement_id=engagement_id, title=data["title"], kind=EvidenceKind(data["kind"]),
            given=body.given(), proves=data["proves"],
        )  # fmt: skip
        item = visible_evidence(self.viewer, engagement_id).get(pk=version.item_id)
        return Response(EvidenceSerializer(item).data, status=201)


class EvidenceFileViewSet(ApiViewSet):
    """The bytes of one version."""

    serializer_class = EvidenceVersionSerializer
    queryset = EvidenceVersion.objects.none()
    scopes: ClassVar = {"download": "evidence:read"}

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)})
    def download(self, request: Request, version_id: UUID) -> HttpResponse:
        """The file, as an attachment. The download stands in the ledger."""
        version, body = open_file(by=self.viewer, version_id=version_id)
        return as_attachment(version, body)
