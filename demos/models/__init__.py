"""The tables of evaluations. Import a model from here; each lives in the file of its noun."""

from demos.models.comparison import Comparison
from demos.models.dataset import Case, CaseReview, Dataset, DatasetVersion, PersonalDataRule, Upload
from demos.models.grader import Grader, GraderVersion
from demos.models.price import PriceLine, PriceTable, PriceVersion
from demos.models.review import (
    Dispute,
    DisputeRuling,
    HumanReview,
    Regrade,
    ResultVersion,
    ReviewItem,
    ReviewRound,
)
from demos.models.run import (
    Attempt,
    EvaluationPlan,
    MetricResult,
    PendingAttempt,
    PlanGrader,
    Run,
    SealedLook,
)
from demos.models.target import Target, TargetExchange, TargetVersion

__all__ = [
    "Attempt",
    "Case",
    "CaseReview",
    "Comparison",
    "Dataset",
    "DatasetVersion",
    "Dispute",
    "DisputeRuling",
    "EvaluationPlan",
    "Grader",
    "GraderVersion",
    "HumanReview",
    "MetricResult",
    "PendingAttempt",
    "PersonalDataRule",
    "PlanGrader",
    "PriceLine",
    "PriceTable",
    "PriceVersion",
    "Regrade",
    "ResultVersion",
    "ReviewItem",
    "ReviewRound",
    "Run",
    "SealedLook",
    "Target",
    "TargetExchange",
    "TargetVersion",
    "Upload",
]
