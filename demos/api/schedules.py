"""Runs on a schedule over HTTP."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.models import RunSchedule, ScheduledStart
from demos.selectors import schedules as reading
from demos.services import schedules as services
from demos.services.schedules import MOST_DAYS, ScheduleOrder
from engagements.selectors import engagement_for
from portal.api import versions
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField


class NewSchedule(serializers.Serializer[Any]):
    """The newest version of `target` is asked, with the graders and repeats of `accepted_run`.

    `margin`: a fall of the pass rate that would not matter, as a fraction.
    """

    name = serializers.CharField(max_length=120)
    target = PublicIdField("tgt")
    dataset_version = PublicIdField("dsv")
    accepted_run = PublicIdField("run")
    first_at = serializers.DateTimeField()
    interval_days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS)
    margin = serializers.DecimalField(
        6, 4, min_value=Decimal(0), max_value=Decimal("0.5"), required=False, default=Decimal(0)
    )
    max_cost = serializers.DecimalField(
        18, 4, min_value=Decimal("0.01"), required=False, allow_null=True, default=None
    )

    def order(self) -> ScheduleOrder:
        """What the service takes."""
        given = dict(self.validated_data)
        for name in ("target", "dataset_version", "accepted_run"):
            given[f"{name}_id"] = given.pop(name)
        return ScheduleOrder(**given)


class ScheduledStartShape(serializers.ModelSerializer[ScheduledStart]):
    """One start. `comparison` is null until the run ended; then it is there, or `problem` says why not."""

    run = PublicIdField("run", source="run_id", read_only=True, allow_null=True)
    comparison = PublicIdField("cmp", source="comparison_id", read_only=True, allow_null=True)
    verdict = serializers.CharField(
        source="comparison.verdict", read_only=True, allow_null=True, default=None
    )
    is_worse = serializers.BooleanField(read_only=True)
    says = serializers.CharField(read_only=True)

    class Meta:
        model = ScheduledStart
        fields = ["due_at", "missed", "run", "comparison", "verdict", "is_worse", "says", "problem"]
        read_only_fields = fields


class ScheduleShape(serializers.ModelSerializer[RunSchedule]):
    """A schedule. `due_at` is the next start; `starts` are the last ones, newest first."""

    id = PublicIdField("sch", source="pk", read_only=True)
    target = PublicIdField("tgt", source="target_id", read_only=True)
    dataset_version = PublicIdField("dsv", source="dataset_version_id", read_only=True)
    accepted_run = PublicIdField("run", source="accepted_run_id", read_only=True)
    starts = serializers.SerializerMethodField()

    class Meta:
        model = RunSchedule
        fields = [
            "id", "name", "target", "dataset_version", "accepted_run", "interval_days", "due_at", "margin",
            "max_cost",
            "is_on", "version", "starts", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema(responses=ScheduledStartShape(many=True))
    def get_starts(self, row: RunSchedule) -> list[dict[str, Any]]:
        newest = getattr(row, "newest", None)
        if newest is None:
            newest = list(row.starts.select_related("comparison").order_by("-due_at")[: reading.SHOWN_STARTS])
        return list(ScheduledStartShape(newest[: reading.SHOWN_STARTS], many=True).data)


class EngagementScheduleViewSet(ListModelMixin, ApiViewSet):
    """The schedules of an engagement; a new one."""

    serializer_class = ScheduleShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[RunSchedule]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.visible_schedules(self.viewer, engagement.pk)

    @extend_schema(request=NewSchedule, responses={201: ScheduleShape})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Plan runs. They start in the name of the caller."""
        body = NewSchedule(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.create_schedule(by=self.viewer, engagement_id=engagement_id, order=body.order())
        return versions.tagged(request, row, Response(self.get_serializer(row).data, status=201))


class ScheduleViewSet(ApiViewSet):
    """One schedule: read, change, pause, resume."""

    serializer_class = ScheduleShape
    scopes: ClassVar = {
        "retrieve": "runs:read", "change": "runs:start", "pause": "runs:cancel", "resume": "runs:start",
    }  # fmt: skip

    def retrieve(self, request: Request, schedule_id: UUID) -> Response:
        """What is planned, and the last starts."""
        row = reading.schedule_for(self.viewer, schedule_id)
        return versions.tagged(request, row, Response(self.get_serializer(row).data))

    @extend_schema(request=NewSchedule)
    def change(self, request: Request, schedule_id: UUID) -> Response:
        """Plan it anew. Needs `If-Match`."""
        row = reading.schedule_for(self.viewer, schedule_id)
        version = versions.expected_version(request, row)
        body = NewSchedule(data=request.data)
        body.is_valid(raise_exception=True)
        row = services.change_schedule(
            by=self.viewer, schedule_id=schedule_id, order=body.order(), version=version
        )
        return versions.tagged(request, row, Response(self.get_serializer(row).data))

    @extend_schema(request=None)
    def pause(self, request: Request, schedule_id: UUID) -> Response:
        """Let nothing start until it is resumed."""
        return Response(
            self.get_serializer(services.pause_schedule(by=self.viewer, schedule_id=schedule_id)).data
        )

    @extend_schema(request=None)
    def resume(self, request: Request, schedule_id: UUID) -> Response:
        """Let it start again at the next due time."""
        return Response(
            self.get_serializer(services.resume_schedule(by=self.viewer, schedule_id=schedule_id)).data
        )
