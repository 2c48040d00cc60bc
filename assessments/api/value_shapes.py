"""Shapes of the process map, pain points and the value case. Null is "not measured" or "nobody said"."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from assessments.models import CostComponent, PainPoint, ProcessStep, ValueCase
from assessments.rules.costs import Component, guess_share, total_cost
from assessments.rules.process import NUMBERS, WORDS, StepFacts
from assessments.rules.ranking import Ranked
from assessments.rules.suitability import Check, Said, screen
from assessments.rules.value import CostLine
from assessments.services.pain_points import PainPointFacts
from assessments.services.suitability import ScreeningFacts
from assessments.services.value_case import BenefitFacts, CostFacts, ValueCaseFacts
from assessments.vocabulary import CostKind, EvidenceGrade, PainKind
from portal.api.fields import PublicIdField

SHARE: dict[str, Any] = {
    "max_digits": 7,
    "decimal_places": 6,
    "min_value": Decimal(0),
    "max_value": Decimal(1),
}
MONEY: dict[str, Any] = {"max_digits": 18, "decimal_places": 4, "min_value": Decimal(0)}


class GradeShape(serializers.Serializer[Any]):
    """How well a number is known."""

    grade = serializers.ChoiceField(choices=EvidenceGrade.choices)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of that name, not the option
        max_length=200, required=False, default="", allow_blank=True
    )


class ProcessStepSerializer(serializers.ModelSerializer[ProcessStep]):
    """One step as it is done today. `error_rate` is 0 to 1, times are minutes a case."""

    id = PublicIdField("stp", source="pk", read_only=True)
    evidence = serializers.DictField(child=GradeShape(), read_only=True)

    class Meta:
        model = ProcessStep
        fields = ["id", "order", *WORDS, *NUMBERS, "evidence", "version", "created_at"]
        read_only_fields = fields


class NewStep(serializers.Serializer[Any]):
    """A step; each number that is given needs its grade in `evidence`, by the number's name."""

    process = serializers.CharField(max_length=120)
    name = serializers.CharField(max_length=120)
    actor = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    system = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    volume_per_year = serializers.DecimalField(14, 2, min_value=Decimal(0), allow_null=True, default=None)
    touch_minutes = serializers.DecimalField(12, 2, min_value=Decimal(0), allow_null=True, default=None)
    wait_minutes = serializers.DecimalField(12, 2, min_value=Decimal(0), allow_null=True, default=None)
    error_rate = serializers.DecimalField(**SHARE, allow_null=True, default=None)
    hours_per_year = serializers.DecimalField(12, 2, min_value=Decimal(0), allow_null=True, default=None)
    evidence = serializers.DictField(child=GradeShape(), required=False, default=dict)

    def facts(self) -> StepFacts:
        given = dict(self.validated_data)
        evidence = {name: dict(said) for name, said in given.pop("evidence").items() if name in NUMBERS}
        return StepFacts(**given, evidence=evidence)


class ImportedSteps(serializers.Serializer[Any]):
    """How many steps were added."""

    steps = serializers.IntegerField()


class ComponentSerializer(serializers.ModelSerializer[CostComponent]):
    """One claimed cost a year. `likely` is what the formula of its kind gives from `inputs`."""

    inputs = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = CostComponent
        fields = ["kind", "inputs", "low", "likely", "high", "grade", "source"]
        read_only_fields = fields


class PainPointSerializer(serializers.ModelSerializer[PainPoint]):
    """A pain point with its costs, and what the seven checks say of AI."""

    id = PublicIdField("pnp", source="pk", read_only=True)
    process_step = PublicIdField("stp", source="process_step_id", read_only=True)
    components = ComponentSerializer(many=True, read_only=True)
    annual_cost = serializers.SerializerMethodField()
    guess_share = serializers.SerializerMethodField()
    calls_for = serializers.SerializerMethodField()
    reasons = serializers.SerializerMethodField()
    suitability = serializers.DictField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = PainPoint
        fields = [
            "id", "title", "kind", "process_step", "step", "description", "owner", "effort_days",
            "annual_cost", "guess_share", "components", "suitability", "suitability_note", "calls_for",
            "reasons", "chosen", "urgency", "risk_reduction", "reach", "impact", "version", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DecimalField(20, 4, allow_null=True))
    def get_annual_cost(self, row: PainPoint) -> str | None:
        found = total_cost(_parts(row))
        return None if found is None else f"{found:.4f}"

    @extend_schema_field(serializers.DecimalField(7, 6, allow_null=True))
    def get_guess_share(self, row: PainPoint) -> str | None:
        found = guess_share(_parts(row))
        return None if found is None else f"{found:.6f}"

    def get_calls_for(self, row: PainPoint) -> str:
        return screen(row.suitability).calls_for.value

    @extend_schema_field(serializers.ListField(child=serializers.CharField()))
    def get_reasons(self, row: PainPoint) -> list[str]:
        return list(screen(row.suitability).reasons)


def _parts(row: PainPoint) -> list[tuple[EvidenceGrade, Decimal]]:
    return [(EvidenceGrade(one.grade), one.likely) for one in row.components.all()]


class NewComponent(GradeShape):
    """A claimed cost. `inputs` are the numbers of its kind's formula; shares are 0 to 1."""

    kind = serializers.ChoiceField(choices=CostKind.choices)
    inputs = serializers.DictField(child=serializers.DecimalField(20, 6), allow_empty=False)
    low = serializers.DecimalField(**MONEY, allow_null=True, default=None)
    high = serializers.DecimalField(**MONEY, allow_null=True, default=None)


class NewPainPoint(serializers.Serializer[Any]):
    """A pain point with at least one cost."""

    title = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=PainKind.choices)
    process_step = PublicIdField("stp", required=False, allow_null=True, default=None)
    step = serializers.CharField(max_length=200, required=False, default="", allow_blank=True)
    description = serializers.CharField(max_length=4000, required=False, default="", allow_blank=True)
    owner = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)
    effort_days = serializers.DecimalField(8, 1, min_value=Decimal(0), allow_null=True, default=None)
    components = NewComponent(many=True, allow_empty=False)

    def facts(self) -> PainPointFacts:
        given = {key: value for key, value in self.validated_data.items() if key != "components"}
        step = given.pop("process_step")
        return PainPointFacts(**{**given, "kind": PainKind(given["kind"])}, process_step_id=step)

    def components_given(self) -> list[Component]:
        return [
            Component(**{**row, "kind": CostKind(row["kind"]), "grade": EvidenceGrade(row["grade"])})
            for row in self.validated_data["components"]
        ]


class SuitabilityShape(serializers.Serializer[Any]):
    """Answers to the seven checks, and what WSJF and RICE read."""

    answers = serializers.DictField(child=serializers.ChoiceField(choices=[said.value for said in Said]))
    note = serializers.CharField(max_length=2000, required=False, default="", allow_blank=True)
    chosen = serializers.BooleanField(required=False, default=False)
    urgency = serializers.DecimalField(3, 1, allow_null=True, default=None)
    risk_reduction = serializers.DecimalField(3, 1, allow_null=True, default=None)
    reach = serializers.DecimalField(14, 2, allow_null=True, default=None)
    impact = serializers.DecimalField(4, 2, allow_null=True, default=None)

    def facts(self) -> ScreeningFacts:
        given = dict(self.validated_data)
        known = {check.value for check in Check}
        answers = {Check(key): Said(said) for key, said in given.pop("answers").items() if key in known}
        return ScreeningFacts(answers=answers, **given)


class RankSerializer(serializers.Serializer[Ranked]):
    """A pain point under each lens: `value`, `wsjf`, `rice`. Null: the lens lacks an input."""

    pain_point = serializers.CharField(source="key")
    title = serializers.CharField()
    scores = serializers.DictField(child=serializers.DecimalField(30, 6, allow_null=True))
    ranks = serializers.DictField(child=serializers.IntegerField(allow_null=True))


class RankingSerializer(serializers.Serializer[Any]):
    """Best by value over effort first, and one sentence for each lens that says otherwise."""

    items = RankSerializer(many=True, source="ranked")
    disagreements = serializers.ListField(child=serializers.CharField())


class CostShape(GradeShape):
    """One line of the cost side."""

    low = serializers.DecimalField(**MONEY)
    likely = serializers.DecimalField(**MONEY)
    high = serializers.DecimalField(**MONEY)


class BenefitShape(serializers.Serializer[Any]):
    """The part of one cost of one pain point that goes away; shares are 0 to 1."""

    pain_point = PublicIdField("pnp", source="pain_point_id")
    kind = serializers.ChoiceField(choices=CostKind.choices)
    low = serializers.DecimalField(**SHARE, source="reduction_low")
    likely = serializers.DecimalField(**SHARE, source="reduction")
    high = serializers.DecimalField(**SHARE, source="reduction_high")
    adoption = serializers.DecimalField(**SHARE)
    cashable = serializers.BooleanField()
    owner = serializers.CharField(max_length=120, required=False, default="", allow_blank=True)


class FrameShape(serializers.Serializer[Any]):
    """The frame of a value case. Rates are 0 to 1, money is in the engagement's currency."""

    horizon_months = serializers.IntegerField(min_value=1, max_value=120, default=36)
    discount_rate = serializers.DecimalField(5, 4, min_value=Decimal(0), max_value=Decimal(1))
    ramp_months = serializers.IntegerField(min_value=0, max_value=120, default=0)
    cases_per_year = serializers.DecimalField(14, 2, min_value=Decimal(0))
    coverage = serializers.DecimalField(5, 4, min_value=Decimal(0), max_value=Decimal(1))
    wrong_case_cost = serializers.DecimalField(**MONEY)
    demo_cost = serializers.DecimalField(**MONEY, allow_null=True, default=None)
    model_cost = serializers.DecimalField(18, 6, min_value=Decimal(0), allow_null=True, default=None)


class NewValueCase(FrameShape):
    """The draft, whole: frame, costs by line, benefits."""

    costs = serializers.DictField(child=CostShape(), help_text=f"By line: {', '.join(CostLine)}.")
    benefits = BenefitShape(many=True, allow_empty=False)

    def validate_costs(self, value: dict[str, Any]) -> dict[str, Any]:
        unknown = sorted(set(value) - {line.value for line in CostLine})
        if unknown:
            raise serializers.ValidationError(f"Not a line: {unknown[0][:40]}. Lines: {', '.join(CostLine)}.")
        return value

    def facts(self) -> ValueCaseFacts:
        return ValueCaseFacts(
            **{key: value for key, value in self.validated_data.items() if key not in ("costs", "benefits")}
        )

    def costs_given(self) -> dict[CostLine, CostFacts]:
        return {
            CostLine(line): CostFacts(**{**row, "grade": EvidenceGrade(row["grade"])})
            for line, row in self.validated_data["costs"].items()
        }

    def benefits_given(self) -> list[BenefitFacts]:
        names = {"low": "reduction_low", "likely": "reduction", "high": "reduction_high"}
        kept = ("pain_point_id", "adoption", "cashable", "owner")
        return [
            BenefitFacts(
                kind=CostKind(row["kind"]),
                **{name: row[source] for name, source in names.items()},
                **{name: row[name] for name in kept},
            )
            for row in self.validated_data["benefits"]
        ]


class ValueCaseSerializer(serializers.ModelSerializer[ValueCase]):
    """A version. `totals` is exact text: saving, payback_months (null: never), npv, roi, break_even,
    net_per_case, `spread` with p10, p50, p90 of the NPV, and the strongest `drivers`."""

    id = PublicIdField("vac", source="pk", read_only=True)
    costs = serializers.DictField(child=CostShape(), read_only=True)
    benefits = BenefitShape(many=True, read_only=True)
    totals = serializers.SerializerMethodField()
    loses = serializers.SerializerMethodField()

    class Meta:
        model = ValueCase
        fields = [
            "id", "number", "version", "horizon_months", "discount_rate", "ramp_months", "cases_per_year",
            "coverage", "wrong_case_cost", "demo_cost", "model_cost", "seed", "costs", "benefits", "totals",
            "loses", "gate_number", "frozen_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(serializers.DictField())
    def get_totals(self, row: ValueCase) -> Any:
        return {key: value for key, value in row.totals.items() if key != "basis"}

    def get_loses(self, row: ValueCase) -> bool:
        return Decimal(row.totals["npv"]) < 0
