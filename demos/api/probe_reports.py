"""Reports of another tool's probes over HTTP."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.models import ProbeReport
from demos.selectors import trials
from demos.services.probe_reports import import_garak
from engagements.selectors import engagement_for
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField
from portal.api.parsers import Form
from portal.errors import FieldError, Invalid

REPORT = {
    "multipart/form-data": {
        "type": "object",
        "required": ["file", "target_version"],
        "properties": {
            "file": {"type": "string", "format": "binary"},
            "target_version": {"type": "string"},
        },
    },
}


class AboutSystem(serializers.Serializer[Any]):
    """The system that a report is about."""

    target_version = PublicIdField("tgv")


class ProbeResult(serializers.Serializer[Any]):
    """One probe under one detector: of `n` judged answers, `hits` failed; `unjudged` had no word.

    `prompts` and `prompts_hit` are null when the report does not hold its attempts. `upper` is the one-sided
    95 % bound of the rate of hits over `bounded_over`; null when nothing was judged, or when the tool's own
    count and its attempts do not agree.
    """

    probe = serializers.CharField()
    detector = serializers.CharField()
    n = serializers.IntegerField()
    hits = serializers.IntegerField()
    unjudged = serializers.IntegerField()
    prompts = serializers.IntegerField(allow_null=True)
    prompts_hit = serializers.IntegerField(allow_null=True)
    bounded_over = serializers.ChoiceField(["prompts", "answers"])
    upper = serializers.FloatField(allow_null=True)
    agrees = serializers.BooleanField()


class LineLeftOut(serializers.Serializer[Any]):
    """A line that counts for nothing, and what it is."""

    line = serializers.IntegerField()
    what = serializers.CharField()


class ProbeReportShape(serializers.ModelSerializer[ProbeReport]):
    """A report of another tool's probes, as counts. `kinds` counts the lines that were understood."""

    id = PublicIdField("pbr", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    target_version = PublicIdField("tgv", source="target_version_id", read_only=True)
    kinds = serializers.SerializerMethodField()

    class Meta:
        model = ProbeReport
        fields: ClassVar[list[str]] = [
            "id", "engagement", "number", "target_version", "tool_version", "started_at", "ended",
            "content_sha256", "lines", "kinds", "left_out_count", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField(child=serializers.IntegerField()))
    def get_kinds(self, row: ProbeReport) -> Any:
        return row.kinds


class ProbeReportDetail(ProbeReportShape):
    """One report with its results; `left_out` lists the first 200 of the `left_out_count` lines."""

    results = ProbeResult(many=True, read_only=True)
    left_out = LineLeftOut(many=True, read_only=True)

    class Meta(ProbeReportShape.Meta):
        fields: ClassVar[list[str]] = [*ProbeReportShape.Meta.fields, "results", "left_out"]
        read_only_fields = fields


class EngagementProbeReportViewSet(ListModelMixin, ApiViewSet):
    """The reports of probes of an engagement; another one is brought in."""

    serializer_class = ProbeReportShape
    parser_classes = (Form,)
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[ProbeReport]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return trials.visible_probe_reports(self.viewer, engagement.pk)

    @extend_schema(request=REPORT, responses={201: ProbeReportDetail})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Bring a report of garak in (`.report.jsonl`, at most 32 MB), whole or not at all."""
        body = AboutSystem(data=request.data)
        body.is_valid(raise_exception=True)
        file = request.FILES.get("file")
        if file is None or not file.file:
            raise Invalid(
                "No file was sent.", errors=[FieldError("/file", "required", "Send the report as “file”.")]
            )
        report = import_garak(
            by=self.viewer, engagement_id=engagement_id,
            target_version_id=body.validated_data["target_version"], file=file,
        )  # fmt: skip
        where = request.build_absolute_uri(f"/api/v1/probe-reports/{report.public_id}")
        return Response(ProbeReportDetail(report).data, status=201, headers={"Location": where})


class ProbeReportViewSet(ApiViewSet):
    """One report of probes."""

    serializer_class = ProbeReportDetail
    scopes: ClassVar = {"retrieve": "runs:read"}

    def retrieve(self, request: Request, report_id: UUID) -> Response:
        """What each probe came to under each detector."""
        return Response(self.get_serializer(trials.probe_report_for(self.viewer, report_id)).data)
