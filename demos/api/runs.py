"""Runs, their attempts and figures over HTTP."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.api import serializers as shapes
from demos.models import Attempt, MetricResult, Run
from demos.selectors import runs as reading
from demos.selectors.blindness import withheld_from
from demos.selectors.sealing import readable_attempts
from demos.services import runs
from demos.vocabulary import OPEN_STATUSES
from engagements.selectors import engagement_for
from portal.api import paging
from portal.api.base import ApiViewSet

POLL_AFTER_S = "2"


class EngagementRunViewSet(ListModelMixin, ApiViewSet):
    """The runs of an engagement; start of a new one."""

    serializer_class = shapes.RunSerializer
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[Run]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.visible_runs(self.viewer, engagement.pk)

    @extend_schema(request=shapes.NewRun, responses={202: shapes.RunSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Queue a run of every accepted case. Poll the address in `Location` until `finished_at` is set."""
        body = shapes.NewRun(data=request.data)
        body.is_valid(raise_exception=True)
        given: dict[str, Any] = body.validated_data
        run = runs.start_run(
            by=self.viewer,
            engagement_id=engagement_id,
            target_version_id=given["target_version"],
            dataset_version_id=given["dataset_version"],
            grader_version_ids=given["grader_versions"],
            repeats=given["repeats"],
            limits=runs.Limits(
                given["max_cost"], given["max_calls"], given["max_seconds"], given["max_tokens"]
            ),
            quotas=given["quotas"],
        )
        where = request.build_absolute_uri(f"/api/v1/runs/{run.public_id}")
        return Response(self.get_serializer(run).data, status=202, headers={"Location": where})


class RunViewSet(ApiViewSet):
    """One run: poll, pause, resume, cancel."""

    serializer_class = shapes.RunSerializer
    scopes: ClassVar = {
        "retrieve": "runs:read",
        "pause": "runs:cancel",
        "resume": "runs:start",
        "cancel": "runs:cancel",
    }

    def retrieve(self, request: Request, run_id: UUID) -> Response:
        """Where the run stands. `Retry-After` is there while it is on."""
        run = reading.run_for(self.viewer, run_id)
        headers = {"Retry-After": POLL_AFTER_S} if run.status in OPEN_STATUSES else {}
        return Response(self.get_serializer(run).data, headers=headers)

    @extend_schema(request=None)
    def pause(self, request: Request, run_id: UUID) -> Response:
        """Hold the run; what is under way may come in."""
        return Response(self.get_serializer(runs.pause_run(by=self.viewer, run_id=run_id)).data)

    @extend_schema(request=None)
    def resume(self, request: Request, run_id: UUID) -> Response:
        """Let a paused run go on."""
        return Response(self.get_serializer(runs.resume_run(by=self.viewer, run_id=run_id)).data)

    @extend_schema(request=None)
    def cancel(self, request: Request, run_id: UUID) -> Response:
        """Stop the run for good. What was measured stays readable and feeds no criterion."""
        return Response(self.get_serializer(runs.cancel_run(by=self.viewer, run_id=run_id)).data)


class MetricPaging(paging.CreatedCursor):
    """Figures in the order in which they were computed, whole before slices."""

    ordering = ("slice", "key")


class RunMetricViewSet(ListModelMixin, ApiViewSet):
    """The figures of a finished run."""

    serializer_class = shapes.MetricSerializer
    pagination_class = MetricPaging
    scopes: ClassVar = {"list": "runs:read"}

    def get_queryset(self) -> QuerySet[MetricResult]:
        return reading.metrics(reading.run_for(self.viewer, self.kwargs["run_id"]))


class AttemptPaging(paging.CreatedCursor):
    """Attempts in the order of the cases."""

    ordering = ("position", "repeat")


class AttemptViewSet(ListModelMixin, ApiViewSet):
    """The attempts of a run."""

    serializer_class = shapes.AttemptSerializer
    pagination_class = AttemptPaging
    scopes: ClassVar = {"list": "runs:read"}
    query_parameters: ClassVar = {"list": frozenset({"failures"})}

    def get_queryset(self) -> QuerySet[Attempt]:
        run = reading.run_for(self.viewer, self.kwargs["run_id"])
        only_failures = self.request.query_params.get("failures") in {"1", "true"}
        rows = reading.failures(run) if only_failures else reading.all_attempts(run)
        if only_failures:
            rows = rows.exclude(pk__in=withheld_from(self.viewer, run))
        return readable_attempts(self.viewer, rows, run.engagement)

    def get_serializer_context(self) -> dict[str, Any]:
        run = reading.run_for(self.viewer, self.kwargs["run_id"])
        return {**super().get_serializer_context(), "withheld": withheld_from(self.viewer, run)}

    @extend_schema(parameters=[OpenApiParameter("failures", bool, description="Only what did not pass")])
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Each attempt with its answer, its grades and what it cost."""
        return super().list(request, *args, **kwargs)
