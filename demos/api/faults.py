"""Fault tests over HTTP: reports brought in, attested, and handed in as evidence."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils.functional import cached_property
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.engine.faults.plan import Fault
from demos.fault_vocabulary import Attested, Behaviour, Seen
from demos.models import FaultAttestation, FaultReport
from demos.selectors import faults as reading
from demos.services import fault_reports as services
from engagements.selectors import engagement_for
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField

FAULTS = [fault.value for fault in Fault]


class NewFaultTest(serializers.Serializer[Any]):
    """What the fault proxy printed, as it is, and the system that stood behind it."""

    target_version = PublicIdField("tgv")
    report = serializers.DictField()


class FaultCountsShape(serializers.Serializer[Any]):
    """Requests under one fault; the waits are null where nothing was tried again, and in seconds."""

    fault = serializers.ChoiceField(FAULTS)
    requests = serializers.IntegerField()
    retried = serializers.IntegerField()
    recovered = serializers.IntegerField()
    given_up = serializers.IntegerField()
    most_tries = serializers.IntegerField()
    shortest_gap_s = serializers.FloatField(allow_null=True)
    middle_gap_s = serializers.FloatField(allow_null=True)


class BehaviourShape(serializers.Serializer[Any]):
    """One wanted behaviour under one fault, and whether it was kept."""

    fault = serializers.ChoiceField(FAULTS)
    behaviour = serializers.ChoiceField(Behaviour.choices)
    seen = serializers.ChoiceField(Seen.choices)
    why = serializers.CharField()


class FaultTestShape(serializers.ModelSerializer[FaultReport]):
    """A fault test. Of the `spoilt` requests, `recovered` got their answer; the bounds are Wilson's, 95 %."""

    id = PublicIdField("flr", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    target_version = PublicIdField("tgv", source="target_version_id", read_only=True)
    authorisation = PublicIdField("tau", source="authorisation_id", read_only=True)
    spoilt = serializers.IntegerField(read_only=True)
    recovered = serializers.IntegerField(read_only=True)
    recovered_rate = serializers.FloatField(source="share.value", read_only=True, allow_null=True)
    recovered_low = serializers.FloatField(source="share.low", read_only=True, allow_null=True)
    recovered_high = serializers.FloatField(source="share.high", read_only=True, allow_null=True)

    class Meta:
        model = FaultReport
        fields: ClassVar[list[str]] = [
            "id", "engagement", "number", "target_version", "authorisation", "started_at", "finished_at",
            "requests", "untouched", "tries", "peak_per_second", "spoilt", "recovered", "recovered_rate",
            "recovered_low", "recovered_high", "content_sha256", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class FaultTestDetail(FaultTestShape):
    """One fault test. `missed` is null while something was not tried or not looked at: `open` says what."""

    by_fault = FaultCountsShape(source="counts", many=True, read_only=True)
    behaviours = serializers.SerializerMethodField()
    missed = serializers.SerializerMethodField()
    open = serializers.SerializerMethodField()

    class Meta(FaultTestShape.Meta):
        fields: ClassVar[list[str]] = [
            *FaultTestShape.Meta.fields, "plan", "retries_after_limit", "too_early", "too_often", "by_fault",
            "behaviours", "missed", "open",
        ]  # fmt: skip
        read_only_fields = fields

    @cached_property
    def _standing(self) -> reading.Standing:
        return reading.standing_of(self.instance)  # type: ignore[arg-type]  # one row, never a list

    @extend_schema_field(BehaviourShape(many=True))
    def get_behaviours(self, row: FaultReport) -> Any:
        return BehaviourShape(self._standing.lines, many=True).data

    def get_missed(self, row: FaultReport) -> int | None:
        return self._standing.missed

    def get_open(self, row: FaultReport) -> str:
        return self._standing.open_words


class NewAttestation(serializers.Serializer[Any]):
    """What people got whose requests were given up under a fault, and where that was looked up."""

    fault = serializers.ChoiceField(FAULTS)
    said = serializers.ChoiceField(Attested.choices)
    note = serializers.CharField(max_length=services.LONGEST_NOTE)


class AttestationShape(serializers.ModelSerializer[FaultAttestation]):
    """What somebody said. The newest of a fault counts."""

    id = PublicIdField("fla", source="pk", read_only=True)

    class Meta:
        model = FaultAttestation
        fields: ClassVar[list[str]] = ["id", "fault", "said", "note", "created_at"]
        read_only_fields = fields


class HandedIn(serializers.Serializer[Any]):
    """The version of evidence that was handed in, which the other side accepts."""

    evidence_version = PublicIdField("evv")


class EngagementFaultTestViewSet(ListModelMixin, ApiViewSet):
    """The fault tests of an engagement; another report is brought in."""

    serializer_class = FaultTestShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[FaultReport]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.visible_fault_reports(self.viewer, engagement.pk)

    @extend_schema(request=NewFaultTest, responses={201: FaultTestDetail})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Bring a report in, whole or not at all, under the permission that covered the test."""
        engagement_for(self.viewer, engagement_id)
        body = NewFaultTest(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        report = services.import_faults(
            by=self.viewer, engagement_id=engagement_id, target_version_id=given["target_version"],
            told=given["report"],
        )  # fmt: skip
        where = request.build_absolute_uri(f"/api/v1/fault-tests/{report.public_id}")
        return Response(FaultTestDetail(report).data, status=201, headers={"Location": where})


class FaultTestViewSet(ApiViewSet):
    """One fault test."""

    serializer_class = FaultTestDetail
    scopes: ClassVar = {"retrieve": "runs:read", "attest": "runs:start", "hand_in": "evidence:write"}

    def retrieve(self, request: Request, report_id: UUID) -> Response:
        """What the caller did under each fault, and which wanted behaviours were kept."""
        return Response(self.get_serializer(reading.fault_report_for(self.viewer, report_id)).data)

    @extend_schema(request=NewAttestation, responses={201: AttestationShape})
    def attest(self, request: Request, report_id: UUID) -> Response:
        """Say what people got whose requests were given up."""
        reading.fault_report_for(self.viewer, report_id)
        body = NewAttestation(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        stored = services.attest(
            by=self.viewer, report_id=report_id, fault=Fault(given["fault"]), said=Attested(given["said"]),
            note=given["note"],
        )  # fmt: skip
        return Response(AttestationShape(stored).data, status=201)

    @extend_schema(request=None, responses={201: HandedIn})
    def hand_in(self, request: Request, report_id: UUID) -> Response:
        """Hand the number of missed behaviours in as evidence for the gate."""
        version = services.hand_in_faults(by=self.viewer, report_id=report_id)
        return Response(HandedIn({"evidence_version": version.pk}).data, status=201)
