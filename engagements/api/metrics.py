"""The success metric over HTTP. Sealing it is for people in a browser."""

from dataclasses import asdict
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api import serializers as shapes
from engagements.models import SuccessMetric
from engagements.rules.metrics import Baseline, Guardrail, MetricTerms, sentence
from engagements.selectors import engagement_for
from engagements.services.metrics import save_success_metric
from engagements.vocabulary import Aggregation, Direction, TargetKind
from portal.api.base import ApiViewSet
from portal.api.versions import expected_version, tagged
from portal.errors import NotFound


class SuccessMetricViewSet(ApiViewSet):
    """The success metric of an engagement."""

    serializer_class = shapes.SuccessMetricSerializer
    scopes: ClassVar = {"retrieve": "value:read", "replace": "value:write"}

    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """The metric with its sentence; 404 until somebody has written one."""
        row = self._metric(engagement_id)
        if row is None:
            raise NotFound("There is no success metric yet.")
        return tagged(request, row, Response(_shown(row)))

    @extend_schema(request=shapes.SuccessMetricShape)
    def replace(self, request: Request, engagement_id: UUID) -> Response:
        """Write the metric, new or changed; a change needs If-Match and takes back a seal of one side."""
        row = self._metric(engagement_id)
        version = expected_version(request, row) if row is not None else None
        body = shapes.SuccessMetricShape(data=request.data)
        body.is_valid(raise_exception=True)
        saved = save_success_metric(
            by=self.viewer, engagement_id=engagement_id, metric=_terms(body.validated_data), version=version
        )
        return tagged(request, saved, Response(_shown(saved)))

    def _metric(self, engagement_id: UUID) -> SuccessMetric | None:
        engagement = engagement_for(self.viewer, engagement_id)
        return SuccessMetric.objects.filter(engagement=engagement).first()


def _terms(given: dict[str, Any]) -> MetricTerms:
    return MetricTerms(
        name=given["name"],
        unit=given["unit"],
        aggregation=Aggregation(given["aggregation"]),
        direction=Direction(given["direction"]),
        target_kind=TargetKind(given["target_kind"]),
        target=given["target"],
        baseline=Baseline(**given["baseline"]),
        guardrails=tuple(Guardrail(**rail) for rail in given["guardrails"]),
    )


def _shown(row: SuccessMetric) -> Any:
    terms = row.terms()
    facts = {**asdict(terms), "sentence": sentence(terms), "sealed_at": row.sealed_at}
    return shapes.SuccessMetricSerializer(facts).data
