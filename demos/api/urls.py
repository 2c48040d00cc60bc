"""Addresses of evaluations in the API."""

from demos.api import (
    comparisons,
    costs,
    exports,
    faults,
    judgement,
    judges,
    pairwise,
    probe_reports,
    runs,
    schedules,
    setup,
    transcripts,
    trials,
    views,
)
from portal import ids
from portal.api.routes import route

for _prefix in (
    "eng",
    "dsv",
    "tgt",
    "tgv",
    "run",
    "cmp",
    "sch",
    "tau",
    "lod",
    "prv",
    "pbr",
    "flr",
    "att",
    "rvr",
    "rvi",
    "dsp",
    "rsv",
    "jdv",
    "jdg",
    "pjg",
):
    ids.register_prefix(_prefix)

ONE = "engagements/<eng:engagement_id>"
MANY = {"get": "list", "post": "create"}

judging = [
    *route(f"{ONE}/review-rounds", judgement.EngagementReviewViewSet, MANY, name="api-review-rounds"),
    *route(
        "review-rounds/<rvr:round_id>", judgement.ReviewRoundViewSet, {"get": "retrieve"},
        name="api-review-round",
    ),
    *route(
        "review-rounds/<rvr:round_id>/items", judgement.ReviewItemViewSet, {"get": "list"},
        name="api-review-items",
    ),
    *route(
        "review-rounds/<rvr:round_id>/reviews", judgement.RoundReviewViewSet, {"get": "list"},
        name="api-round-reviews",
    ),
    *route(
        "review-items/<rvi:item_id>/reviews", judgement.ReviewViewSet, {"post": "create"}, name="api-reviews"
    ),
    *route(f"{ONE}/disputes", judgement.EngagementDisputeViewSet, {"get": "list"}, name="api-disputes"),
    *route(
        "attempts/<att:attempt_id>/disputes", judgement.AttemptDisputeViewSet, {"post": "create"},
        name="api-attempt-disputes",
    ),
    *route("disputes/<dsp:dispute_id>", judgement.DisputeViewSet, {"get": "retrieve"}, name="api-dispute"),
    *route(
        "disputes/<dsp:dispute_id>/ruling", judgement.DisputeViewSet, {"post": "rule"},
        name="api-dispute-ruling",
    ),
    *route("runs/<run:run_id>/results", judgement.RunResultViewSet, MANY, name="api-run-results"),
    *route(
        "result-versions/<rsv:version_id>", judgement.ResultVersionViewSet, {"get": "retrieve"},
        name="api-result-version",
    ),
    *route(
        "result-versions/<rsv:version_id>/metrics", judgement.ResultMetricViewSet, {"get": "list"},
        name="api-result-metrics",
    ),
    *route(f"{ONE}/judges", judges.EngagementJudgeViewSet, MANY, name="api-judges"),
    *route("judges/<jdv:judge_id>", judges.JudgeViewSet, {"get": "retrieve"}, name="api-judge"),
    *route("runs/<run:run_id>/judgings", judges.RunJudgingViewSet, MANY, name="api-judgings"),
    *route("judgings/<jdg:judging_id>", judges.JudgingViewSet, {"get": "retrieve"}, name="api-judging"),
    *route(
        "judgings/<jdg:judging_id>/resume", judges.JudgingViewSet, {"post": "resume"},
        name="api-judging-resume",
    ),
    *route(
        "judgings/<jdg:judging_id>/calibrations", judges.CalibrationViewSet, MANY, name="api-calibrations"
    ),
    *route(
        "judgings/<jdg:judging_id>/opinions", judges.OpinionViewSet, {"get": "list"}, name="api-opinions"
    ),
    *route(
        "comparisons/<cmp:comparison_id>/judgings", pairwise.ComparisonPairViewSet, MANY,
        name="api-pair-judgings",
    ),
    *route(
        "pair-judgings/<pjg:judging_id>", pairwise.PairJudgingViewSet, {"get": "retrieve"},
        name="api-pair-judging",
    ),
    *route(
        "pair-judgings/<pjg:judging_id>/opinions", pairwise.PairOpinionViewSet, {"get": "list"},
        name="api-pair-opinions",
    ),
]  # fmt: skip

urlpatterns = [
    *judging,
    *route("runs/<run:run_id>/report", exports.RunExportViewSet, {"get": "report"}, name="api-run-report"),
    *route("runs/<run:run_id>/junit", exports.RunExportViewSet, {"get": "junit"}, name="api-run-junit"),
    *route(f"{ONE}/comparisons", comparisons.EngagementComparisonViewSet, MANY, name="api-comparisons"),
    *route(
        "comparisons/<cmp:comparison_id>", comparisons.ComparisonViewSet, {"get": "retrieve"},
        name="api-comparison",
    ),
    *route(f"{ONE}/datasets", views.DatasetViewSet, MANY, name="api-datasets"),
    *route(
        "dataset-versions/<dsv:version_id>", views.DatasetVersionViewSet, {"get": "retrieve"},
        name="api-dataset-version",
    ),
    *route(
        "dataset-versions/<dsv:version_id>/reviews", views.DatasetVersionViewSet, {"post": "review"},
        name="api-case-reviews",
    ),
    *route("dataset-versions/<dsv:version_id>/cases", views.CaseViewSet, {"get": "list"}, name="api-cases"),
    *route(f"{ONE}/targets", views.EngagementTargetViewSet, MANY, name="api-targets"),
    *route(
        "targets/<tgt:target_id>", views.TargetViewSet, {"get": "retrieve", "put": "change"},
        name="api-target",
    ),
    *route(
        "target-versions/<tgv:version_id>/tests", views.TargetViewSet, {"post": "test"},
        name="api-target-tests",
    ),
    *route(f"{ONE}/prices", setup.PriceViewSet, MANY, name="api-prices"),
    *route(
        f"{ONE}/personal-data-rule", setup.PersonalDataRuleViewSet, {"get": "retrieve", "put": "change"},
        name="api-personal-data-rule",
    ),
    *route(
        "dataset-versions/<dsv:version_id>/counterfactuals", setup.CounterfactualsViewSet,
        {"post": "create"}, name="api-counterfactuals",
    ),
    *route(
        "dataset-versions/<dsv:version_id>/variants", setup.VariantsViewSet, {"post": "create"},
        name="api-variants",
    ),
    *route(
        "targets/<tgt:target_id>/halt", setup.TargetSwitchViewSet, {"post": "halt"}, name="api-target-halt"
    ),
    *route(
        "targets/<tgt:target_id>/release", setup.TargetSwitchViewSet, {"post": "release"},
        name="api-target-release",
    ),
    *route(f"{ONE}/graders", views.GraderViewSet, MANY, name="api-graders"),
    *route(f"{ONE}/runs", runs.EngagementRunViewSet, MANY, name="api-runs"),
    *route("runs/<run:run_id>", runs.RunViewSet, {"get": "retrieve"}, name="api-run"),
    *route("runs/<run:run_id>/pause", runs.RunViewSet, {"post": "pause"}, name="api-run-pause"),
    *route("runs/<run:run_id>/resume", runs.RunViewSet, {"post": "resume"}, name="api-run-resume"),
    *route("runs/<run:run_id>/cancel", runs.RunViewSet, {"post": "cancel"}, name="api-run-cancel"),
    *route("runs/<run:run_id>/metrics", runs.RunMetricViewSet, {"get": "list"}, name="api-run-metrics"),
    *route("runs/<run:run_id>/attempts", runs.AttemptViewSet, {"get": "list"}, name="api-attempts"),
    *route(
        f"{ONE}/transcript-policy", transcripts.TranscriptPolicyViewSet, {"get": "retrieve", "put": "change"},
        name="api-transcript-policy",
    ),
    *route(
        f"{ONE}/text-deletions", transcripts.TextDeletionViewSet, {"get": "list"}, name="api-text-deletions"
    ),
    *route(
        "runs/<run:run_id>/forecast", costs.RunForecastViewSet, {"post": "create"}, name="api-run-forecast"
    ),
    *route(
        f"{ONE}/spending", costs.SpendingViewSet, {"get": "retrieve", "put": "change"}, name="api-spending"
    ),
    *route(f"{ONE}/schedules", schedules.EngagementScheduleViewSet, MANY, name="api-schedules"),
    *route(
        "schedules/<sch:schedule_id>", schedules.ScheduleViewSet, {"get": "retrieve", "put": "change"},
        name="api-schedule",
    ),
    *route(
        "schedules/<sch:schedule_id>/pause", schedules.ScheduleViewSet, {"post": "pause"},
        name="api-schedule-pause",
    ),
    *route(
        "schedules/<sch:schedule_id>/resume", schedules.ScheduleViewSet, {"post": "resume"},
        name="api-schedule-resume",
    ),
    *route(f"{ONE}/test-permissions", trials.EngagementPermissionViewSet, MANY, name="api-test-permissions"),
    *route(
        "test-permissions/<tau:authorisation_id>", trials.PermissionViewSet, {"get": "retrieve"},
        name="api-test-permission",
    ),
    *route(f"{ONE}/load-tests", trials.EngagementLoadTestViewSet, MANY, name="api-load-tests"),
    *route("load-tests/<lod:test_id>", trials.LoadTestViewSet, {"get": "retrieve"}, name="api-load-test"),
    *route(
        "load-tests/<lod:test_id>/cancel", trials.LoadTestViewSet, {"post": "cancel"},
        name="api-load-test-cancel",
    ),
    *route(f"{ONE}/privacy-tests", trials.EngagementPrivacyTestViewSet, MANY, name="api-privacy-tests"),
    *route(
        "privacy-tests/<prv:test_id>", trials.PrivacyTestViewSet, {"get": "retrieve"}, name="api-privacy-test"
    ),
    *route(
        "privacy-tests/<prv:test_id>/cancel", trials.PrivacyTestViewSet, {"post": "cancel"},
        name="api-privacy-test-cancel",
    ),
    *route(
        "privacy-tests/<prv:test_id>/log-samples", trials.LogSampleViewSet, {"post": "search"},
        name="api-log-samples",
    ),
    *route(
        "privacy-tests/<prv:test_id>/findings", trials.FindingViewSet, {"get": "list"},
        name="api-privacy-findings",
    ),
    *route(f"{ONE}/fault-tests", faults.EngagementFaultTestViewSet, MANY, name="api-fault-tests"),
    *route(
        "fault-tests/<flr:report_id>", faults.FaultTestViewSet, {"get": "retrieve"}, name="api-fault-test"
    ),
    *route(
        "fault-tests/<flr:report_id>/attestations", faults.FaultTestViewSet, {"post": "attest"},
        name="api-fault-attestations",
    ),
    *route(
        "fault-tests/<flr:report_id>/evidence", faults.FaultTestViewSet, {"post": "hand_in"},
        name="api-fault-evidence",
    ),
    *route(
        f"{ONE}/probe-reports", probe_reports.EngagementProbeReportViewSet, MANY, name="api-probe-reports"
    ),
    *route(
        "probe-reports/<pbr:report_id>", probe_reports.ProbeReportViewSet, {"get": "retrieve"},
        name="api-probe-report",
    ),
]  # fmt: skip
