"""The tables of evaluations. Import a model from here; each lives in the file of its noun."""

from demos.models.comparison import Comparison
from demos.models.dataset import Case, CaseReview, Dataset, DatasetVersion, Upload
from demos.models.grader import Grader, GraderVersion
from demos.models.run import Attempt, EvaluationPlan, MetricResult, PendingAttempt, PlanGrader, Run
from demos.models.target import Target, TargetExchange, TargetVersion

__all__ = [
    "Attempt",
    "Case",
    "CaseReview",
    "Comparison",
    "Dataset",
    "DatasetVersion",
    "EvaluationPlan",
    "Grader",
    "GraderVersion",
    "MetricResult",
    "PendingAttempt",
    "PlanGrader",
    "Run",
    "Target",
    "TargetExchange",
    "TargetVersion",
    "Upload",
]
