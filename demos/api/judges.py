"""Judge models over HTTP: set up, sent over a run, polled, compared with people."""

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response

from demos.api.judgement_shapes import Skill
from demos.models import JudgeCalibration, JudgeOpinion, JudgeVersion, Judging, MetricResult
from demos.selectors import judges as reading
from demos.selectors import runs
from demos.selectors.blindness import withheld_from
from demos.services.judging import calibrate_judge, resume_judging, start_judging, store_judge
from demos.vocabulary import JudgingStatus
from engagements.selectors import engagement_for
from portal.api import paging
from portal.api.base import ApiViewSet
from portal.api.fields import PublicIdField

POLL_AFTER_S = "2"


class NewJudge(serializers.Serializer[Any]):
    """A target that judges, and by what. The same setting again gives the version that is there."""

    name = serializers.CharField(max_length=120)
    target_version = PublicIdField("tgv")
    rubric = serializers.CharField(min_length=20, max_length=20_000)


class CalibrationShape(serializers.ModelSerializer[JudgeCalibration]):
    """A judge against people. `counts`: it may feed a must-criterion until the date."""

    id = PublicIdField("jdc", source="pk", read_only=True)
    judge = PublicIdField("jdv", source="judge_id", read_only=True)
    judging = PublicIdField("jdg", source="judging_id", read_only=True)

    class Meta:
        model = JudgeCalibration
        fields = [
            "id", "judge", "judging", "both_pass", "judge_only", "people_only", "both_fail", "agreement",
            "kappa", "sensitivity", "specificity", "counts", "valid_until", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class JudgeShape(serializers.ModelSerializer[JudgeVersion]):
    """One frozen version of a judge. Another rubric or target is another version."""

    id = PublicIdField("jdv", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    target_version = PublicIdField("tgv", source="target_version_id", read_only=True)

    class Meta:
        model = JudgeVersion
        fields: ClassVar[list[str]] = [
            "id", "engagement", "name", "number", "target_version", "rubric", "config_sha256", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class JudgeDetail(JudgeShape):
    """One version of a judge with the newest calibration that is still valid; null without one."""

    calibration = serializers.SerializerMethodField()

    class Meta(JudgeShape.Meta):
        fields: ClassVar[list[str]] = [*JudgeShape.Meta.fields, "calibration"]
        read_only_fields = fields

    @extend_schema_field(CalibrationShape(allow_null=True))
    def get_calibration(self, row: JudgeVersion) -> Any:
        found = reading.calibration_of(row, on=timezone.localdate())
        return None if found is None else CalibrationShape(found).data


class NewJudging(serializers.Serializer[Any]):
    """Which judge reads the answers."""

    judge = PublicIdField("jdv")


class JudgeRate(serializers.ModelSerializer[MetricResult]):
    """A rate over the answers that the judge had a word on, with its two-sided 95 % interval."""

    class Meta:
        model = MetricResult
        fields = ["value", "n", "low", "high", "bound_low", "bound_high", "method"]
        read_only_fields = fields


class JudgingShape(serializers.ModelSerializer[Judging]):
    """A judge's pass over a run's stored answers. `cost` is its own and not the run's."""

    id = PublicIdField("jdg", source="pk", read_only=True)
    run = PublicIdField("run", source="run_id", read_only=True)
    judge = PublicIdField("jdv", source="judge_id", read_only=True)
    result_version = PublicIdField("rsv", source="result_version_id", read_only=True, allow_null=True)
    said = serializers.SerializerMethodField()

    class Meta:
        model = Judging
        fields: ClassVar[list[str]] = [
            "id", "run", "judge", "status", "fault", "said", "total", "cost", "uncosted", "result_version",
            "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_said(self, row: Judging) -> int:
        return row.said if hasattr(row, "said") else JudgeOpinion.objects.filter(judging=row).count()


class JudgingDetail(JudgingShape):
    """One judging with its rates. All three are null until it has finished.

    `skill`: the judge against people, by its valid calibration or by what is settled so far; `missing` says
    what it still needs to feed a must-criterion. `corrected`: the rate corrected for its errors (Rogan and
    Gladen), null before a calibration.
    """

    skill = serializers.SerializerMethodField()
    missing = serializers.SerializerMethodField()
    raw = serializers.SerializerMethodField()
    corrected = serializers.SerializerMethodField()

    class Meta(JudgingShape.Meta):
        fields: ClassVar[list[str]] = [*JudgingShape.Meta.fields, "skill", "missing", "raw", "corrected"]
        read_only_fields = fields

    @extend_schema_field(Skill(allow_null=True))
    def get_skill(self, row: Judging) -> Any:
        return Skill(reading.skill_now(row, on=timezone.localdate())).data if self._over(row) else None

    def get_missing(self, row: Judging) -> list[str]:
        return reading.skill_now(row, on=timezone.localdate()).reasons() if self._over(row) else []

    @extend_schema_field(JudgeRate(allow_null=True))
    def get_raw(self, row: Judging) -> Any:
        return self._rate(row, "pass_rate")

    @extend_schema_field(JudgeRate(allow_null=True))
    def get_corrected(self, row: Judging) -> Any:
        return self._rate(row, "corrected_pass_rate")

    def _rate(self, row: Judging, key: str) -> Any:
        found = reading.rates_of(row).get(key) if self._over(row) else None
        return None if found is None else JudgeRate(found).data

    def _over(self, row: Judging) -> bool:
        return row.status == JudgingStatus.FINISHED


class OpinionShape(serializers.ModelSerializer[JudgeOpinion]):
    """What a judge said of one answer. `passed` null: it abstained, or `error` says why not."""

    id = PublicIdField("jdo", source="pk", read_only=True)
    attempt = PublicIdField("att", source="attempt_id", read_only=True)

    class Meta:
        model = JudgeOpinion
        fields = ["id", "attempt", "passed", "reason", "error", "cost", "created_at"]
        read_only_fields = fields


class EngagementJudgeViewSet(ListModelMixin, ApiViewSet):
    """The judges of an engagement; a new version."""

    serializer_class = JudgeShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[JudgeVersion]:
        engagement = engagement_for(self.viewer, self.kwargs["engagement_id"])
        return reading.visible_judges(self.viewer, engagement.pk)

    @extend_schema(request=NewJudge, responses={201: JudgeShape})
    def create(self, request: Request, engagement_id: UUID) -> Response:
        """Set up a judge. Its name with another rubric or target becomes its next version."""
        body = NewJudge(data=request.data)
        body.is_valid(raise_exception=True)
        given = body.validated_data
        judge = store_judge(
            by=self.viewer, engagement_id=engagement_id, name=given["name"], rubric=given["rubric"],
            target_version_id=given["target_version"],
        )  # fmt: skip
        where = request.build_absolute_uri(f"/api/v1/judges/{judge.public_id}")
        return Response(self.get_serializer(judge).data, status=201, headers={"Location": where})


class JudgeViewSet(ApiViewSet):
    """One version of a judge."""

    serializer_class = JudgeDetail
    scopes: ClassVar = {"retrieve": "runs:read"}

    def retrieve(self, request: Request, judge_id: UUID) -> Response:
        """A judge with its rubric and its valid calibration."""
        return Response(self.get_serializer(reading.judge_for(self.viewer, judge_id)).data)


class RunJudgingViewSet(ListModelMixin, ApiViewSet):
    """What judges said of a run; another judge sent over it."""

    serializer_class = JudgingShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[Judging]:
        return reading.judgings_of(runs.run_for(self.viewer, self.kwargs["run_id"]))

    @extend_schema(request=NewJudging, responses={202: JudgingDetail})
    def create(self, request: Request, run_id: UUID) -> Response:
        """Have a judge read every stored answer. Poll `Location` until `finished_at` is set."""
        body = NewJudging(data=request.data)
        body.is_valid(raise_exception=True)
        judging = start_judging(by=self.viewer, run_id=run_id, judge_id=body.validated_data["judge"])
        where = request.build_absolute_uri(f"/api/v1/judgings/{judging.public_id}")
        headers = {"Location": where, "Retry-After": POLL_AFTER_S}
        return Response(JudgingDetail(judging).data, status=202, headers=headers)


class JudgingViewSet(ApiViewSet):
    """One judging: polled, sent again, compared with people."""

    serializer_class = JudgingDetail
    scopes: ClassVar = {"retrieve": "runs:read", "resume": "runs:start"}

    def retrieve(self, request: Request, judging_id: UUID) -> Response:
        """Where it stands and what it came to. `Retry-After` is there while it is on."""
        judging = reading.judging_for(self.viewer, judging_id)
        waits = judging.status == JudgingStatus.WAITING
        headers = {"Retry-After": POLL_AFTER_S} if waits else {}
        return Response(self.get_serializer(judging).data, headers=headers)

    @extend_schema(request=None)
    def resume(self, request: Request, judging_id: UUID) -> Response:
        """Send the task of an unfinished judging again; answers with a word are not asked again."""
        resume_judging(by=self.viewer, judging_id=judging_id)
        return Response(self.get_serializer(reading.judging_for(self.viewer, judging_id)).data)


class CalibrationViewSet(ListModelMixin, ApiViewSet):
    """Comparisons of a judge with people, on the answers of one run."""

    serializer_class = CalibrationShape
    scopes: ClassVar = {"list": "runs:read", "create": "runs:start"}

    def get_queryset(self) -> QuerySet[JudgeCalibration]:
        return JudgeCalibration.objects.filter(
            judging=reading.judging_for(self.viewer, self.kwargs["judging_id"])
        )

    @extend_schema(request=None, responses={201: CalibrationShape})
    def create(self, request: Request, judging_id: UUID) -> Response:
        """Compare the judge with what people settled on. It may feed gates only if it agrees with them."""
        found = calibrate_judge(by=self.viewer, judging_id=judging_id)
        return Response(self.get_serializer(found).data, status=201)


class OpinionViewSet(ListModelMixin, ApiViewSet):
    """What a judge said, answer by answer. Answers that wait for the caller's own word are left out."""

    serializer_class = OpinionShape
    pagination_class = paging.OldestFirst
    scopes: ClassVar = {"list": "runs:read"}

    def get_queryset(self) -> QuerySet[JudgeOpinion]:
        judging = reading.judging_for(self.viewer, self.kwargs["judging_id"])
        return reading.opinions_of(judging, self.viewer, without=withheld_from(self.viewer, judging.run))
