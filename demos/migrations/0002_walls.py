"""The walls: tenant policy, what is append-only or freezes, and no test without the client's signature."""

from django.db import migrations

from portal.walls import AppendOnly, FrozenWhen, OnlyEmptied, RefusedUnless, TenantWall

TABLES = (
    "Target", "Dataset", "Upload", "PersonalDataRule", "Grader", "PriceTable", "SpendGuard", "TranscriptPolicy",
    "TargetVersion", "TestAuthorisation", "DatasetVersion", "GraderVersion", "PriceVersion", "TargetExchange",
    "AuthorisationRevocation", "Case", "PriceLine", "EvaluationPlan", "JudgeVersion", "LoadTest", "PrivacyTest",
    "CaseReview", "PlanGrader", "Run", "LoadWindow", "PrivacyFinding", "PendingAttempt", "Attempt",
    "MetricResult", "SealedLook", "Comparison", "ReviewRound", "ResultVersion", "RunSchedule", "TextDeletion",
    "ReviewItem", "Regrade", "Dispute", "Judging", "ScheduledStart", "HumanReview", "DisputeRuling",
    "JudgeOpinion", "JudgeCalibration",
)  # fmt: skip
FROZEN = (
    "TargetVersion", "TargetExchange", "DatasetVersion", "Case", "CaseReview", "GraderVersion", "EvaluationPlan",
    "PlanGrader", "Attempt", "MetricResult", "PriceVersion", "PriceLine", "SealedLook", "Comparison",
    "ReviewRound", "ReviewItem", "HumanReview", "ResultVersion", "Regrade", "Dispute", "DisputeRuling",
    "JudgeVersion", "JudgeOpinion", "JudgeCalibration", "TestAuthorisation", "AuthorisationRevocation",
    "LoadWindow", "PrivacyFinding", "TextDeletion",
)  # fmt: skip

ALLOWED = """EXISTS (
    SELECT 1 FROM demos_testauthorisation a JOIN demos_targetversion v ON v.target_id = a.target_id
    WHERE a.id = NEW.authorisation_id AND v.id = NEW.target_version_id AND a.kinds ? '{kind}'
    AND clock_timestamp() BETWEEN a.starts AND a.ends AND NEW.peak_per_second <= a.max_per_second
    AND NEW.most_requests <= a.max_requests
    AND NOT EXISTS (SELECT 1 FROM demos_authorisationrevocation r WHERE r.authorisation_id = a.id))"""
BY_CLIENT = "EXISTS (SELECT 1 FROM portal_user u WHERE u.id = NEW.signed_by_id AND u.affiliation = 'client')"
TEST_IS_OVER = "OLD.status IN ('finished', 'stopped', 'failed')"

GRADES = """SELECT coalesce(jsonb_agg(g || jsonb_build_object('reason', '', 'error',
    CASE WHEN coalesce(g->>'error', '') = '' THEN '' ELSE 'deleted' END) ORDER BY n), '[]'::jsonb)
    FROM jsonb_array_elements(OLD.grades) WITH ORDINALITY AS e(g, n)"""
KEPT_LONG_ENOUGH = """EXISTS (SELECT 1 FROM demos_run r JOIN demos_transcriptpolicy p ON p.engagement_id = r.engagement_id
    WHERE r.id = {run} AND r.finished_at < clock_timestamp() - make_interval(days => p.retention_days))"""


def words(column: str) -> str:
    return f"CASE WHEN OLD.{column} = '' THEN '' ELSE 'deleted' END"


ATTEMPT = {
    "answer": "NULL", "reason": "''", "request_excerpt": "''", "response_excerpt": "''", "found": "NULL",
    "kept": "'deleted'", "grades": GRADES, "grader_error": words("grader_error"),
    "error_detail": words("error_detail"),
}  # fmt: skip
REGRADE = {"reason": "''", "grades": GRADES, "grader_error": words("grader_error")}
OPINION = {"reason": "''", "error": words("error")}


class Migration(migrations.Migration):
    dependencies = [("demos", "0001_tables"), ("engagements", "0002_walls")]

    operations = [
        *(TenantWall(model) for model in TABLES),
        *(AppendOnly(model) for model in FROZEN),
        OnlyEmptied("Attempt", ATTEMPT, KEPT_LONG_ENOUGH.format(run="OLD.run_id")),
        OnlyEmptied(
            "Regrade",
            REGRADE,
            KEPT_LONG_ENOUGH.format(
                run="(SELECT run_id FROM demos_resultversion WHERE id = OLD.result_version_id)"
            ),
        ),
        OnlyEmptied(
            "JudgeOpinion",
            OPINION,
            KEPT_LONG_ENOUGH.format(run="(SELECT run_id FROM demos_judging WHERE id = OLD.judging_id)"),
        ),
        FrozenWhen("ScheduledStart", "OLD.comparison_id IS NOT NULL OR OLD.problem <> ''"),
        FrozenWhen("LoadTest", TEST_IS_OVER),
        FrozenWhen("PrivacyTest", TEST_IS_OVER),
        RefusedUnless("TestAuthorisation", BY_CLIENT, "only the client allows tests"),
        RefusedUnless("LoadTest", ALLOWED.format(kind="load"), "no permission of the client covers it"),
        RefusedUnless("PrivacyTest", ALLOWED.format(kind="privacy"), "no permission of the client covers it"),
    ]
