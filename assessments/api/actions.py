"""Steps of the improvement plan over HTTP: read, take on, close."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from assessments.models import ActionItem
from assessments.selectors.actions import action_for, actions_for
from assessments.services.actions import LONGEST_OUTCOME, LONGEST_TEXT, Step, close_action, take_on
from assessments.vocabulary import ActionStatus
from engagements.api.serializers import PersonSerializer
from engagements.selectors import engagement_for
from portal import access
from portal.api import paging
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField
from portal.errors import FieldError, Invalid
from portal.models import User


class ActionItemSerializer(serializers.ModelSerializer[ActionItem]):
    """A step that somebody took on. `gate`: number of the gate that it is for; `closed_at` null: to do."""

    id = PublicIdField("act", source="pk", read_only=True)
    owner = PersonSerializer(read_only=True)
    closed_by = PersonSerializer(read_only=True, allow_null=True)

    class Meta:
        model = ActionItem
        fields = [
            "id", "question", "gate", "text", "owner", "due", "status", "outcome", "created_at", "closed_by",
            "closed_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewAction(serializers.Serializer[Any]):
    """A step to take on. `owner` absent: the caller; `gate` absent: the target gate of the assessment."""

    question = serializers.CharField(max_length=8)
    text = serializers.CharField(max_length=LONGEST_TEXT)
    due = serializers.DateField()
    owner = serializers.CharField(max_length=40, required=False)
    gate = serializers.IntegerField(min_value=0, max_value=9, required=False)


class ClosedAction(serializers.Serializer[Any]):
    """What came of a step."""

    status = serializers.ChoiceField(choices=[ActionStatus.DONE.value, ActionStatus.DROPPED.value])
    outcome = serializers.CharField(max_length=LONGEST_OUTCOME)


class ActionItemViewSet(ListModelMixin, ApiViewSet):
    """Steps of the improvement plan. Closing one raises no level: answers and evidence do."""

    serializer_class = ActionItemSerializer
    pagination_class = paging.OldestFirst
    scopes: ClassVar = {
        "list": "assessments:read", "create": "assessments:write", "close": "assessments:write",
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[ActionItem]:
        return actions_for(self.viewer, self.kwargs["engagement_id"])

    @extend_schema(request=NewAction, responses={201: ActionItemSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Take a step on, or give it to somebody who may answer."""
        engagement = engagement_for(self.viewer, engagement_id)
        body = NewAction(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        people = access.holders(
            "answer_readiness", tenant_id=engagement.tenant_id, engagement_id=engagement.pk
        )
        owner = _owner(given.pop("owner", None), people, self.viewer)
        item = take_on(by=self.viewer, engagement_id=engagement.pk, owner=owner, step=Step(**given))
        return Response(self.get_serializer(item).data, status=201)

    @extend_schema(request=ClosedAction, responses={200: ActionItemSerializer})
    def close(self, request: Request, action_id: UUID) -> Response:
        """Say that a step is done or dropped, and what came of it."""
        item = action_for(self.viewer, action_id)
        body = ClosedAction(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        close_action(
            by=self.viewer, action_id=item.pk, status=ActionStatus(given["status"]), outcome=given["outcome"]
        )
        return Response(self.get_serializer(action_for(self.viewer, action_id)).data)


def _owner(named: str | None, people: list[User], viewer: User) -> User:
    if named is None:
        return viewer
    found = next((person for person in people if person.public_id == named), None)
    if found is None:
        words = "Nobody with this id can answer here. Choose somebody who can."
        raise Invalid(words, errors=[FieldError("/owner", "place", words)])
    return found
