"""Shapes of readiness and risks in the API. Null is "not answered" or "not assessed", never 0."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assessments.models import FrameworkVersion, Risk
from assessments.selectors.readiness_words import why
from assessments.selectors.standing import ElementStanding, QuestionStanding, ReadinessStanding
from engagements.api.serializers import PersonSerializer
from portal.api.fields import PublicIdField


class QuestionSerializer(serializers.Serializer[QuestionStanding]):
    """One question: what was said, what evidence allows, what counts and why."""

    key = serializers.CharField(source="question.key", read_only=True)
    text = serializers.CharField(source="question.text", read_only=True)
    core = serializers.BooleanField(source="question.core", read_only=True)
    anchors = serializers.ListField(source="question.anchors", child=serializers.CharField(), read_only=True)
    applies = serializers.BooleanField(read_only=True)
    claimed = serializers.IntegerField(source="terms.claimed", read_only=True, allow_null=True)
    measured = serializers.IntegerField(source="terms.measured", read_only=True, allow_null=True)
    verified = serializers.IntegerField(source="terms.verified", read_only=True, allow_null=True)
    challenged = serializers.IntegerField(source="terms.challenged", read_only=True, allow_null=True)
    allowed = serializers.IntegerField(source="cap.level", read_only=True)
    allowed_until = serializers.DateField(source="cap.until", read_only=True, allow_null=True)
    level = serializers.IntegerField(read_only=True, allow_null=True)
    target = serializers.IntegerField(read_only=True)
    limits = serializers.BooleanField(read_only=True)
    why = serializers.SerializerMethodField()

    def get_why(self, row: QuestionStanding) -> str:
        return why(row)


class ElementSerializer(serializers.Serializer[ElementStanding]):
    """One element: the lowest of its core questions."""

    key = serializers.CharField(source="element.key", read_only=True)
    name = serializers.CharField(source="element.name", read_only=True)
    level = serializers.IntegerField(read_only=True, allow_null=True)
    target = serializers.IntegerField(read_only=True)
    applies = serializers.BooleanField(read_only=True)
    questions = QuestionSerializer(many=True, read_only=True)


class ReadinessSerializer(serializers.Serializer[ReadinessStanding]):
    """All of it. `level` is the weakest link; there is no mean."""

    framework = serializers.CharField(source="assessment.framework_version", read_only=True)
    framework_version = PublicIdField("frv", source="assessment.framework_version_id", read_only=True)
    target_gate = serializers.IntegerField(source="assessment.target_gate", read_only=True)
    level = serializers.IntegerField(read_only=True, allow_null=True)
    below_target = serializers.SerializerMethodField()
    elements = ElementSerializer(many=True, read_only=True)

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_below_target(self, row: ReadinessStanding) -> list[str]:
        return list(row.below(row.assessment.target_gate))


class NewAnswer(serializers.Serializer[Any]):
    """An answer to one question. The other side verifies it; evidence decides what it counts."""

    question = serializers.CharField(max_length=8)
    level = serializers.IntegerField(min_value=0, max_value=4)
    note = serializers.CharField(max_length=4000, required=False, default="", allow_blank=True)


class FrameworkSerializer(serializers.ModelSerializer[FrameworkVersion]):
    """A framework version; `content` is everything that it asks."""

    id = PublicIdField("frv", source="pk", read_only=True)
    key = serializers.CharField(source="framework.key", read_only=True)
    title = serializers.CharField(source="framework.title", read_only=True)
    version = serializers.CharField(source="number", read_only=True)
    content = serializers.SerializerMethodField()

    class Meta:
        model = FrameworkVersion
        fields = ["id", "key", "title", "version", "status", "content_sha256", "published_at", "content"]
        read_only_fields = fields

    @extend_schema_field(serializers.DictField())
    def get_content(self, row: FrameworkVersion) -> Any:
        return row.plain()


class RiskSerializer(serializers.ModelSerializer[Risk]):
    """A risk. `score` is what is left after the response, `gross_score` before any control."""

    id = PublicIdField("rsk", source="pk", read_only=True)
    owner = PersonSerializer(read_only=True, allow_null=True)
    score = serializers.IntegerField(read_only=True)
    gross_score = serializers.IntegerField(read_only=True)

    class Meta:
        model = Risk
        fields = [
            "id", "catalogue", "title", "elements", "likelihood", "impact", "gross_score", "score",
            "response", "plan", "owner", "due", "status", "signal", "signal_words",
            "accepted_until", "created_at",
        ]  # fmt: skip
        read_only_fields = fields
