"""Shapes of permissions, load tests and privacy tests in the API. Null is "not measured", never zero."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from demos.engine.arrivals import MOST_PER_SECOND as MOST_ARRIVALS
from demos.engine.arrivals import MOST_SECONDS, MOST_STEPS, MOST_USERS, Guards, Step, StepKind
from demos.models import LoadTest, PrivacyFinding, PrivacyTest, TestAuthorisation
from demos.selectors import trials
from demos.services.authorisations import requests_used
from demos.services.load_tests import LoadOrder
from demos.trial_words import load_head, privacy_head
from demos.vocabulary import TrialStatus
from engagements.models import Measurement
from portal import ids
from portal.api.fields import PublicIdField

LONGEST_WAIT_MS = 600_000


def finite(value: float) -> None:
    """Refuse "not a number", which no comparison with a limit finds."""
    if not math.isfinite(value):
        raise serializers.ValidationError("Write a number.")


class PermissionShape(serializers.ModelSerializer[TestAuthorisation]):
    """What a person of the client signed. `revoked`: taken back, whatever the time."""

    id = PublicIdField("tau", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    target = PublicIdField("tgt", source="target_id", read_only=True)
    hosts = serializers.ListField(child=serializers.CharField(), read_only=True)
    kinds = serializers.ListField(child=serializers.CharField(), read_only=True)
    revoked = serializers.BooleanField(source="is_revoked", read_only=True)

    class Meta:
        model = TestAuthorisation
        fields: ClassVar[list[str]] = [
            "id", "engagement", "target", "hosts", "kinds", "starts", "ends", "max_per_second",
            "max_requests", "statement", "signed_name", "revoked", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class PermissionDetail(PermissionShape):
    """One permission with the requests that its tests have used; those under way count in full."""

    requests_used = serializers.SerializerMethodField()

    class Meta(PermissionShape.Meta):
        fields: ClassVar[list[str]] = [*PermissionShape.Meta.fields, "requests_used"]
        read_only_fields = fields

    def get_requests_used(self, row: TestAuthorisation) -> int:
        return requests_used(row)


class StepIn(serializers.Serializer[Any]):
    """`level` arrivals a second (`rate`), or people who ask again when answered (`users`)."""

    kind = serializers.ChoiceField(choices=[(kind.value, kind.name) for kind in StepKind])
    level = serializers.FloatField(
        min_value=0.001, max_value=max(MOST_ARRIVALS, MOST_USERS), validators=[finite]
    )
    seconds = serializers.IntegerField(min_value=1, max_value=MOST_SECONDS)


class GuardsIn(serializers.Serializer[Any]):
    """Where the test stops itself, judged over the last two seconds. Null: no guard of that kind."""

    max_error_rate = serializers.FloatField(
        min_value=0.01, max_value=1, allow_null=True, default=0.5, validators=[finite]
    )
    max_p95_ms = serializers.IntegerField(
        min_value=10, max_value=LONGEST_WAIT_MS, allow_null=True, default=30_000
    )
    max_cost = serializers.DecimalField(18, 4, min_value=Decimal("0.01"), allow_null=True, default=None)


class NewLoadTest(serializers.Serializer[Any]):
    """A load plan. A signed permission of the client has to cover host, rate, number and time.

    `recovery_s`: how long the first step is repeated after the last one; 0: recovery is not looked for.
    `sample_per_step` answers of each step are graded with `grader_versions`; name both or neither.
    """

    target_version = PublicIdField("tgv")
    dataset_version = PublicIdField("dsv")
    steps = serializers.ListField(child=StepIn(), min_length=1, max_length=MOST_STEPS)
    target_p95_ms = serializers.IntegerField(min_value=1, max_value=LONGEST_WAIT_MS)
    recovery_s = serializers.IntegerField(min_value=0, max_value=300, default=0)
    guards = GuardsIn(required=False)
    grader_versions = serializers.ListField(child=PublicIdField("grv"), max_length=20, default=list)
    sample_per_step = serializers.IntegerField(min_value=0, max_value=1_000, default=0)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["sample_per_step"]) != bool(attrs["grader_versions"]):
            raise serializers.ValidationError(
                {"sample_per_step": "Name graders and how many answers of a step they grade, or neither."}
            )
        return attrs

    def order(self) -> LoadOrder:
        """What the service takes."""
        given = self.validated_data
        guards = given.get("guards") or {}
        return LoadOrder(
            steps=tuple(Step(StepKind(s["kind"]), s["level"], s["seconds"]) for s in given["steps"]),
            target_p95_ms=float(given["target_p95_ms"]),
            guards=Guards(
                max_error_rate=guards.get("max_error_rate", 0.5),
                max_p95_ms=guards.get("max_p95_ms", 30_000), max_cost=guards.get("max_cost"),
            ),
            recovery_s=given["recovery_s"], sample_per_step=given["sample_per_step"],
        )  # fmt: skip


class TrialFigure(serializers.ModelSerializer[Measurement]):
    """A figure as it feeds the criteria; `slice` names the load of a step.

    `bound_low` and `bound_high` are one-sided at `confidence`.
    """

    class Meta:
        model = Measurement
        fields = [
            "key", "slice", "value", "unit", "n", "low", "high", "bound_low", "bound_high", "confidence",
            "method", "valid",
        ]  # fmt: skip
        read_only_fields = fields


class StepShape(serializers.Serializer[Any]):
    """What a step came to. A bound is null under the number of calls it needs: 59 for p95, 299 for p99.

    `reason` says why its figures measure the generator and are not valid; empty when they are valid.
    `graded` 0: no answer of the step was graded.
    """

    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=[(kind.value, kind.name) for kind in StepKind])
    level = serializers.FloatField()
    seconds = serializers.FloatField()
    offered = serializers.IntegerField()
    started = serializers.IntegerField()
    done = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a declared field leaves the class
    dropped = serializers.IntegerField()
    error_rate = serializers.FloatField(allow_null=True)
    per_second = serializers.FloatField()
    waits = serializers.DictField(child=serializers.FloatField(allow_null=True))
    bounds = serializers.DictField(child=serializers.FloatField(allow_null=True))
    slip_p99_ms = serializers.FloatField(allow_null=True)
    passed = serializers.IntegerField()
    graded = serializers.IntegerField()
    reason = serializers.CharField(allow_blank=True)


class LoadResult(serializers.Serializer[Any]):
    """`knee` is the position of the highest step that holds; null: none does. Waits are in ms.

    `recovered_s` null: not seen, or not looked for. `echo_p50_ms` is the generator's own part of a wait.
    """

    end = serializers.CharField()
    steps = StepShape(many=True)
    knee = serializers.IntegerField(allow_null=True)
    recovered_s = serializers.FloatField(allow_null=True)
    echo_p50_ms = serializers.FloatField(allow_null=True)
    requests = serializers.IntegerField()
    cost = serializers.DecimalField(18, 6, allow_null=True)
    seconds = serializers.FloatField()


class LoadProgress(serializers.Serializer[Any]):
    """What is stored so far of the `planned_s` seconds."""

    planned_s = serializers.IntegerField()
    offered = serializers.IntegerField()
    started = serializers.IntegerField()
    done = serializers.IntegerField()
    errors = serializers.IntegerField()  # type: ignore[assignment]  # a declared field leaves the class
    dropped = serializers.IntegerField()


class LoadTestShape(serializers.ModelSerializer[LoadTest]):
    """A load test. `valid` null: not over; false: its figures feed no criterion."""

    id = PublicIdField("lod", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    permission = PublicIdField("tau", source="authorisation_id", read_only=True)
    target_version = PublicIdField("tgv", source="target_version_id", read_only=True)
    dataset_version = PublicIdField("dsv", source="dataset_version_id", read_only=True)
    grader_versions = serializers.SerializerMethodField()
    says = serializers.SerializerMethodField()

    class Meta:
        model = LoadTest
        fields: ClassVar[list[str]] = [
            "id", "engagement", "number", "permission", "target_version", "dataset_version",
            "grader_versions", "plan", "config_sha256", "status", "says", "reason", "valid", "requests",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_grader_versions(self, row: LoadTest) -> list[str]:
        return [ids.encode("grv", UUID(key)) for key in row.grader_ids]

    def get_says(self, row: LoadTest) -> str:
        return load_head(row)


class LoadTestDetail(LoadTestShape):
    """One load test with its progress, and its result and figures once it is over."""

    progress = serializers.SerializerMethodField()
    result = LoadResult(read_only=True, allow_null=True)
    figures = serializers.SerializerMethodField()

    class Meta(LoadTestShape.Meta):
        fields: ClassVar[list[str]] = [*LoadTestShape.Meta.fields, "progress", "result", "figures"]
        read_only_fields = fields

    @extend_schema_field(LoadProgress)
    def get_progress(self, row: LoadTest) -> dict[str, int]:
        planned = sum(step["seconds"] for step in row.plan["steps"]) + row.plan["recovery_s"]
        return {"planned_s": planned, **trials.load_progress(row)}

    @extend_schema_field(TrialFigure(many=True))
    def get_figures(self, row: LoadTest) -> Any:
        return TrialFigure(trials.measured_by(row), many=True).data


class NewPrivacyTest(serializers.Serializer[Any]):
    """The system to send the probes to. A signed permission of the client has to cover it."""

    target_version = PublicIdField("tgv")


class LeakCount(serializers.Serializer[Any]):
    """How often a kind of leak was seen."""

    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a declared field leaves the class
    probes = serializers.IntegerField()
    times = serializers.IntegerField()


class PrivacyTestShape(serializers.ModelSerializer[PrivacyTest]):
    """A privacy test. Of `probes`, `requests` were sent so far; `answered` gave an answer to look at."""

    id = PublicIdField("prv", source="pk", read_only=True)
    engagement = PublicIdField("eng", source="engagement_id", read_only=True)
    permission = PublicIdField("tau", source="authorisation_id", read_only=True)
    target_version = PublicIdField("tgv", source="target_version_id", read_only=True)
    says = serializers.SerializerMethodField()

    class Meta:
        model = PrivacyTest
        fields: ClassVar[list[str]] = [
            "id", "engagement", "number", "permission", "target_version", "catalogue_version",
            "catalogue_sha256", "config_sha256", "seed", "status", "says", "reason", "probes", "requests",
            "answered", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_says(self, row: PrivacyTest) -> str:
        return privacy_head(row)


class PrivacyTestDetail(PrivacyTestShape):
    """One privacy test with counts by kind, and its figures once it has finished.

    `leaks` null: not finished, so nothing is shown. `figures` are those of its end; a search of a log later
    is a measurement of its own.
    """

    leaks = serializers.SerializerMethodField()
    figures = serializers.SerializerMethodField()

    class Meta(PrivacyTestShape.Meta):
        fields: ClassVar[list[str]] = [*PrivacyTestShape.Meta.fields, "leaks", "figures"]
        read_only_fields = fields

    @extend_schema_field(LeakCount(many=True, allow_null=True))
    def get_leaks(self, row: PrivacyTest) -> list[dict[str, Any]] | None:
        return trials.leaks_by_kind(row) if row.status == TrialStatus.FINISHED else None

    @extend_schema_field(TrialFigure(many=True))
    def get_figures(self, row: PrivacyTest) -> Any:
        return TrialFigure(trials.measured_by(row), many=True).data


class FindingShape(serializers.ModelSerializer[PrivacyFinding]):
    """One thing that came out. Never the value: `sample_sha256` only tells two samples apart."""

    id = PublicIdField("pvf", source="pk", read_only=True)

    class Meta:
        model = PrivacyFinding
        fields = ["id", "kind", "probe", "detail", "count", "sample_sha256", "created_at"]
        read_only_fields = fields


class LogSearch(serializers.Serializer[Any]):
    """How many of the `planted` strings stand in the sample. The sample is not kept."""

    found = serializers.IntegerField()
    planted = serializers.IntegerField()
