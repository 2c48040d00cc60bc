"""Requests for evidence over HTTP: ask, list, answer, withdraw."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response

from engagements.api.evidence import EvidenceVersionSerializer
from engagements.api.serializers import PersonSerializer
from engagements.models import EvidenceRequest
from engagements.selectors import engagement_for
from engagements.selectors.evidence_requests import request_for, state_of_request, visible_requests
from engagements.services.evidence import Given
from engagements.services.evidence_requests import Wanted, answer_request, ask_for_evidence, withdraw_request
from engagements.vocabulary import RequestStatus, Side
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField
from portal.api.parsers import Form


class EvidenceRequestSerializer(serializers.ModelSerializer[EvidenceRequest]):
    """One request. `waits_for` null: it is over. `item` null: nothing was handed in yet."""

    id = PublicIdField("evr", source="pk", read_only=True)
    about = serializers.ListField(child=serializers.CharField(), read_only=True)
    person = PersonSerializer(read_only=True, allow_null=True)
    asked_by = PersonSerializer(read_only=True)
    item = PublicIdField("evi", source="item_id", read_only=True, allow_null=True)
    status = serializers.ChoiceField(choices=RequestStatus.choices, source="state.status", read_only=True)
    waits_for = serializers.ChoiceField(
        choices=Side.choices, source="state.side", read_only=True, allow_null=True
    )
    since = serializers.DateTimeField(source="state.since", read_only=True)

    class Meta:
        model = EvidenceRequest
        fields = [
            "id", "title", "reason", "about", "proves", "person", "due", "asked_by", "item", "status",
            "waits_for", "since",
        ]  # fmt: skip
        read_only_fields = fields

    def to_representation(self, instance: EvidenceRequest) -> Any:
        instance.state = state_of_request(instance)  # type: ignore[attr-defined]  # read by the fields above
        return super().to_representation(instance)


class NewRequest(serializers.Serializer[Any]):
    """What should be shown, until when, and why. `person` absent: anybody of the client answers."""

    title = serializers.CharField(max_length=160)
    due = serializers.DateField()
    reason = serializers.CharField(max_length=1000, required=False, default="", allow_blank=True)
    about = serializers.ListField(child=serializers.CharField(max_length=20), required=False, default=list)
    proves = serializers.SlugField(max_length=50, required=False, default="", allow_blank=True)
    person = PublicIdField("usr", required=False, allow_null=True, default=None)


class RequestAnswer(serializers.Serializer[Any]):
    """A file as a form, or a link, or a sentence. `effective_from` absent: it speaks of today."""

    file = serializers.FileField(required=False, allow_null=True, default=None)
    url = serializers.URLField(max_length=500, required=False, default="", allow_blank=True)
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    effective_from = serializers.DateField(required=False)

    def given(self) -> Given:
        data, file = self.validated_data, self.validated_data["file"]
        return Given(
            effective_from=data.get("effective_from") or timezone.now().date(), note=data["note"],
            url=data["url"], file_name=file.name if file else "", body=file.read() if file else b"",
        )  # fmt: skip


class EvidenceRequestViewSet(ListModelMixin, ApiViewSet):
    """The list of what is asked for."""

    serializer_class = EvidenceRequestSerializer
    parser_classes = (Form, JSONParser)
    scopes: ClassVar = {
        "list": "evidence:read", "create": "evidence:write", "answer": "evidence:write",
        "withdraw": "evidence:write",
    }  # fmt: skip

    def get_queryset(self) -> QuerySet[EvidenceRequest]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return visible_requests(self.viewer, engagement.pk)

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Requests that you may read, newest first."""
        return super().list(request, *args, **kwargs)

    @extend_schema(request=NewRequest, responses={201: EvidenceRequestSerializer})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Put one thing on the client's list."""
        engagement_for(self.viewer, engagement_id)
        body = NewRequest(data=request.data)
        body.is_valid(raise_exception=True)
        data = body.validated_data
        wanted = Wanted(
            title=data["title"], due=data["due"], reason=data["reason"], about=tuple(data["about"]),
            proves=data["proves"], person_id=data["person"],
        )  # fmt: skip
        row = ask_for_evidence(by=self.viewer, engagement_id=engagement_id, wanted=wanted)
        return Response(EvidenceRequestSerializer(row).data, status=201)

    @extend_schema(request=RequestAnswer, responses={201: EvidenceVersionSerializer})
    def answer(self, request: Request, request_id: UUID) -> Response:
        """Send what was asked for. It counts once a person of the other side has accepted it."""
        request_for(self.viewer, request_id)
        body = RequestAnswer(data=request.data)
        body.is_valid(raise_exception=True)
        version = answer_request(by=self.viewer, request_id=request_id, given=body.given())
        return Response(EvidenceVersionSerializer(version).data, status=201)

    @extend_schema(request=None, responses={200: EvidenceRequestSerializer})
    def withdraw(self, request: Request, request_id: UUID) -> Response:
        """Take it off the list. What was handed in for it stays."""
        row = withdraw_request(by=self.viewer, request_id=request_id)
        return Response(EvidenceRequestSerializer(row).data)
