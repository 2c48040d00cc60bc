"""Readiness, answers, frameworks and risks over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from assessments.api import serializers as shapes
from assessments.models import FrameworkVersion, Risk
from assessments.selectors.readers import element_for, framework_for, standing_for
from assessments.services.answers import claim
from engagements.selectors import engagement_for
from portal import access
from portal.api.base import ApiViewSet


class ReadinessViewSet(ApiViewSet):
    """Where readiness stands today, and answering."""

    serializer_class = shapes.ReadinessSerializer
    scopes: ClassVar = {"retrieve": "assessments:read", "answer": "assessments:write"}

    @extend_schema(responses={200: shapes.ReadinessSerializer})
    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """Every element and question with what counts and why. `level` is the weakest link."""
        _, standing = standing_for(self.viewer, engagement_id)
        return Response(shapes.ReadinessSerializer(standing).data)

    @extend_schema(request=shapes.NewAnswer, responses={201: shapes.QuestionSerializer})
    def answer(self, request: Request, engagement_id: UUID) -> Response:
        """Say which level holds. Verifying, challenging and agreeing are for people in a browser."""
        body = shapes.NewAnswer(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        engagement_for(self.viewer, engagement_id)
        claim(by=self.viewer, engagement_id=engagement_id, **given)
        _, _, element = element_for(self.viewer, engagement_id, given["question"].partition("-")[0])
        row = next(one for one in element.questions if one.question.key == given["question"])
        return Response(shapes.QuestionSerializer(row).data, status=201)


class FrameworkVersionViewSet(ApiViewSet):
    """One framework version with everything that it asks."""

    serializer_class = shapes.FrameworkSerializer
    queryset = FrameworkVersion.objects.none()
    scopes: ClassVar = {"retrieve": "assessments:read"}

    def retrieve(self, request: Request, version_id: UUID) -> Response:
        """A framework version; the same hash is the same text."""
        return Response(self.get_serializer(framework_for(self.viewer, version_id)).data)


class RiskViewSet(ListModelMixin, ApiViewSet):
    """The risk register. Accepting a risk is for people of the client in a browser."""

    serializer_class = shapes.RiskSerializer
    scopes: ClassVar = {"list": "assessments:read"}

    def get_queryset(self) -> QuerySet[Risk]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return access.visible(self.viewer, Risk.objects.filter(engagement=engagement)).select_related("owner")

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Risks, newest first."""
        return super().list(request, *args, **kwargs)
