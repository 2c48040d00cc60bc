"""Shapes of reviews, disputes and further results in the API. Null is "not known yet", never zero."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from demos.engine import statistics as st
from demos.models import Dispute, DisputeRuling, HumanReview, ResultVersion, ReviewItem, ReviewRound
from demos.selectors import reviews as reading
from demos.services.reviews import MOST_ANSWERS
from demos.vocabulary import DisputeOutcome, ReviewLabel
from portal.api.fields import PublicIdField


class Skill(serializers.Serializer[Any]):
    """Two judges of the same answers. Rates are null where no answer allows them."""

    n = serializers.IntegerField()
    both_pass = serializers.IntegerField()
    judge_only = serializers.IntegerField()
    people_only = serializers.IntegerField()
    both_fail = serializers.IntegerField()
    agreement = serializers.FloatField(allow_null=True)
    kappa = serializers.FloatField(allow_null=True)
    sensitivity = serializers.FloatField(allow_null=True)
    specificity = serializers.FloatField(allow_null=True)


class NewReviewRound(serializers.Serializer[Any]):
    """How many answers of a finished run two people are to judge; the sample is drawn by chance."""

    run = PublicIdField("run")
    size = serializers.IntegerField(min_value=1, max_value=MOST_ANSWERS)


class ReviewRoundShape(serializers.ModelSerializer[ReviewRound]):
    """A round of review. `words`: reviews given so far, by everybody."""

    id = PublicIdField("rvr", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    run = PublicIdField("run", source="run_id", read_only=True)
    words = serializers.SerializerMethodField()
    mine = serializers.SerializerMethodField()

    class Meta:
        model = ReviewRound
        fields: ClassVar[list[str]] = [
            "id", "engagement", "run", "number", "size", "seed", "words", "mine", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_words(self, row: ReviewRound) -> int:
        return row.words if hasattr(row, "words") else HumanReview.objects.filter(item__round=row).count()

    def get_mine(self, row: ReviewRound) -> int:
        if hasattr(row, "mine"):
            return int(row.mine)
        return reading.words_of(self.context["request"].user, row)


class PeopleAgree(serializers.Serializer[Any]):
    """The first two words on each answer. Kappa null: all answers are on one side."""

    pairs = serializers.IntegerField()
    agreed = serializers.IntegerField()
    both_right = serializers.IntegerField()
    first_right = serializers.IntegerField()
    second_right = serializers.IntegerField()
    both_wrong = serializers.IntegerField()
    agreement = serializers.FloatField(allow_null=True)
    kappa = serializers.FloatField(allow_null=True)


class ReviewResult(serializers.Serializer[Any]):
    """What a complete round found. `severe_bound`: upper one-sided 95 % end of the severe share."""

    severe = serializers.IntegerField()
    severe_bound = serializers.FloatField()
    disagreed = serializers.IntegerField()
    people = PeopleAgree()
    graders = Skill()


class ReviewRoundDetail(ReviewRoundShape):
    """One round. `result` null until every answer is settled, so that nobody is led by it."""

    settled = serializers.SerializerMethodField()
    complete = serializers.SerializerMethodField()
    result = serializers.SerializerMethodField()
    _kept: tuple[UUID, reading.Summary] | None = None

    class Meta(ReviewRoundShape.Meta):
        fields: ClassVar[list[str]] = [*ReviewRoundShape.Meta.fields, "settled", "complete", "result"]
        read_only_fields = fields

    def get_settled(self, row: ReviewRound) -> int:
        return self._summary(row).settled

    def get_complete(self, row: ReviewRound) -> bool:
        return self._summary(row).complete

    @extend_schema_field(ReviewResult(allow_null=True))
    def get_result(self, row: ReviewRound) -> dict[str, Any] | None:
        found = self._summary(row)
        if not found.complete:
            return None
        bound = st.rate(found.severe, found.size).bound_high if found.severe else None
        return {
            "severe": found.severe, "severe_bound": bound or st.zero_event_upper(found.size),
            "disagreed": found.disagreed, "people": PeopleAgree(found).data,
            "graders": Skill(found.graders).data,
        }  # fmt: skip

    def _summary(self, row: ReviewRound) -> reading.Summary:
        if self._kept is None or self._kept[0] != row.pk:
            self._kept = row.pk, reading.summary_of(row)
        return self._kept[1]


class ReviewItemShape(serializers.ModelSerializer[ReviewItem]):
    """An answer that waits for the caller: blind, so neither graders, nor version, nor others' words."""

    id = PublicIdField("rvi", source="pk", read_only=True)
    asked = serializers.CharField(source="attempt.case.input", read_only=True)
    context_given = serializers.CharField(source="attempt.case.context", read_only=True)
    expected = serializers.CharField(source="attempt.case.expected", read_only=True)
    answer = serializers.CharField(source="attempt.answer", read_only=True, allow_null=True)

    class Meta:
        model = ReviewItem
        fields: ClassVar[list[str]] = ["id", "position", "asked", "context_given", "expected", "answer"]
        read_only_fields = fields


class NewWord(serializers.Serializer[Any]):
    """One person's word. `severe`: wrong, and somebody would come to harm or money would be lost."""

    label = serializers.ChoiceField(choices=ReviewLabel.choices)  # type: ignore[assignment]  # a declared field leaves the class
    severe = serializers.BooleanField(default=False)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["severe"] and attrs["label"] != ReviewLabel.WRONG:
            raise serializers.ValidationError({"severe": "Only a wrong answer is severe. Say “wrong”."})
        return attrs


class ReviewShape(serializers.ModelSerializer[HumanReview]):
    """A word that was given."""

    id = PublicIdField("hrv", source="pk", read_only=True)
    item = PublicIdField("rvi", source="item_id", read_only=True)
    reviewer = serializers.CharField(source="reviewer.name", read_only=True)

    class Meta:
        model = HumanReview
        fields = ["id", "item", "reviewer", "label", "severe", "note", "created_at"]
        read_only_fields = fields


class NewDispute(serializers.Serializer[Any]):
    """What the answer should count as, and why: whoever rules on it reads this."""

    says = serializers.ChoiceField(choices=ReviewLabel.choices)
    reason = serializers.CharField(max_length=1000)


class NewRuling(serializers.Serializer[Any]):
    """How a dispute ends, and why: both sides read this."""

    outcome = serializers.ChoiceField(choices=DisputeOutcome.choices)
    reason = serializers.CharField(max_length=1000)


class RulingShape(serializers.ModelSerializer[DisputeRuling]):
    """How a dispute ended. `result_version` null: it was rejected and nothing changed."""

    result_version = PublicIdField("rsv", source="result_version_id", read_only=True, allow_null=True)
    ruled_by = serializers.CharField(source="ruled_by.name", read_only=True)

    class Meta:
        model = DisputeRuling
        fields = ["outcome", "reason", "result_version", "ruled_by", "created_at"]
        read_only_fields = fields


class DisputeShape(serializers.ModelSerializer[Dispute]):
    """A disputed grade with both values: `graded_as`, by the run itself, stays; `says` is what it should be.

    `ruling` null: it is open. Right is true, wrong is false, not graded is null.
    """

    id = PublicIdField("dsp", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    run = PublicIdField("run", source="attempt.run_id", read_only=True)
    attempt = PublicIdField("att", source="attempt_id", read_only=True)
    graded_as = serializers.BooleanField(source="attempt.passed", read_only=True, allow_null=True)
    raised_by = serializers.CharField(source="raised_by.name", read_only=True)
    ruling = serializers.SerializerMethodField()

    class Meta:
        model = Dispute
        fields = [
            "id", "engagement", "run", "attempt", "graded_as", "says", "reason", "raised_by", "created_at",
            "ruling",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(RulingShape(allow_null=True))
    def get_ruling(self, row: Dispute) -> Any:
        ruling = next(iter(row.rulings.all()), None)
        return None if ruling is None else RulingShape(ruling).data


class NewResult(serializers.Serializer[Any]):
    """Graders for the stored answers. Nothing is asked again."""

    grader_versions = serializers.ListField(child=PublicIdField("grv"), min_length=1, max_length=20)
    note = serializers.CharField(max_length=500, allow_blank=True, default="")


class ResultShape(serializers.ModelSerializer[ResultVersion]):
    """A later result of a run; the run's own is number 1 and has no row here."""

    id = PublicIdField("rsv", source="pk", read_only=True)
    run = PublicIdField("run", source="run_id", read_only=True)
    grader_versions = serializers.JSONField(source="graders", read_only=True)
    created_by = serializers.CharField(source="created_by.name", read_only=True, allow_null=True)

    class Meta:
        model = ResultVersion
        fields = [
            "id", "run", "number", "reason", "grader_versions", "config_sha256", "note", "created_by",
            "created_at",
        ]  # fmt: skip
        read_only_fields = fields
