"""Use of the pilot and its incidents over HTTP: sent again and again with the same result, and read."""

from __future__ import annotations

from typing import Any, ClassVar, Final
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api.pilot import OfAPeriod, PilotReportSerializer
from engagements.models import AdoptionCount, Incident
from engagements.pilot_words import Cause, FigureSource, OverrideReason, Severity
from engagements.selectors import engagement_for
from engagements.services.adoption import MOST, Use, report_uses
from engagements.services.incidents import IncidentFacts, change_incident, import_incidents, log_incident
from portal import access
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField
from portal.api.problems import UnknownParameter
from portal.api.versions import expected_version, tagged
from portal.errors import NotFound

MOST_AT_ONCE: Final = 500


class PilotUseSerializer(serializers.ModelSerializer[AdoptionCount]):
    """One version of one period's counts; of each period and segment the highest `number` counts."""

    id = PublicIdField("adc", source="pk", read_only=True)
    grade = serializers.CharField(read_only=True)

    class Meta:
        model = AdoptionCount
        fields = [
            "id", "period", "begins", "ends", "segment", "number", "eligible", "active", "accepted",
            "overridden", "abandoned", "reasons", "source", "grade", "note", "late", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewUse(OfAPeriod):
    """Who could use it and who did (people), and what became of its answers (cases; null: not counted)."""

    segment = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    eligible = serializers.IntegerField(max_value=MOST)
    active = serializers.IntegerField(max_value=MOST)
    accepted = serializers.IntegerField(required=False, allow_null=True, default=None, max_value=MOST)
    overridden = serializers.IntegerField(required=False, allow_null=True, default=None, max_value=MOST)
    abandoned = serializers.IntegerField(required=False, allow_null=True, default=None, max_value=MOST)
    reasons = serializers.DictField(
        child=serializers.IntegerField(min_value=0, max_value=MOST), required=False, default=dict,
        help_text=f"How many of the overridden for each reason: {', '.join(OverrideReason.values)}.",
    )  # fmt: skip
    source = serializers.ChoiceField(choices=FigureSource.choices)  # type: ignore[assignment]  # a field of that name
    note = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")

    @staticmethod
    def use(given: dict[str, Any]) -> Use:
        """As the service reads it; a reason that was counted as none is not stored, as on the page."""
        reasons = {code: count for code, count in given["reasons"].items() if count}
        words = {"segment": given["segment"].strip(), "note": given["note"].strip()}
        return Use(**{**given, **words, "reasons": reasons, "source": FigureSource(given["source"])})


class PilotUses(serializers.Serializer[Any]):
    """The counts of several periods: all are stored, or none."""

    counts = serializers.ListField(child=NewUse(), min_length=1, max_length=MOST_AT_ONCE)


class PilotUseViewSet(ListModelMixin, ApiViewSet):
    """Who uses the pilot."""

    serializer_class = PilotUseSerializer
    scopes: ClassVar = {"list": "value:read", "replace": "value:write"}

    def get_queryset(self) -> QuerySet[AdoptionCount]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return AdoptionCount.objects.filter(engagement=engagement)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Every version of every period's counts, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=PilotUses, responses={200: PilotReportSerializer})
    def replace(self, request: Request, engagement_id: UUID) -> Response:
        """Report counts. Sent a second time they change nothing; other counts are a new version."""
        engagement_for(self.viewer, engagement_id)
        body = PilotUses(data=request.data)
        body.is_valid(raise_exception=True)
        uses = [NewUse.use(given) for given in body.validated_data["counts"]]
        told = report_uses(by=self.viewer, engagement_id=engagement_id, uses=uses)
        return Response(PilotReportSerializer(told).data)


class IncidentSerializer(serializers.ModelSerializer[Incident]):
    """One incident. `resolved_at` null: it is open. `reference`: its name where it was noted first."""

    id = PublicIdField("inc", source="pk", read_only=True)

    class Meta:
        model = Incident
        fields = [
            "id", "number", "reference", "title", "severity", "cause", "started_at", "detected_at",
            "mitigated_at", "resolved_at", "note", "version", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewIncident(serializers.Serializer[Any]):
    """What went wrong, when it began, was seen, hurt no more and was mended (null: not yet)."""

    title = serializers.CharField(max_length=160)
    severity = serializers.ChoiceField(choices=Severity.choices)
    cause = serializers.ChoiceField(choices=Cause.choices, required=False, default=Cause.UNKNOWN)
    started_at = serializers.DateTimeField()
    detected_at = serializers.DateTimeField()
    mitigated_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    resolved_at = serializers.DateTimeField(required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")

    @staticmethod
    def facts(given: dict[str, Any]) -> IncidentFacts:
        words = {"severity": Severity(given["severity"]), "cause": Cause(given["cause"])}
        return IncidentFacts(**{**given, **words})


class ForeignIncident(NewIncident):
    """The same, found again by `reference`: its name where it was noted first, such as a ticket."""

    reference = serializers.CharField(max_length=80)


class IncidentImport(serializers.Serializer[Any]):
    """Incidents of another log: all are taken over, or none."""

    incidents = serializers.ListField(child=ForeignIncident(), min_length=1, max_length=MOST_AT_ONCE)


class ImportedSerializer(serializers.Serializer[Any]):
    """What became of an import."""

    stored = serializers.IntegerField()
    changed = serializers.IntegerField()
    unchanged = serializers.IntegerField()


class IncidentViewSet(ListModelMixin, ApiViewSet):
    """The incident log of a pilot. That it is complete is said by a person on the page."""

    serializer_class = IncidentSerializer
    query_parameters: ClassVar = {"list": frozenset({"open"})}
    scopes: ClassVar = {
        "list": "value:read", "retrieve": "value:read", "create": "value:write", "replace": "value:write",
        "change": "value:write",
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[Incident]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        rows = Incident.objects.filter(engagement=engagement)
        asked = self.request.query_params.get("open")
        if asked not in (None, "true", "false"):
            raise UnknownParameter("open is true or false.")
        return rows if asked is None else rows.filter(resolved_at__isnull=asked == "true")

    @extend_schema(parameters=[OpenApiParameter("open", bool, description="Only open ones, or only mended.")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Incidents, newest first."""
        return super().list(request, *args, **kwargs)

    def retrieve(self, request: Request, incident_id: UUID) -> Response:
        """One incident."""
        row = self._row(incident_id)
        return tagged(request, row, Response(IncidentSerializer(row).data))

    @extend_schema(request=NewIncident, responses={201: IncidentSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Write an incident down."""
        engagement_for(self.viewer, engagement_id)
        row = log_incident(by=self.viewer, engagement_id=engagement_id, facts=self._facts(request))
        return tagged(request, row, Response(IncidentSerializer(row).data, status=201))

    @extend_schema(request=NewIncident, responses={200: IncidentSerializer})
    def change(self, request: Request, incident_id: UUID) -> Response:
        """Say more of an incident, or that it is mended. Needs If-Match."""
        version = expected_version(request, self._row(incident_id))
        row = change_incident(
            by=self.viewer, incident_id=incident_id, version=version, facts=self._facts(request)
        )
        return tagged(request, row, Response(IncidentSerializer(row).data))

    @extend_schema(request=IncidentImport, responses={200: ImportedSerializer})
    def replace(self, request: Request, engagement_id: UUID) -> Response:
        """Take incidents over from another log. Sent a second time they change nothing; none is removed."""
        engagement_for(self.viewer, engagement_id)
        body = IncidentImport(data=request.data)
        body.is_valid(raise_exception=True)
        reported = [NewIncident.facts(given) for given in body.validated_data["incidents"]]
        told = import_incidents(by=self.viewer, engagement_id=engagement_id, reported=reported)
        return Response(ImportedSerializer(told).data)

    def _facts(self, request: Request) -> IncidentFacts:
        body = NewIncident(data=request.data)
        body.is_valid(raise_exception=True)
        return NewIncident.facts(body.validated_data)

    def _row(self, incident_id: UUID) -> Incident:
        row = access.visible(self.viewer, Incident.objects.filter(pk=incident_id)).first()
        if row is None:
            raise NotFound
        return row
