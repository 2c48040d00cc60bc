"""Reports over HTTP: order one, look whether it is printed, take the PDF."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.models import Report
from engagements.selectors import engagement_for
from engagements.selectors.reports import report_for, reports_of
from engagements.services.reports import order_report, print_again
from engagements.views.reports import pdf_answer, preset_key
from engagements.vocabulary import ReportKind
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField


class ReportSerializer(serializers.ModelSerializer[Report]):
    """An ordered report. `pdf_sha256` is null while it is printed; `failure` says why it failed, or null."""

    id = PublicIdField("rpt", source="pk", read_only=True)
    state = serializers.SerializerMethodField()
    failure = serializers.SerializerMethodField()
    pdf_sha256 = serializers.SerializerMethodField()
    pdf_size = serializers.SerializerMethodField()

    class Meta:
        model = Report
        fields = [
            "id", "kind", "subject", "title", "state", "failure", "sha256", "size", "pdf_sha256", "pdf_size",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.ChoiceField(choices=["printing", "printed", "failed"]))
    def get_state(self, row: Any) -> str:
        if row.made:
            return "printed"
        return "failed" if row.failed else "printing"

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_failure(self, row: Any) -> str | None:
        return row.failed[0].reason if row.failed and not row.made else None

    @extend_schema_field(serializers.CharField(allow_null=True))
    def get_pdf_sha256(self, row: Any) -> str | None:
        return row.made[0].sha256 if row.made else None

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_pdf_size(self, row: Any) -> int | None:
        return row.made[0].size if row.made else None


class NewReport(serializers.Serializer[Any]):
    """`subject` is the run (`run_…`) or the value case (`vac_…`); readiness has none.

    `preset` (`rps_…`) names what is left out; without it the report is whole.
    """

    kind = serializers.ChoiceField(choices=ReportKind.choices)
    subject = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)
    preset = serializers.CharField(max_length=40, required=False, default="", allow_blank=True)


class EngagementReportViewSet(ListModelMixin, ApiViewSet):
    """The reports of an engagement."""

    serializer_class = ReportSerializer
    scopes: ClassVar = {"list": "reports:read", "create": "reports:read"}

    def get_queryset(self) -> QuerySet[Report]:
        return reports_of(self.viewer, engagement_for(self.viewer, self.kwargs["engagement_id"]))

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Reports that you may read, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewReport, responses={202: ReportSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Freeze what a report says and have it printed. Ask at Location until its state is `printed`."""
        body = NewReport(data=request.data)
        body.is_valid(raise_exception=True)
        wanted = body.validated_data
        made = order_report(
            by=self.viewer, engagement_id=engagement_id, kind=wanted["kind"], subject=wanted["subject"],
            preset_id=preset_key(wanted["preset"]),
        )  # fmt: skip
        where = request.build_absolute_uri(reverse("api-report", args=[made.pk]))
        row = report_for(self.viewer, made.pk)
        return Response(self.get_serializer(row).data, status=202, headers={"Location": where})


class ReportViewSet(ApiViewSet):
    """One report and its PDF."""

    serializer_class = ReportSerializer
    queryset = Report.objects.none()
    scopes: ClassVar = {"retrieve": "reports:read", "pdf": "reports:read", "again": "reports:read"}

    def retrieve(self, request: Request, report_id: UUID) -> Response:
        """A report and whether it is printed."""
        return Response(self.get_serializer(report_for(self.viewer, report_id)).data)

    @extend_schema(request=None, responses={202: ReportSerializer})
    def again(self, request: Request, report_id: UUID) -> Response:
        """Have a report printed that failed; 409 for one that did not."""
        print_again(by=self.viewer, report_id=report_id)
        return Response(self.get_serializer(report_for(self.viewer, report_id)).data, status=202)

    @extend_schema(responses={(200, "application/pdf"): OpenApiTypes.BINARY})
    def pdf(self, request: Request, report_id: UUID) -> HttpResponse:
        """The PDF; 409 while it is being printed."""
        return pdf_answer(report_for(self.viewer, report_id))
