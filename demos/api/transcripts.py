"""The rule for stored texts and the proofs of deletion over HTTP."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.models import TextDeletion, TranscriptPolicy
from demos.selectors.transcripts import visible_deletions
from demos.services.transcripts import MOST_DAYS, policy_of, set_policy
from demos.vocabulary import TranscriptMode
from engagements.selectors import engagement_for
from portal.api import versions
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField


class TranscriptPolicyShape(serializers.ModelSerializer[TranscriptPolicy]):
    """What is kept of texts that are stored from now on; `retention_days` null: without an end."""

    class Meta:
        model = TranscriptPolicy
        fields = ["mode", "retention_days", "version"]
        read_only_fields = fields


class TranscriptPolicyIn(serializers.Serializer[Any]):
    """The rule that is to hold."""

    mode = serializers.ChoiceField(choices=TranscriptMode.choices)
    retention_days = serializers.IntegerField(
        min_value=1, max_value=MOST_DAYS, required=False, allow_null=True, default=None
    )


class TextDeletionShape(serializers.ModelSerializer[TextDeletion]):
    """The proof for one run. `ids_sha256` is over its attempts' ids (UUIDs) in order, one a line.

    `run` null: for tests of connections, `exchanges` of them; the hash is over their ids.
    """

    id = PublicIdField("txd", source="pk", read_only=True)
    run = PublicIdField("run", source="run_id", read_only=True, allow_null=True)

    class Meta:
        model = TextDeletion
        fields = [
            "id", "run", "retention_days", "attempts", "regrades", "opinions", "exchanges", "first_at",
            "last_at", "ids_sha256", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class TranscriptPolicyViewSet(ApiViewSet):
    """The rule for stored texts of an engagement."""

    serializer_class = TranscriptPolicyShape
    scopes: ClassVar = {"retrieve": "runs:read", "change": "datasets:write"}

    def retrieve(self, request: Request, engagement_id: UUID) -> Response:
        """The rule that holds now; without one, texts are kept in full."""
        row = policy_of(engagement_for(self.viewer, engagement_id))
        return versions.tagged(request, row, Response(self.get_serializer(row).data))

    @extend_schema(request=TranscriptPolicyIn, responses=TranscriptPolicyShape)
    def change(self, request: Request, engagement_id: UUID) -> Response:
        """Set the rule. Needs `If-Match`. Only the client's own people can have more kept, or for longer."""
        engagement = engagement_for(self.viewer, engagement_id)
        version = versions.expected_version(request, policy_of(engagement))
        body = TranscriptPolicyIn(data=request.data)
        body.is_valid(raise_exception=True)
        row = set_policy(
            by=self.viewer, engagement_id=engagement_id, version=version,
            mode=TranscriptMode(body.validated_data["mode"]),
            retention_days=body.validated_data["retention_days"],
        )  # fmt: skip
        return versions.tagged(request, row, Response(self.get_serializer(row).data))


class TextDeletionViewSet(ListModelMixin, ApiViewSet):
    """The proofs of deleted texts of an engagement."""

    serializer_class = TextDeletionShape
    scopes: ClassVar = {"list": "runs:read"}

    def get_queryset(self) -> QuerySet[TextDeletion]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return visible_deletions(self.viewer, engagement.pk)
