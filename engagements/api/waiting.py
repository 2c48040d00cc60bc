"""What waits for whom, over HTTP."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api.serializers import PersonSerializer
from engagements.rules.waiting import days_waiting
from engagements.selectors import engagement_for
from engagements.selectors.waiting import waiting_for
from engagements.waiting import Waiting
from portal.api.base import ApiViewSet


class WaitingSerializer(serializers.Serializer[Waiting]):
    """One thing to do for `client` or `consultancy`. `days` null: not noted; `person` null: any."""

    side = serializers.CharField(read_only=True)
    what = serializers.CharField(read_only=True)
    detail = serializers.CharField(read_only=True)
    since = serializers.DateTimeField(read_only=True, allow_null=True)
    days = serializers.SerializerMethodField()
    due = serializers.DateField(read_only=True, allow_null=True)
    person = PersonSerializer(read_only=True, allow_null=True)
    page = serializers.CharField(source="href", read_only=True)

    def get_days(self, row: Any) -> int | None:
        return days_waiting(row.since, now=self.context["now"])


class WaitingList(serializers.Serializer[Any]):
    """Everything that waits, what is late first."""

    items = WaitingSerializer(many=True)


class WaitingViewSet(ApiViewSet):
    """What an engagement waits for."""

    serializer_class = WaitingList
    scopes: ClassVar = {"retrieve": "engagements:read"}

    @extend_schema(responses={200: WaitingList})
    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """Each open item with the side that it waits for and for how many days."""
        engagement, now = engagement_for(self.viewer, engagement_id), timezone.now()
        found = waiting_for(self.viewer, [engagement], now=now)
        return Response(WaitingList({"items": found}, context={"now": now}).data)
