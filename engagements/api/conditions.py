"""Conditions over HTTP, and the verbs that only a person of the client has, always refused."""

from typing import Any, ClassVar, NoReturn
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from engagements import selectors
from engagements.api.serializers import PersonSerializer
from engagements.models import Condition
from engagements.selectors.conditions import condition_for, conditions_of
from engagements.services.conditions import propose_closing
from engagements.vocabulary import ConditionStatus
from portal.api import paging
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField
from portal.api.scopes import NOBODY
from portal.errors import DeciderNotAllowed

_REFUSED = extend_schema(
    request=None, responses={403: OpenApiResponse(description="decider-not-allowed, always")}
)


class ConditionSerializer(serializers.ModelSerializer[Condition]):
    """A promise that goes with an approval. `status` as of today; `proposed_at` null: nothing handed in."""

    id = PublicIdField("cnd", source="pk", read_only=True)
    gate = PublicIdField("gat", source="decision.round.gate_id", read_only=True)
    owner = PersonSerializer(read_only=True)
    status = serializers.SerializerMethodField()

    class Meta:
        model = Condition
        fields = [
            "id", "gate", "criterion_key", "text", "owner", "due", "status", "closing_note", "closing_link",
            "proposed_at", "closed_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_status(self, row: Condition) -> str:
        return ConditionStatus(row.status_on(timezone.now().date())).value


class Closing(serializers.Serializer[Any]):
    """What shows that a condition is met."""

    note = serializers.CharField(max_length=1000)
    link = serializers.CharField(max_length=400, required=False, allow_blank=True, default="")


class ConditionViewSet(ListModelMixin, ApiViewSet):
    """Read the conditions of an engagement; hand in what shows that one is met."""

    serializer_class = ConditionSerializer
    pagination_class = paging.OldestFirst
    scopes: ClassVar = {
        "list": "gates:read", "hand_in": "gates:submit", "accept": NOBODY, "waive": NOBODY,
        "delegate": NOBODY,
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[Condition]:
        engagement = selectors.engagement_for(self.viewer, self.kwargs["engagement_id"])
        return conditions_of(self.viewer, engagement.pk)

    @extend_schema(request=Closing, responses={200: ConditionSerializer})
    def hand_in(self, request: Request, condition_id: UUID) -> Response:
        """Hand it in; a person of the client accepts it in a browser."""
        row = condition_for(self.viewer, condition_id)
        body = Closing(data=request.data)
        body.is_valid(raise_exception=True)
        propose_closing(by=self.viewer, condition_id=row.pk, **body.validated_data)
        return Response(self.get_serializer(condition_for(self.viewer, condition_id)).data)

    @_REFUSED
    def accept(self, request: Request, condition_id: UUID) -> NoReturn:
        """Always refused: a condition is accepted by a person of the client, in a browser."""
        condition_for(self.viewer, condition_id)
        _refuse("A condition is accepted")

    @_REFUSED
    def waive(self, request: Request, gate_id: UUID) -> NoReturn:
        """Always refused: a criterion is waived by a person of the client, in a browser."""
        selectors.gate_for(self.viewer, gate_id)
        _refuse("A criterion is waived")

    @_REFUSED
    def delegate(self, request: Request, engagement_id: UUID) -> NoReturn:
        """Always refused: a decision is delegated by a person of the client, in a browser."""
        selectors.engagement_for(self.viewer, engagement_id)
        _refuse("A decision is delegated")


def _refuse(what: str) -> NoReturn:
    raise DeciderNotAllowed(f"{what} by a person of the client in a browser, never over the API.")
