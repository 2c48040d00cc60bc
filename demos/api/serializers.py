"""Shapes of evaluations in the API. Exact decimals as text; null is "not measured", never zero."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from demos.api.setup_shapes import AskingIn
from demos.engine.graders import GraderKind
from demos.engine.targets.spec import TargetKind
from demos.models import (
    Attempt,
    Case,
    Dataset,
    DatasetVersion,
    GraderVersion,
    MetricResult,
    Run,
    Target,
    TargetExchange,
    TargetVersion,
)
from demos.vocabulary import OPEN_STATUSES, CaseCategory, CaseVerdict
from portal.api.fields import PublicIdField


class DatasetVersionSerializer(serializers.ModelSerializer[DatasetVersion]):
    """One frozen import."""

    id = PublicIdField("dsv", source="pk", read_only=True)
    dataset = PublicIdField("dst", source="dataset_id", read_only=True)
    name = serializers.CharField(source="dataset.name", read_only=True)

    class Meta:
        model = DatasetVersion
        fields = [
            "id",
            "dataset",
            "name",
            "number",
            "case_count",
            "content_sha256",
            "file_name",
            "pii_counts",
            "left_out",
            "variants",
            "created_at",
        ]
        read_only_fields = fields


class DatasetSerializer(serializers.ModelSerializer[Dataset]):
    """A named set of cases; the newest version last."""

    id = PublicIdField("dst", source="pk", read_only=True)
    versions = DatasetVersionSerializer(many=True, read_only=True)

    class Meta:
        model = Dataset
        fields = ["id", "name", "versions", "created_at"]
        read_only_fields = fields


class CaseSerializer(serializers.ModelSerializer[Case]):
    """One question with its expected answer. `review` null: nobody has looked at it yet."""

    id = PublicIdField("cas", source="pk", read_only=True)
    review = serializers.CharField(read_only=True, allow_null=True)
    variant_of = PublicIdField("cas", source="variant_of_id", read_only=True)

    class Meta:
        model = Case
        fields = [
            "id", "position", "key", "input", "expected", "context", "category", "cluster", "slices",
            "turns", "checks", "sealed", "variant_of", "change", "review",
        ]  # fmt: skip
        read_only_fields = fields


class HeaderIn(serializers.Serializer[Any]):
    """A header: its value as it is, or followed by the secret that is named."""

    name = serializers.CharField(max_length=100)
    value = serializers.CharField(max_length=1000, required=False, allow_blank=True, default="")
    secret = serializers.SlugField(max_length=60, required=False, allow_blank=True, default="")


class PriceIn(serializers.Serializer[Any]):
    """What the target costs: per million tokens in and out, and per call."""

    per_million_in = serializers.DecimalField(18, 6, min_value=Decimal(0), default=Decimal(0))
    per_million_out = serializers.DecimalField(18, 6, min_value=Decimal(0), default=Decimal(0))
    per_call = serializers.DecimalField(18, 6, min_value=Decimal(0), default=Decimal(0))


class TargetChange(AskingIn):
    """How a target is asked. `secrets` are stored sealed and never given back; left out, they stay."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.name) for kind in TargetKind])
    url = serializers.URLField(max_length=500)
    model = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    system = serializers.CharField(max_length=20000, required=False, allow_blank=True, default="")
    template = serializers.JSONField(required=False, default=None)
    answer_path = serializers.CharField(max_length=200, required=False, allow_blank=True, default="")
    headers = HeaderIn(many=True, required=False, default=list)
    concurrency = serializers.IntegerField(min_value=1, max_value=512, required=False, default=4)
    price = PriceIn(required=False, default=dict)
    secrets = serializers.DictField(
        child=serializers.CharField(max_length=4000), write_only=True, required=False
    )


class NewTarget(TargetChange):
    """A new target and how it is asked."""

    name = serializers.CharField(max_length=120)


class NewReview(serializers.Serializer[Any]):
    """The word of the client's expert. `cases` left out means all that nobody has reviewed yet."""

    verdict = serializers.ChoiceField(choices=CaseVerdict.values)
    cases = serializers.ListField(child=PublicIdField("cas"), required=False, allow_null=True, default=None)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True, default="")


class ReviewCount(serializers.Serializer[Any]):
    """How many reviews were written."""

    reviewed = serializers.IntegerField()


class TargetVersionSerializer(serializers.ModelSerializer[TargetVersion]):
    """One frozen way to ask a target. `config` names secrets and holds none."""

    id = PublicIdField("tgv", source="pk", read_only=True)
    target = PublicIdField("tgt", source="target_id", read_only=True)
    name = serializers.CharField(source="target.name", read_only=True)

    class Meta:
        model = TargetVersion
        fields = ["id", "target", "name", "number", "config", "config_sha256", "prices", "created_at"]
        read_only_fields = fields


class TargetSerializer(serializers.ModelSerializer[Target]):
    """A system under test with its versions."""

    id = PublicIdField("tgt", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    versions = TargetVersionSerializer(many=True, read_only=True)

    class Meta:
        model = Target
        fields = ["id", "engagement", "name", "halted_at", "versions", "created_at"]
        read_only_fields = fields


class ExchangeSerializer(serializers.ModelSerializer[TargetExchange]):
    """One test of the connection; secrets are blacked out."""

    id = PublicIdField("tge", source="pk", read_only=True)
    target_version = PublicIdField("tgv", source="target_version_id", read_only=True)

    class Meta:
        model = TargetExchange
        fields = [
            "id", "target_version", "works", "sentence", "way_out", "error_class", "http_status",
            "latency_ms", "ttft_ms", "answer", "request_excerpt", "response_excerpt", "texts_deleted",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewTest(serializers.Serializer[Any]):
    """What is asked to try the connection."""

    question = serializers.CharField(max_length=2000, required=False, default="Is anybody there?")


class NewGrader(serializers.Serializer[Any]):
    """How answers are judged. The same setting again gives the version that is there."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=[kind.value for kind in GraderKind])
    params = serializers.DictField(required=False, default=dict)
    must = serializers.BooleanField(required=False, default=False)
    weight = serializers.FloatField(min_value=0, required=False, default=1.0)
    categories = serializers.ListField(
        child=serializers.ChoiceField(choices=CaseCategory.choices), required=False, default=list
    )


class GraderVersionSerializer(serializers.ModelSerializer[GraderVersion]):
    """One frozen setting of a grader."""

    id = PublicIdField("grv", source="pk", read_only=True)
    grader = PublicIdField("grd", source="grader_id", read_only=True)
    name = serializers.CharField(source="grader.name", read_only=True)

    class Meta:
        model = GraderVersion
        fields = [
            "id",
            "grader",
            "name",
            "number",
            "kind",
            "params",
            "must",
            "weight",
            "categories",
            "config_sha256",
        ]
        read_only_fields = fields


class NewRun(serializers.Serializer[Any]):
    """What is asked of whom, judged how, within which limits."""

    target_version = PublicIdField("tgv")
    dataset_version = PublicIdField("dsv")
    grader_versions = serializers.ListField(child=PublicIdField("grv"), min_length=1, max_length=20)
    repeats = serializers.IntegerField(min_value=1, max_value=10, required=False, default=1)
    max_cost = serializers.DecimalField(
        18, 4, min_value=Decimal(0), required=False, allow_null=True, default=None
    )
    max_calls = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    max_seconds = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    max_tokens = serializers.IntegerField(min_value=1, required=False, allow_null=True, default=None)
    quotas = serializers.DictField(child=serializers.IntegerField(min_value=0), required=False, default=dict)


class RunSerializer(serializers.ModelSerializer[Run]):
    """One run. While it is on, `passed` and `failed` are null: a rate of a part is not shown."""

    id = PublicIdField("run", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    target_version = PublicIdField("tgv", source="plan.target_version_id", read_only=True)
    dataset_version = PublicIdField("dsv", source="plan.dataset_version_id", read_only=True)
    config_sha256 = serializers.CharField(source="plan.config_sha256", read_only=True)
    repeats = serializers.IntegerField(source="plan.repeats", read_only=True)
    passed = serializers.SerializerMethodField()
    failed = serializers.SerializerMethodField()

    class Meta:
        model = Run
        fields = [
            "id", "engagement", "number", "status", "limit_hit", "fault", "target_version", "dataset_version",
            "config_sha256", "repeats", "case_count", "total", "done", "passed", "failed", "errored",
            "ungraded",
            "retries", "calls", "tokens", "cost", "uncosted", "currency", "created_at", "started_at",
            "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_passed(self, run: Run) -> int | None:
        return None if run.status in OPEN_STATUSES else run.passed

    def get_failed(self, run: Run) -> int | None:
        return None if run.status in OPEN_STATUSES else run.failed


class MetricSerializer(serializers.ModelSerializer[MetricResult]):
    """One figure of a run: `low`/`high` two-sided 95 %, `bound_low`/`bound_high` one-sided 95 %."""

    class Meta:
        model = MetricResult
        fields = [
            "key", "slice", "value", "unit", "n", "events", "low", "high", "bound_low", "bound_high",
            "method", "seed",
        ]  # fmt: skip
        read_only_fields = fields


VERDICT: dict[str, Any] = {"passed": None, "score": None, "reason": "", "grader_error": "", "grades": []}
"""What an attempt shows of its verdict to somebody who has still to judge it."""


class AttemptSerializer(serializers.ModelSerializer[Attempt]):
    """What came of one case. `passed` null: not graded, or `withheld` until the caller judged it blind."""

    id = PublicIdField("att", source="pk", read_only=True)
    case = PublicIdField("cas", source="case_id", read_only=True)
    case_key = serializers.CharField(source="case.key", read_only=True)
    withheld = serializers.SerializerMethodField()

    class Meta:
        model = Attempt
        fields = [
            "id", "case", "case_key", "repeat", "position", "passed", "score", "reason", "grader_error",
            "grades",
            "error_class", "error_detail", "first_try", "retries", "http_status", "answer", "sent_at",
            "latency_ms", "ttft_ms", "calls",
            "tokens_in", "tokens_out", "tokens_cached", "cost", "found", "withheld",
        ]  # fmt: skip
        read_only_fields = fields

    def get_withheld(self, row: Attempt) -> bool:
        return row.pk in self.context.get("withheld", ())

    def to_representation(self, instance: Attempt) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if not shown["withheld"]:
            return shown
        found = dict(instance.found or {})
        found |= {"turns": [_unjudged(turn) for turn in found["turns"]]} if "turns" in found else {}
        return shown | VERDICT | {"found": found or None}


def _unjudged(turn: dict[str, Any]) -> dict[str, Any]:
    return turn | {"passed": None, "reason": "", "error": ""}
