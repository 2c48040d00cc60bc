"""Row-level security on every table here; versions, cases, reviews, attempts and results cannot be changed."""

from django.db import migrations

from portal.walls import AppendOnly, TenantWall

TABLES = (
    "Target", "TargetVersion", "TargetExchange", "Dataset", "DatasetVersion", "Case", "CaseReview", "Upload",
    "Grader", "GraderVersion", "EvaluationPlan", "PlanGrader", "Run", "PendingAttempt", "Attempt", "MetricResult",
)  # fmt: skip
FROZEN = (
    "TargetVersion", "TargetExchange", "DatasetVersion", "Case", "CaseReview", "GraderVersion", "EvaluationPlan",
    "PlanGrader", "Attempt", "MetricResult",
)  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("demos", "0001_initial"), ("engagements", "0002_walls")]

    operations = [*(TenantWall(model) for model in TABLES), *(AppendOnly(model) for model in FROZEN)]
