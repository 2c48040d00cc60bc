"""Comparisons of two runs over HTTP."""

from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.models import Comparison
from demos.selectors import comparisons as reading
from demos.services.comparisons import compare_runs
from engagements.selectors import engagement_for
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField


class NewComparison(serializers.Serializer[Any]):
    """Two finished runs. `margin`: the difference that would not matter, as a fraction."""

    before = PublicIdField("run")
    now = PublicIdField("run")
    margin = serializers.DecimalField(
        6, 4, min_value=Decimal(0), max_value=Decimal("0.5"), required=False, default=Decimal(0)
    )


class ComparisonSerializer(serializers.ModelSerializer[Comparison]):
    """What changed on the cases that both runs asked. Differences are fractions, now minus before.

    `b` counts newly wrong cases, `c` those put right. `others` and `slices` are corrected by Holm.
    """

    id = PublicIdField("cmp", source="pk", read_only=True)
    before = PublicIdField("run", source="before_id", read_only=True)
    now = PublicIdField("run", source="now_id", read_only=True)

    class Meta:
        model = Comparison
        fields = [
            "id", "before", "now", "before_version", "now_version", "margin", "n", "left_out", "b", "c",
            "difference", "low", "high", "bound_low", "bound_high", "p", "p_mid", "verdict", "noninferior",
            "more_cases", "same_target", "same_cases", "same_graders", "method", "seed", "others", "slices",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class EngagementComparisonViewSet(ListModelMixin, ApiViewSet):
    """The comparisons of an engagement; a new one."""

    serializer_class = ComparisonSerializer
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[Comparison]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.visible_comparisons(self.viewer, engagement.pk)

    @extend_schema(request=NewComparison, responses={201: ComparisonSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Compare two finished runs. The same question again gives the comparison that is kept."""
        engagement_for(self.viewer, engagement_id)
        body = NewComparison(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        found = compare_runs(
            by=self.viewer, before_id=given["before"], now_id=given["now"], margin=given["margin"]
        )
        where = request.build_absolute_uri(f"/api/v1/comparisons/{found.public_id}")
        return Response(self.get_serializer(found).data, status=201, headers={"Location": where})


class ComparisonViewSet(ApiViewSet):
    """One comparison."""

    serializer_class = ComparisonSerializer
    scopes: ClassVar = {"retrieve": "runs:read"}

    def retrieve(self, request: Request, comparison_id: UUID) -> Response:
        """A comparison as it was made; it never changes."""
        return Response(self.get_serializer(reading.comparison_for(self.viewer, comparison_id)).data)
