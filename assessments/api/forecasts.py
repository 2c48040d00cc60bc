"""Forecasts beside their outcomes, and how far they were off, over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from assessments.rules.forecasts import Calibration, Forecast
from assessments.selectors.forecasts import forecasts_for, record_for
from engagements.selectors import engagement_for
from portal.api.base import ApiViewSet
from portal.errors import NotFound


class _Exact(serializers.DecimalField):
    """A decimal as text, to six places."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=30, decimal_places=6, read_only=True, allow_null=True, **options)


class ForecastSerializer(serializers.Serializer[Forecast]):
    """`actual` null: not known yet. Money in the engagement's currency; effect and errors are fractions."""

    quantity = serializers.CharField(read_only=True)
    foretold = _Exact()
    low = _Exact()
    high = _Exact()
    gate = serializers.IntegerField(read_only=True, allow_null=True)
    foretold_on = serializers.DateField(read_only=True, allow_null=True)
    actual = _Exact()
    actual_on = serializers.DateField(read_only=True, allow_null=True)
    comes_from = serializers.CharField(source="source", read_only=True)
    error = _Exact()
    inside = serializers.BooleanField(source="is_inside", read_only=True, allow_null=True)


class ForecastList(serializers.Serializer[Any]):
    """What was foretold for one engagement."""

    items = ForecastSerializer(many=True)


class CalibrationSerializer(serializers.Serializer[Calibration]):
    """Null: from fewer than five outcomes nothing is told."""

    quantity = serializers.CharField(read_only=True)
    n = serializers.IntegerField(read_only=True)
    ranged = serializers.IntegerField(read_only=True)
    median_error = _Exact(source="bias")
    median_size = _Exact(source="size")
    share_inside = _Exact(source="inside")


class CalibrationList(serializers.Serializer[Any]):
    """The record by quantity."""

    items = CalibrationSerializer(many=True)


class ForecastViewSet(ApiViewSet):
    """Forecast against outcome."""

    serializer_class = ForecastList
    scopes: ClassVar = {"retrieve": "value:read", "record": "value:read"}

    @extend_schema(responses={200: ForecastList})
    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """The first frozen forecasts of an engagement and what came of them."""
        engagement = engagement_for(self.viewer, engagement_id)
        return Response(ForecastList({"items": forecasts_for(self.viewer, engagement)}).data)

    @extend_schema(responses={200: CalibrationList})
    def record(self, request: Request) -> Response:
        """How far forecasts were off, over all engagements that you see. 404 for people of a client."""
        if self.viewer.side != "consultancy":
            raise NotFound
        return Response(CalibrationList({"items": record_for(self.viewer).calibrations}).data)
