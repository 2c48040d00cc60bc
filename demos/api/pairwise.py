"""A judge model that compares the answers of two runs, over HTTP."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.api.judges import POLL_AFTER_S, NewJudging
from demos.models import PairJudging, PairOpinion
from demos.selectors import pairwise as reading
from demos.selectors.blindness import withheld_from
from demos.selectors.comparisons import comparison_for
from demos.services.pairwise import start_pair_judging
from demos.vocabulary import JudgingStatus
from portal.api import paging
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField


class PairResult(serializers.Serializer[Any]):
    """The count over all cases. `rate`: share of the later run among the `n` cases with the same preference
    in both orders, with its two-sided 95 % interval; null when there is none. `position_biased`: the judge
    chose the same place in both orders. `verdict`: before, now or cannot_tell.
    """

    cases = serializers.IntegerField()
    prefers_now = serializers.IntegerField()
    prefers_before = serializers.IntegerField()
    ties = serializers.IntegerField()
    position_biased = serializers.IntegerField()
    failed = serializers.IntegerField()
    n = serializers.IntegerField()
    rate = serializers.FloatField(allow_null=True)
    low = serializers.FloatField(allow_null=True)
    high = serializers.FloatField(allow_null=True)
    method = serializers.CharField()
    seed = serializers.IntegerField(allow_null=True)
    verdict = serializers.CharField()


class PairJudgingShape(serializers.ModelSerializer[PairJudging]):
    """A judge's pass over the answers of two runs. `said` of `total` questions, two a case, have a word."""

    id = PublicIdField("pjg", source="pk", read_only=True)
    comparison = PublicIdField("cmp", source="comparison_id", read_only=True)
    judge = PublicIdField("jdv", source="judge_id", read_only=True)
    said = serializers.SerializerMethodField()
    result = PairResult(read_only=True, allow_null=True)

    class Meta:
        model = PairJudging
        fields = [
            "id", "comparison", "judge", "config_sha256", "status", "fault", "cases", "said", "total",
            "result", "cost", "uncosted", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_said(self, row: PairJudging) -> int:
        return row.said if hasattr(row, "said") else PairOpinion.objects.filter(judging=row).count()


class PairOpinionShape(serializers.ModelSerializer[PairOpinion]):
    """What the judge said of one pair in one order, by run, not by place. `word` empty: `error` says why."""

    id = PublicIdField("pjo", source="pk", read_only=True)
    before = PublicIdField("att", source="before_id", read_only=True)
    now = PublicIdField("att", source="now_id", read_only=True)

    class Meta:
        model = PairOpinion
        fields = ["id", "before", "now", "order", "word", "error", "cost", "created_at"]
        read_only_fields = fields


class ComparisonPairViewSet(ListModelMixin, ApiViewSet):
    """What judges prefer of two compared runs; another judge sent."""

    serializer_class = PairJudgingShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[PairJudging]:
        return reading.judgings_of(comparison_for(self.viewer, self.kwargs["comparison_id"]))

    @extend_schema(request=NewJudging, responses={202: PairJudgingShape})
    def create(self, request: Request, comparison_id: UUID) -> Response:
        """Have a judge compare each pair of answers in both orders. Poll `Location` until `finished_at`."""
        body = NewJudging(data=request.data)
        body.is_valid(raise_exception=True)
        found = start_pair_judging(
            by=self.viewer, comparison_id=comparison_id, judge_id=body.validated_data["judge"]
        )
        where = request.build_absolute_uri(f"/api/v1/pair-judgings/{found.public_id}")
        headers = {"Location": where, "Retry-After": POLL_AFTER_S}
        return Response(self.get_serializer(found).data, status=202, headers=headers)


class PairJudgingViewSet(ApiViewSet):
    """One pass."""

    serializer_class = PairJudgingShape
    scopes: ClassVar = {"retrieve": "runs:read"}

    def retrieve(self, request: Request, judging_id: UUID) -> Response:
        """Where it stands and what it came to. `Retry-After` is there while it is on."""
        found = reading.pair_judging_for(self.viewer, judging_id)
        headers = {"Retry-After": POLL_AFTER_S} if found.status == JudgingStatus.WAITING else {}
        return Response(self.get_serializer(found).data, headers=headers)


class PairOpinionViewSet(ListModelMixin, ApiViewSet):
    """What the judge said, pair by pair. Answers that wait for the caller's own word are left out."""

    serializer_class = PairOpinionShape
    pagination_class = paging.OldestFirst
    scopes: ClassVar = {"list": "runs:read"}

    def get_queryset(self) -> QuerySet[PairOpinion]:
        judging = reading.pair_judging_for(self.viewer, self.kwargs["judging_id"])
        runs = (judging.comparison.before, judging.comparison.now)
        waiting = [key for run in runs for key in withheld_from(self.viewer, run)]
        return reading.opinions_of(judging, self.viewer, without=waiting)
