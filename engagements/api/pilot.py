"""Figures of the pilot over HTTP: read them, and send them again and again with the same result."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.models import Observation
from engagements.pilot_words import FigureSource, Group
from engagements.rules.periods import Period, read_period
from engagements.rules.pilot import MOST_FIGURES, Figure
from engagements.selectors import engagement_for
from engagements.services.pilot import report_figures
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField


class PilotFigureSerializer(serializers.ModelSerializer[Observation]):
    """One version of one figure; of each metric, period, group and segment the highest `number` counts."""

    id = PublicIdField("obs", source="pk", read_only=True)
    metric = serializers.CharField(source="key", read_only=True)
    grade = serializers.CharField(read_only=True)

    class Meta:
        model = Observation
        fields = [
            "id", "metric", "period", "begins", "ends", "group", "segment", "number", "value", "n", "spread",
            "source", "grade", "note", "late", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class OfAPeriod(serializers.Serializer[Any]):
    """A week, a month or a day as it is written: 2026-W46, 2026-11, 2026-11-09."""

    period = serializers.CharField(max_length=10)

    def validate_period(self, value: str) -> Period:
        try:
            return read_period(value)
        except ValueError as wrong:
            raise serializers.ValidationError(str(wrong)) from None


class NewPilotFigure(OfAPeriod):
    """A figure in the unit of its metric, shares from 0 to 100. `value` null takes back what was reported."""

    metric = serializers.CharField(max_length=60)
    value = serializers.DecimalField(max_digits=18, decimal_places=6, allow_null=True)
    n = serializers.IntegerField(required=False, allow_null=True, default=None)
    spread = serializers.DecimalField(
        max_digits=18, decimal_places=6, required=False, allow_null=True, default=None
    )
    group = serializers.ChoiceField(choices=Group.choices, default=Group.PILOT)
    segment = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    source = serializers.ChoiceField(choices=FigureSource.choices)  # type: ignore[assignment]  # a field of that name
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")


class PilotFigures(serializers.Serializer[Any]):
    """All figures of a report: all are stored, or none."""

    figures = serializers.ListField(child=NewPilotFigure(), min_length=1, max_length=MOST_FIGURES)


class PilotReportSerializer(serializers.Serializer[Any]):
    """What became of a report."""

    stored = serializers.IntegerField()
    corrected = serializers.IntegerField()
    unchanged = serializers.IntegerField()
    late = serializers.IntegerField()


class PilotFigureViewSet(ListModelMixin, ApiViewSet):
    """The figures of a pilot."""

    serializer_class = PilotFigureSerializer
    scopes: ClassVar = {"list": "value:read", "replace": "value:write"}

    def get_queryset(self) -> QuerySet[Observation]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return Observation.objects.filter(engagement=engagement)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every version of every figure, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=PilotFigures, responses={200: PilotReportSerializer})
    def replace(self, request: Request, engagement_id: UUID) -> Response:
        """Report figures. Sent a second time they change nothing; another value is a new version."""
        engagement_for(self.viewer, engagement_id)
        body = PilotFigures(data=request.data)
        body.is_valid(raise_exception=True)
        figures = [
            Figure(
                key=row["metric"], period=row["period"], value=row["value"], n=row["n"], spread=row["spread"],
                group=Group(row["group"]), segment=row["segment"].strip(), source=FigureSource(row["source"]),
                note=row["note"].strip(),
            )
            for row in body.validated_data["figures"]
        ]  # fmt: skip
        told = report_figures(by=self.viewer, engagement_id=engagement_id, figures=figures)
        return Response(PilotReportSerializer(told).data)
