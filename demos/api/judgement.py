"""What people say of answers, and what follows: reviews, disputes and further results over HTTP."""

from typing import ClassVar
from uuid import UUID

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.api import judgement_shapes as shapes
from demos.api.runs import MetricPaging
from demos.api.serializers import MetricSerializer
from demos.models import Dispute, HumanReview, MetricResult, ResultVersion, ReviewItem, ReviewRound
from demos.selectors import reviews as reading
from demos.selectors import runs, verdicts
from demos.services.disputes import dispute_grade, rule_on_dispute
from demos.services.regrading import regrade_run
from demos.services.reviews import ask_for_reviews, review_answer
from demos.vocabulary import DisputeOutcome, ReviewLabel
from engagements.selectors import engagement_for
from portal.api import paging
from portal.api.base import ApiViewSet


class EngagementReviewViewSet(ListModelMixin, ApiViewSet):
    """The rounds of review of an engagement; a new one."""

    serializer_class = shapes.ReviewRoundShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[ReviewRound]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.rounds_with_progress(self.viewer, engagement.pk)

    @extend_schema(request=shapes.NewReviewRound, responses={201: shapes.ReviewRoundDetail})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Draw a sample of a finished run's answers for two reviewers each."""
        body = shapes.NewReviewRound(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        runs.require_in(self.viewer, given["run"], engagement_id)
        found = ask_for_reviews(by=self.viewer, run_id=given["run"], size=given["size"])
        shape = shapes.ReviewRoundDetail(found, context=self.get_serializer_context())
        return _made(request, f"review-rounds/{found.public_id}", shape.data)


class ReviewRoundViewSet(ApiViewSet):
    """One round of review."""

    serializer_class = shapes.ReviewRoundDetail
    scopes: ClassVar = {"retrieve": "runs:read"}

    def retrieve(self, request: Request, round_id: UUID) -> Response:
        """How far the round is; agreement, kappa and the comparison with graders once all is settled."""
        return Response(self.get_serializer(reading.round_for(self.viewer, round_id)).data)


class PositionPaging(paging.CreatedCursor):
    """Answers in the order in which they were drawn."""

    ordering = "position"


class ReviewItemViewSet(ListModelMixin, ApiViewSet):
    """What of a round waits for the caller."""

    serializer_class = shapes.ReviewItemShape
    pagination_class = PositionPaging
    scopes: ClassVar = {"list": "reviews:write"}

    def get_queryset(self) -> QuerySet[ReviewItem]:
        found = reading.round_for(self.viewer, self.kwargs["round_id"])
        return reading.items_waiting_for(self.viewer, found)


class ReviewViewSet(ApiViewSet):
    """The caller's word on one answer."""

    serializer_class = shapes.ReviewShape
    scopes: ClassVar = {"create": "reviews:write"}

    @extend_schema(request=shapes.NewWord, responses={201: shapes.ReviewShape})
    def create(self, request: Request, item_id: UUID) -> Response:
        """Say whether the answer is right, as the person who owns the token. A word cannot be changed."""
        body = shapes.NewWord(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        review = review_answer(
            by=self.viewer, item_id=item_id, label=ReviewLabel(given["label"]), severe=given["severe"],
            note=given["note"],
        )  # fmt: skip
        return Response(self.get_serializer(review).data, status=201)


class RoundReviewViewSet(ListModelMixin, ApiViewSet):
    """The words given in a round."""

    serializer_class = shapes.ReviewShape
    pagination_class = paging.OldestFirst
    scopes: ClassVar = {"list": "runs:read"}

    def get_queryset(self) -> QuerySet[HumanReview]:
        """Everybody's once the round is complete; until then only the caller's own."""
        return reading.words_for(self.viewer, reading.round_for(self.viewer, self.kwargs["round_id"]))


class EngagementDisputeViewSet(ListModelMixin, ApiViewSet):
    """The disputed grades of an engagement."""

    serializer_class = shapes.DisputeShape
    scopes: ClassVar = {"list": "runs:read"}

    def get_queryset(self) -> QuerySet[Dispute]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return verdicts.visible_disputes(self.viewer, engagement)


class AttemptDisputeViewSet(ApiViewSet):
    """A dispute on one grade."""

    serializer_class = shapes.DisputeShape
    scopes: ClassVar = {"create": "reviews:write"}

    @extend_schema(request=shapes.NewDispute, responses={201: shapes.DisputeShape})
    def create(self, request: Request, attempt_id: UUID) -> Response:
        """Say that an answer should count as right, or as wrong. The grade stays until somebody rules."""
        body = shapes.NewDispute(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        found = dispute_grade(
            by=self.viewer, attempt_id=attempt_id, says=ReviewLabel(given["says"]), reason=given["reason"]
        )
        return _made(request, f"disputes/{found.public_id}", self.get_serializer(found).data)


class DisputeViewSet(ApiViewSet):
    """One dispute: read, ruled on."""

    serializer_class = shapes.DisputeShape
    scopes: ClassVar = {"retrieve": "runs:read", "rule": "reviews:write"}

    def retrieve(self, request: Request, dispute_id: UUID) -> Response:
        """A dispute with both values, and its ruling if there is one."""
        return Response(self.get_serializer(verdicts.dispute_for(self.viewer, dispute_id)).data)

    @extend_schema(request=shapes.NewRuling, responses={201: shapes.DisputeShape})
    def rule(self, request: Request, dispute_id: UUID) -> Response:
        """Uphold it, which makes a further result of the run, or reject it; not by who raised it."""
        body = shapes.NewRuling(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        rule_on_dispute(
            by=self.viewer, dispute_id=dispute_id, outcome=DisputeOutcome(given["outcome"]),
            reason=given["reason"],
        )  # fmt: skip
        found = verdicts.dispute_for(self.viewer, dispute_id)
        return Response(self.get_serializer(found).data, status=201)


class RunResultViewSet(ListModelMixin, ApiViewSet):
    """The later results of a run; another one by other graders."""

    serializer_class = shapes.ResultShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[ResultVersion]:
        return verdicts.visible_versions(runs.run_for(self.viewer, self.kwargs["run_id"]))

    @extend_schema(request=shapes.NewResult, responses={201: shapes.ResultShape})
    def create(self, request: Request, run_id: UUID) -> Response:
        """Grade the stored answers with other graders, at once and without a call. The first result stays."""
        body = shapes.NewResult(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        version = regrade_run(
            by=self.viewer, run_id=run_id, grader_version_ids=given["grader_versions"], note=given["note"]
        )
        return _made(request, f"result-versions/{version.public_id}", self.get_serializer(version).data)


class ResultVersionViewSet(ApiViewSet):
    """One later result."""

    serializer_class = shapes.ResultShape
    scopes: ClassVar = {"retrieve": "runs:read"}

    def retrieve(self, request: Request, version_id: UUID) -> Response:
        """Why there is this result, and what graded it."""
        return Response(self.get_serializer(verdicts.version_for(self.viewer, version_id)).data)


class ResultMetricViewSet(ListModelMixin, ApiViewSet):
    """The figures of one later result."""

    serializer_class = MetricSerializer
    pagination_class = MetricPaging
    scopes: ClassVar = {"list": "runs:read"}

    def get_queryset(self) -> QuerySet[MetricResult]:
        version = verdicts.version_for(self.viewer, self.kwargs["version_id"])
        return MetricResult.objects.filter(run_id=version.run_id, result_version=version.number)


def _made(request: Request, address: str, body: object) -> Response:
    where = request.build_absolute_uri(f"/api/v1/{address}")
    return Response(body, status=201, headers={"Location": where})
