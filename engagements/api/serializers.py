"""Shapes of the lifecycle in the API. Numbers are exact decimals as text; null is "not measured"."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from engagements.models import CriteriaSet, Engagement, Gate, GateRound, Measurement, Stage
from engagements.rules.next_steps import NextStep
from engagements.selectors.verdicts import GateStanding, Standing, steps_of
from engagements.vocabulary import Aggregation, Direction, TargetKind
from portal.api.fields import PublicIdField
from portal.models import User


class PersonSerializer(serializers.Serializer[User]):
    """Somebody, by id and name."""

    id = PublicIdField("usr", source="pk", read_only=True)
    name = serializers.CharField(read_only=True)
    affiliation = serializers.CharField(read_only=True)


class StageSerializer(serializers.ModelSerializer[Stage]):
    """One part of the way."""

    id = PublicIdField("stg", source="pk", read_only=True)

    class Meta:
        model = Stage
        fields = ["id", "kind", "name", "order", "status", "planned_end", "started_at", "ended_at"]
        read_only_fields = fields


class EngagementSerializer(serializers.ModelSerializer[Engagement]):
    """One engagement with its stages in order."""

    id = PublicIdField("eng", source="pk", read_only=True)
    client = serializers.SlugRelatedField(source="tenant", slug_field="slug", read_only=True)  # type: ignore[var-annotated]  # the stub wants the model of a read-only field
    lead = PersonSerializer(read_only=True)
    sponsor = PersonSerializer(read_only=True, allow_null=True)
    stages = StageSerializer(many=True, read_only=True)

    class Meta:
        model = Engagement
        fields = [
            "id", "client", "code", "title", "problem_statement", "status", "currency", "lead", "sponsor",
            "stages", "skipped_stages", "version", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewEngagement(serializers.Serializer[Any]):
    """What starts an engagement. `client` is needed only by who has a place with several.

    `template` is the key of a template, `template_version` "" its newest version; without one it is the
    template that ships.
    """

    title = serializers.CharField(max_length=120)
    problem_statement = serializers.CharField(max_length=2000, required=False, allow_blank=True, default="")
    code = serializers.CharField(max_length=20, required=False, allow_blank=True, default="")
    currency = serializers.RegexField(r"^[A-Z]{3}$", required=False, default="")
    client = serializers.SlugField(required=False, default="")
    template = serializers.SlugField(max_length=40, required=False, default="")
    template_version = serializers.CharField(max_length=20, required=False, default="")


class EngagementChange(serializers.Serializer[Any]):
    """What may be changed of an engagement; what is left out stays."""

    title = serializers.CharField(max_length=120, required=False)
    problem_statement = serializers.CharField(max_length=2000, required=False, allow_blank=True)


class GuardrailShape(serializers.Serializer[Any]):
    """What must not suffer: `above` true means that it has to stay above `limit`."""

    name = serializers.CharField(max_length=160)
    above = serializers.BooleanField()
    limit = serializers.DecimalField(18, 6)
    unit = serializers.CharField(max_length=20, allow_blank=True, default="")


class BaselineShape(serializers.Serializer[Any]):
    """How it is today; null is "not measured"."""

    value = serializers.DecimalField(18, 6, allow_null=True, default=None)
    n = serializers.IntegerField(min_value=1, allow_null=True, default=None)
    begins = serializers.DateField(allow_null=True, default=None)
    ends = serializers.DateField(allow_null=True, default=None)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of that name, not the option
        max_length=200, allow_blank=True, default=""
    )


class SuccessMetricShape(serializers.Serializer[Any]):
    """The one figure that has to move. A relative `target` is a share (0.4 = 40 %) of the baseline."""

    name = serializers.CharField(max_length=160)
    unit = serializers.CharField(max_length=20, allow_blank=True, default="")
    aggregation = serializers.ChoiceField(choices=Aggregation.values)
    direction = serializers.ChoiceField(choices=Direction.values)
    target_kind = serializers.ChoiceField(choices=TargetKind.values)
    target = serializers.DecimalField(18, 6)
    baseline = BaselineShape(required=False, default=dict)
    guardrails = GuardrailShape(many=True, required=False, default=list)


class SuccessMetricSerializer(SuccessMetricShape):
    """The success metric with its sentence and its seal."""

    sentence = serializers.CharField(read_only=True)
    sealed_at = serializers.DateTimeField(read_only=True, allow_null=True)


class MeasurementSerializer(serializers.ModelSerializer[Measurement]):
    """One figure. `low`/`high` are two-sided, `bound_low`/`bound_high` one-sided, all at `confidence`."""

    id = PublicIdField("msm", source="pk", read_only=True)

    class Meta:
        model = Measurement
        fields = [
            "id", "key", "value", "unit", "n", "low", "high", "bound_low", "bound_high", "confidence",
            "method",
            "seed", "slice", "source_kind", "source_id", "config_sha256", "started_at", "measured_at",
            "valid",
        ]  # fmt: skip
        read_only_fields = fields


class GateSerializer(serializers.ModelSerializer[Gate]):
    """One gate of the way."""

    id = PublicIdField("gat", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    stage = StageSerializer(read_only=True)

    class Meta:
        model = Gate
        fields = ["id", "engagement", "number", "question", "approval", "approver_roles", "quorum", "stage"]
        read_only_fields = fields


class VerdictSerializer(serializers.Serializer[Standing]):
    """One criterion as it stands now, and why."""

    key = serializers.CharField(source="criterion.key")
    text = serializers.CharField(source="criterion.text")
    must = serializers.BooleanField(source="criterion.must")
    asked = serializers.CharField()
    measured = serializers.CharField()
    verdict = serializers.CharField(source="ruling.verdict")
    reason = serializers.CharField(source="ruling.reason")
    why = serializers.CharField(source="ruling.why")
    more_cases = serializers.IntegerField(source="ruling.more_cases", allow_null=True)
    measurement = MeasurementSerializer(allow_null=True)


class RoundSerializer(serializers.ModelSerializer[GateRound]):
    """One submission."""

    id = PublicIdField("rnd", source="pk", read_only=True)
    snapshot_sha256 = serializers.CharField(source="snapshot.sha256", read_only=True, default=None)

    class Meta:
        model = GateRound
        fields = ["id", "number", "status", "submitted_at", "due", "snapshot_sha256"]
        read_only_fields = fields


class CriteriaSetSerializer(serializers.ModelSerializer[CriteriaSet]):
    """The set of criteria that counts."""

    id = PublicIdField("crs", source="pk", read_only=True)

    class Meta:
        model = CriteriaSet
        fields = ["id", "number", "status", "sealed_at", "content_sha256"]
        read_only_fields = fields


class NextStepSerializer(serializers.Serializer[NextStep]):
    """The dry run: the cheapest step for one criterion in the way. `side` null: either; `cost` is money."""

    key = serializers.CharField()
    must = serializers.BooleanField()
    verdict = serializers.CharField()
    action = serializers.CharField()
    side = serializers.CharField(allow_null=True)
    effort = serializers.CharField()
    cost = serializers.DecimalField(max_digits=18, decimal_places=4, allow_null=True)
    otherwise = serializers.CharField()


class GateDetail(GateSerializer):
    """A gate with the verdict on each criterion, what is in the way first, and its rounds."""

    is_ready = serializers.SerializerMethodField()
    criteria_set = serializers.SerializerMethodField()
    verdicts = serializers.SerializerMethodField()
    next_steps = serializers.SerializerMethodField()
    rounds = RoundSerializer(many=True, read_only=True)

    class Meta(GateSerializer.Meta):
        fields = [*GateSerializer.Meta.fields, "is_ready", "criteria_set", "verdicts", "next_steps", "rounds"]
        read_only_fields = fields

    def get_is_ready(self, gate: Gate) -> bool:
        return bool(self._standing.readiness.ready)

    @extend_schema_field(CriteriaSetSerializer(allow_null=True))
    def get_criteria_set(self, gate: Gate) -> Any:
        found = self._standing.criteria_set
        return CriteriaSetSerializer(found).data if found else None

    @extend_schema_field(VerdictSerializer(many=True))
    def get_verdicts(self, gate: Gate) -> Any:
        return [VerdictSerializer(row).data for row in self._standing.rows]

    @extend_schema_field(NextStepSerializer(many=True))
    def get_next_steps(self, gate: Gate) -> Any:
        return [NextStepSerializer(step).data for step in steps_of(self._standing, gate.engagement.currency)]

    @property
    def _standing(self) -> GateStanding:
        standing: GateStanding = self.context["standing"]
        return standing
